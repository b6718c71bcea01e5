"""Takes the pictures of a source together: those of a folder, and those that are numbered (`grouping`).

An album that waits or was skipped follows its folder: what is taken out of it is left out, what is put in joins it.
What a run has taken stays as it is, and pictures that come later are a further part of the album, `trip#2`.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from twitter_pipeline.scanning import archive
from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.grouping import arrange, group_of, natural_order, order_in_group, part_of
from twitter_pipeline.scanning.kinds import covers, is_a
from twitter_pipeline.scanning.known import OpenAlbum
from twitter_pipeline.scanning.recording import Found
from twitter_pipeline.scanning.sidecars.listing import name_key
from twitter_pipeline.scanning.taking import Taker, Unit
from twitter_pipeline.scanning.walk import Folder
from twitter_pipeline.store.moves import NewItem

_NOT_IN_ALBUMS = (
    "is a video, and an album holds pictures: X posts up to 4 pictures or 1 video; a source of type video posts it"
)


@dataclass
class AlbumTaker(Taker):
    """Takes albums. In the source's own folder pictures belong together by number, below it by folder."""

    _by_folder: dict[str, list[OpenAlbum]] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._by_folder = defaultdict(list)
        for album in self.known.open_albums:
            self._by_folder[album.files[0].rpartition("/")[0] or "."].append(album)
        self.settled |= self.known.album_files

    def units(self, folder: Folder) -> list[Unit]:
        """The albums of a folder that are new, or not what they were."""
        prefix, path = self.prefix(folder), self.path(folder)
        open_here = self._by_folder.get(path, [])
        entries = {file: entry for file, entry in self.unsettled(folder).items() if not self._is_settled(file)}
        if not entries and not open_here:
            return []
        whose = self.share.in_folder(path)
        pictures = {
            file: entry
            for file, entry in entries.items()
            if is_a("album", entry.name) and whose.has(entry.name) and self.can_be_kept(file)
        }
        units = self._videos(path, entries)
        if folder.rel != ".":
            present = sorted(pictures, key=lambda file: natural_order(pictures[file].name))
            unit = self._album(path, f"{path}/*", present, pictures, open_here)
            return units if unit is None else [*units, unit]
        groups: dict[str, list[str]] = defaultdict(list)
        alone = []
        for file, entry in pictures.items():
            group = group_of(entry.name)
            if group is None:
                alone.append((file, entry))
            else:
                groups[f"{prefix}{group}_*"].append(file)
        for album in open_here:
            groups.setdefault(part_of(album.key, album.files)[0], [])
        units += self.singles(alone)
        for key, files in groups.items():
            files.sort(key=lambda file: order_in_group(pictures[file].name))
            of_group = [album for album in open_here if part_of(album.key, album.files)[0] == key]
            if (unit := self._album(key, key, files, pictures, of_group)) is not None:
                units.append(unit)
        return sorted(units, key=lambda unit: unit.seen.path)

    def _is_settled(self, file: str) -> bool:
        """Whether a picture belongs to a settled album under the other form of its name: a share may change forms."""
        return not file.isascii() and name_key(file) in self._settled_names

    @cached_property
    def _settled_names(self) -> set[str]:
        return set(map(name_key, self.known.album_files))

    def _videos(self, path: str, entries: Iterable[str]) -> list[Unit]:
        """The videos of a folder that no source takes: they can never be part of an album."""
        videos = [file for file in entries if is_a("video", file) and self.is_new(file)]
        if not videos or any(source.type == "video" and covers(source, path) for source in self.project.sources):
            return []
        refused = [(Seen(file, 0, 0), self.refuse(file, _NOT_IN_ALBUMS)) for file in sorted(videos)]
        return [Unit(seen, 1, partial(_same, found), at_once=True) for seen, found in refused]

    def _album(
        self,
        key: str,
        candidate: str,
        present: Sequence[str],
        entries: Mapping[str, os.DirEntry[str]],
        albums: Sequence[OpenAlbum],
    ) -> Unit | None:
        """What becomes of an album whose pictures `present`, in their order, are in no item that is settled."""
        if not present:
            return None
        arranged = arrange([(album.key, album.files) for album in albums], present)
        held = {album.key: album.files for album in albums}
        may_be_mended = [part for part, _ in arranged if part in self.known.skipped]
        if not may_be_mended and all(part is not None and held[part] == files for part, files in arranged):
            return None
        try:
            looks = {file: _look(file, entries[file]) for file in present}
        except OSError:
            return None  # one went away between the listing and now: the next scan sees it
        changed: list[tuple[str | None, list[Seen]]] = []
        for part, files in arranged:
            seen = [looks[file] for file in files]
            if part is None or held[part] != files or self._was_mended(part, seen):
                changed.append((part, seen))
        if not changed:
            return None
        every = list(looks.values())
        state = hashlib.sha256(repr(every).encode("utf-8", "surrogatepass")).digest()
        # Whatever is added, taken out or written over, it is another number.
        look = Seen(candidate, sum(file.size for file in every), int.from_bytes(state[:7], "big"))
        return Unit(look, len(every), lambda: self._found(key, candidate, changed, held))

    def _was_mended(self, key: str, files: Sequence[Seen]) -> bool:
        return key in self.known.skipped and self.is_to_be_taken(_all_of(key, files), self.clock())

    def _found(
        self,
        key: str,
        candidate: str,
        changed: Sequence[tuple[str | None, Sequence[Seen]]],
        held: Mapping[str, tuple[str, ...]],
    ) -> Found | None:
        items: list[NewItem] = []
        number = 1
        for part, files in changed:
            if part is None:
                part = key if number == 1 else f"{key}#{number}"
                while part in self.known.paths:
                    number += 1
                    part = f"{key}#{number}"
                number += 1
            paths = tuple(file.path for file in files)
            newest = _all_of(part, files)
            name = part.rpartition("/")[2]
            if archive.is_ignored(self.project, newest.mtime_ns):
                items.append(self.skipped(newest, archive.reason(newest), media_files=paths, name=name))
                continue
            item = self.item(part, files, media_files=paths, name=name)
            if item is None:
                return None
            items.append(item)
        return Found(tuple(items), candidate, held)


def _same(found: Found) -> Found:
    return found


def _look(path: str, entry: os.DirEntry[str]) -> Seen:
    status = entry.stat()
    return Seen.of(path, status.st_size, status.st_mtime_ns)


def _all_of(key: str, files: Sequence[Seen]) -> Seen:
    """An album as one file: all its bytes, and the time of the newest."""
    return Seen(key, sum(file.size for file in files), max(file.mtime_ns for file in files))
