"""`{base}.json`: one file for one medium, called like it. With a language, `{base}_{language}.json`, it goes before.

Instead of "_" there may be "." or "-". Without a language in its name it is in the source's own, whichever that is.
"""

from __future__ import annotations

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Unreadable, load
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of

#: What may stand between a medium's name and the language.
LANGUAGE_MARKS = "_.-"


class BaseJson:
    """The files of this kind in one folder."""

    def __init__(self, listing: Listing, language: str, *, neutral: bool = True) -> None:
        """`neutral`: whether a file without a language in its name counts."""
        self._listing = listing
        named = tuple(f"{mark}{language}" for mark in LANGUAGE_MARKS)
        self._endings = (*named, "") if neutral else named

    def find(self, media_name: str) -> Sidecar | Problem | None:
        """What the file called like `media_name` says; None when there is no such file."""
        base = base_of(media_name)
        for ending in self._endings:
            if ending and base + ending in self._listing.other_bases:
                continue  # there is a medium "clip_en.mp4", too: "clip_en.json" is its own
            if entry := self._listing.json_files.get(f"{base}{ending}.json"):
                try:
                    file = self._listing.file(entry)
                    metadata = fields.read(load(file))
                except Unreadable as error:
                    return self._listing.problem_with(entry, error)
                return Sidecar(file.path, None, metadata, file.mtime_ns, file.size)
        return None
