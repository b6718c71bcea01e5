"""The metadata files of one folder, listed once."""

from __future__ import annotations

import fnmatch
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from twitter_pipeline.scanning.boundary import leaves
from twitter_pipeline.scanning.kinds import type_of
from twitter_pipeline.scanning.names import is_utf8
from twitter_pipeline.scanning.sidecars.document import File, Unreadable
from twitter_pipeline.scanning.sidecars.found import Problem
from twitter_pipeline.scanning.walk import is_folder

#: How files of captions end, and what may stand between a video's name and what theirs says besides.
CAPTIONS = (".srt", ".vtt")
CAPTION_MARKS = "_.-"
#: How names of metadata files end.
ENDINGS = (".json", ".json.xz", ".txt", ".csv", ".tsv", ".xlsx", ".xmp")

#: A date and a time at the end of a file's name say when it was made; a copy's time does not.
_STAMP = re.compile(r"(\d{8}_\d{6})\.\w+$")


def name_key(name: str) -> str:
    """What names are compared by: the same letters, whichever normal form a file system or a program chose."""
    return unicodedata.normalize("NFC", name)


def base_of(name: str) -> str:
    """The `name_key` of a file's name without its ending."""
    return os.path.splitext(name_key(name))[0]  # noqa: PTH122 - pathlib takes ten times as long


def last_part(path: str) -> str:
    """The `name_key` of what stands last in a path, which may have been written on Windows."""
    return name_key(path.replace("\\", "/").rpartition("/")[2])


@dataclass
class Listing:
    """A folder as it was when it was listed."""

    folder: Path
    project_root: Path
    #: Its metadata files, by `name_key`, with a lower-case ending.
    files: dict[str, os.DirEntry[str]] = field(default_factory=dict)
    #: Its files of captions, by `name_key`.
    caption_files: dict[str, os.DirEntry[str]] = field(default_factory=dict)
    #: All its other files and folders, and texts, which may be metadata or none, by `base_of`.
    other_bases: set[str] = field(default_factory=set)
    #: The names of its files that are no metadata whatever stands in them; hidden ones are left out.
    others: list[str] = field(default_factory=list)
    #: Why the folder cannot be listed.
    problem: str | None = None
    _matching: dict[str, list[os.DirEntry[str]]] = field(default_factory=dict)
    #: Those that were looked at, by their names.
    _looked_at: dict[str, File] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, project_root: Path) -> Listing:
        """List `folder`. Does not raise; see `problem`."""
        listing = cls(folder, project_root)
        if leaves(folder, os.path.realpath(project_root)):
            listing.problem = "it leads out of the project"
            return listing
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    listing._add(entry)
        except OSError as error:
            listing.problem = f"{error.strerror}"
        return listing

    def _add(self, entry: os.DirEntry[str]) -> None:
        name = name_key(entry.name)
        base, ending = os.path.splitext(name)  # noqa: PTH122 - pathlib takes ten times as long
        if ending.lower() in CAPTIONS:
            self.caption_files[name] = entry
            return
        is_metadata = entry.name.lower().endswith(ENDINGS)
        if is_metadata:
            self.files[base + ending.lower()] = entry
        elif not name.startswith(".") and not is_folder(entry):
            self.others.append(name)
        if not is_metadata or ending.lower() == ".txt":
            self.other_bases.add(base)

    def named(self, name: str) -> list[os.DirEntry[str]]:
        """The metadata file called `name`, if there is one."""
        return [entry] if (entry := self.files.get(name)) is not None else []

    def matching(self, pattern: str) -> list[os.DirEntry[str]]:
        """The metadata files whose names match `pattern`, in which `*` is anything; the newest first."""
        if pattern not in self._matching:
            is_like = re.compile(fnmatch.translate(pattern)).match
            found = [
                entry
                for key, entry in self.files.items()
                # "~$" is what a program has open.
                if is_like(key) and not key.startswith((".", "~$")) and not self._is_of_one(key, pattern)
            ]
            self._matching[pattern] = sorted(found, key=_age, reverse=True)
        return self._matching[pattern]

    def _is_of_one(self, key: str, pattern: str) -> bool:
        """Whether it is the metadata of one medium: "en_clip.json" of "en_clip.mp4", or an album, is no batch.

        A folder that is called like a file with a fixed name, such as "metadata.json", is no album.
        """
        if not key.endswith(".json"):
            return False
        return base_of(key) in (self.other_bases if "*" in pattern else self.media_bases)

    @cached_property
    def types(self) -> Counter[str | None]:
        """How many media of each type it holds, by `kinds.type_of`."""
        return Counter(map(type_of, self.others))

    @cached_property
    def captions(self) -> dict[str, list[str]]:
        """The `name_key` of its files of captions, by all that their video may be called: a.en.srt by a.en and by a."""
        found: dict[str, list[str]] = {}
        for name in self.caption_files:
            stem = base_of(name)
            for end in (*(at for at, letter in enumerate(stem) if letter in CAPTION_MARKS), len(stem)):
                found.setdefault(stem[:end], []).append(name)
        return found

    @cached_property
    def media_bases(self) -> set[str]:
        """Its media, texts aside, by `base_of`."""
        return self.bases_of(("video", "image"))

    @cached_property
    def folded_media_bases(self) -> Counter[str]:
        """`media_bases` whatever their letter case, with how many are one then."""
        return Counter(map(str.casefold, self.media_bases))

    def bases_of(self, types: Collection[str]) -> set[str]:
        """Its media of these types, by `base_of`."""
        return {base_of(name) for name in self.others if type_of(name) in types}

    def file(self, entry: os.DirEntry[str]) -> File:
        """`entry`, with its size and time. Raises Unreadable when it is gone, no file, or leads out of the project.

        And when its name is not UTF-8: no database could keep where the metadata came from.
        """
        if not is_utf8(entry.name):
            raise Unreadable("its name is not valid UTF-8; rename it")
        if (known := self._looked_at.get(entry.name)) is not None:
            return known
        path = self.folder / entry.name
        if entry.is_symlink() and leaves(path, os.path.realpath(self.project_root)):
            raise Unreadable("it is a link that leads out of the project")
        try:
            status = entry.stat()
            if not entry.is_file():
                raise Unreadable("it is no file")
        except OSError as error:
            raise Unreadable(f"{error.strerror}") from error
        file = self._looked_at[entry.name] = File(path, status.st_size, status.st_mtime_ns)
        return file

    def problem_with(self, entry: os.DirEntry[str], why: Unreadable) -> Problem:
        """What to tell people about `entry`."""
        return Problem.of(self.folder / entry.name, self.project_root, why)


def _age(entry: os.DirEntry[str]) -> tuple[str, int, str]:
    """Sorts files of many media from old to new."""
    stamp = _STAMP.search(entry.name)
    try:
        changed = entry.stat().st_mtime_ns
    except OSError:
        changed = 0  # reading it will say why
    return stamp[1] if stamp else "", changed, entry.name
