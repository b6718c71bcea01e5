"""`{base}.json`: one file for one medium, called like it. With a language, `{base}_{language}.json`, it goes before.

Instead of "_" there may be "." or "-".
"""

from __future__ import annotations

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Unreadable, load
from twitter_pipeline.scanning.sidecars.found import Problem, Sidecar
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of


class BaseJson:
    """The files of this kind in one folder."""

    def __init__(self, listing: Listing, language: str) -> None:
        self._listing = listing
        self._endings = (*(f"{mark}{language}.json" for mark in "_.-"), ".json")

    def find(self, media_name: str) -> Sidecar | Problem | None:
        """What the file called like `media_name` says; None when there is no such file."""
        base = base_of(media_name)
        for ending in self._endings:
            if entry := self._listing.json_files.get(base + ending):
                try:
                    file = self._listing.file(entry)
                    metadata = fields.read(load(file))
                except Unreadable as error:
                    return self._listing.problem_with(entry, error)
                return Sidecar(file.path, None, metadata, file.mtime_ns, file.size)
        return None
