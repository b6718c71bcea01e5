"""Batch files: one file for many media, `{language}_prompt_results_{date}_{time}.json`.

Recognised by the language its name begins with; what follows is free, but files with a date and time at the end are
ordered by them, others by when they were changed. The newest that speaks of a medium wins. Two shapes are read:

    {"clip.mp4": {"title": …}, …}
    {"videos": [{"filename": "clip.mp4", "title": …}, …]}

The name may have folders before it (then only its last part counts) and may lack its ending.
"""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import File, Malformed, Unreadable, as_object, load
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of, name_key

#: By `name_key` of a medium's name: the name as the file has it, and what it says.
Index = dict[str, tuple[str, object]]

#: Batch files kept parsed between scans, by what they take on disk; in memory it is several times as much.
_CACHE_BYTES = 16 * 1024 * 1024

_STAMP = re.compile(r"(\d{8}_\d{6})\.json$")


class BatchFiles:
    """The files of this kind in one folder."""

    def __init__(self, listing: Listing, language: str) -> None:
        self._listing = listing
        self._entries = sorted(batches(listing, language), key=_age, reverse=True)

    def find(self, media_name: str) -> Sidecar | Problem | None:
        """What the newest file that knows `media_name` says; None when none does.

        A Problem when a newer one cannot be read: it may be the one that counts.
        """
        name = name_key(media_name)
        for entry in self._entries:
            try:
                file = self._listing.file(entry)
                index = _parsed.batch(file).by_medium
                found = index.get(name) or index.get(base_of(name))
                if found is None:
                    continue
                key, value = found
                metadata = fields.read(as_object(value, f"its entry {key!r}"))
            except Unreadable as error:
                return self._listing.problem_with(entry, error)
            return Sidecar(file.path, key, metadata, file.mtime_ns, file.size)
        return None


def batches(listing: Listing, language: str) -> list[os.DirEntry[str]]:
    """The batch files of a folder in that language."""
    return [
        entry
        for name, entry in listing.json_files.items()
        # A medium may be called "en_clip.mp4": its "en_clip.json" is no batch.
        if name.startswith(f"{language}_") and base_of(name) not in listing.other_bases
    ]


def document_of(file: File) -> Mapping[str, object]:
    """What a batch file holds, as it is. Raises Unreadable."""
    return _parsed.batch(file).document


def _age(entry: os.DirEntry[str]) -> tuple[str, int, str]:
    """Sorts batch files from old to new."""
    stamp = _STAMP.search(entry.name)
    try:
        changed = entry.stat().st_mtime_ns
    except OSError:
        changed = 0  # reading it will say why
    return stamp[1] if stamp else "", changed, entry.name


def _index(document: dict[str, object]) -> Index:
    """What a batch file says, by medium."""
    index = {_last_part(key): (key, value) for key, value in document.items()}
    videos = document.get("videos")
    if isinstance(videos, list):
        for video in videos:
            if isinstance(video, dict) and isinstance(key := video.get("filename"), str):
                index[_last_part(key)] = (key, {name: value for name, value in video.items() if name != "filename"})
    return index


def _last_part(path: str) -> str:
    # Batches are made on Windows, too.
    return name_key(path.replace("\\", "/").rpartition("/")[2])


@dataclass(frozen=True)
class _Batch:
    document: dict[str, object]
    by_medium: Index


class _Parsed:
    """The batch files parsed last. Sensors of several projects may ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[File, _Batch | Malformed] = OrderedDict()

    def batch(self, file: File) -> _Batch:
        """What `file` says, parsed anew only when its size or time is another. Raises Unreadable."""
        with self._lock:
            if file not in self._files:
                self._files[file] = self._parse(file)
                while len(self._files) > 1 and sum(kept.size for kept in self._files) > _CACHE_BYTES:
                    self._files.popitem(last=False)
            self._files.move_to_end(file)
            parsed = self._files[file]
        if isinstance(parsed, Malformed):
            raise Malformed(str(parsed))
        return parsed

    @staticmethod
    def _parse(file: File) -> _Batch | Malformed:
        # What is wrong with the content is kept as well: a broken batch is asked for once for each medium. A file
        # that cannot be opened is not: its size and time stay when that is mended.
        try:
            document = load(file)
            return _Batch(document, _index(document))
        except Malformed as error:
            return error


_parsed = _Parsed()
