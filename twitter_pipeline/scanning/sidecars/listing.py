"""The metadata files of one folder, listed once."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from twitter_pipeline.scanning.boundary import leaves
from twitter_pipeline.scanning.names import is_utf8
from twitter_pipeline.scanning.sidecars.document import File, Unreadable
from twitter_pipeline.scanning.sidecars.found import Problem

#: How files of captions end.
CAPTIONS = (".srt", ".vtt")


def name_key(name: str) -> str:
    """What names are compared by: the same letters, whichever normal form a file system or a program chose."""
    return unicodedata.normalize("NFC", name)


def base_of(name: str) -> str:
    """The `name_key` of a file's name without its ending."""
    return os.path.splitext(name_key(name))[0]  # noqa: PTH122 - pathlib takes ten times as long


@dataclass
class Listing:
    """A folder as it was when it was listed."""

    folder: Path
    project_root: Path
    #: Its JSON files, by `name_key`, with a lower-case ending.
    json_files: dict[str, os.DirEntry[str]] = field(default_factory=dict)
    #: Its files of captions, by `name_key`.
    caption_files: dict[str, os.DirEntry[str]] = field(default_factory=dict)
    #: All its other files, by `base_of`.
    other_bases: set[str] = field(default_factory=set)
    #: Why the folder cannot be listed.
    problem: str | None = None

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
                    base = base_of(entry.name)
                    if entry.name.lower().endswith(".json"):
                        listing.json_files[f"{base}.json"] = entry
                    elif entry.name.lower().endswith(CAPTIONS):
                        listing.caption_files[name_key(entry.name)] = entry
                    else:
                        listing.other_bases.add(base)
        except OSError as error:
            listing.problem = f"{error.strerror}"
        return listing

    def file(self, entry: os.DirEntry[str]) -> File:
        """`entry`, with its size and time. Raises Unreadable when it is gone, no file, or leads out of the project.

        And when its name is not UTF-8: no database could keep where the metadata came from.
        """
        if not is_utf8(entry.name):
            raise Unreadable("its name is not valid UTF-8; rename it")
        path = self.folder / entry.name
        if entry.is_symlink() and leaves(path, os.path.realpath(self.project_root)):
            raise Unreadable("it is a link that leads out of the project")
        try:
            status = entry.stat()
            if not entry.is_file():
                raise Unreadable("it is no file")
        except OSError as error:
            raise Unreadable(f"{error.strerror}") from error
        return File(path, status.st_size, status.st_mtime_ns)

    def problem_with(self, entry: os.DirEntry[str], why: Unreadable) -> Problem:
        """What to tell people about `entry`."""
        return Problem.of(self.folder / entry.name, self.project_root, why)
