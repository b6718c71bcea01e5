"""From the files of a folder to items: each file by itself. Albums and texts build on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from twitter_pipeline.config import Project, Source
from twitter_pipeline.media import refused_at_sight
from twitter_pipeline.scanning import archive
from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.fingerprint import quick, together
from twitter_pipeline.scanning.kinds import Share, is_a
from twitter_pipeline.scanning.known import Known
from twitter_pipeline.scanning.pairing import NoWords, pair, path_of
from twitter_pipeline.scanning.recording import Found
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.sidecars import Finder, Sidecar
from twitter_pipeline.scanning.walk import Folder
from twitter_pipeline.store.moves import NewItem

#: PostgreSQL indexes no text of more than 2,704 bytes.
MOST_PATH_BYTES = 2_500


@dataclass(frozen=True)
class Unit:
    """What is taken together, once none of it changes any more."""

    #: How all of it looks.
    seen: Seen
    #: How many files it is.
    count: int
    #: Its items; None when it is not what it was a moment ago.
    make: Callable[[], Found | None]
    #: Whether it need not be looked at twice: it is not to be posted.
    at_once: bool = False


@dataclass
class Taker:
    """Takes each file of a source by itself: videos, and images."""

    project: Project
    source: Source
    source_id: int
    finder: Finder
    known: Known
    clock: Callable[[], datetime]
    report: ScanReport
    #: What needs no look: it is a task, and none that mending the file could help.
    settled: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.settled = (self.known.paths - self.known.skipped.keys()) | self.known.posted_elsewhere

    @cached_property
    def share(self) -> Share:
        """Which of the pictures are this source's."""
        return Share(self.project, self.source)

    def elsewhere(self) -> list[Unit]:
        """What is new and lies in no folder of the source's own."""
        return []

    def units(self, folder: Folder) -> list[Unit]:
        """What is new or was mended in a folder of the source, in the order in which it is to go out."""
        if not (unsettled := self.unsettled(folder)):
            return []
        whose = self.share.in_folder(self.path(folder))
        return self.singles([(path, entry) for path, entry in unsettled.items() if whose.has(entry.name)])

    def unsettled(self, folder: Folder) -> dict[str, os.DirEntry[str]]:
        """The files of a folder that need a look, by their paths: nearly always none of 100,000."""
        prefix, settled = self.prefix(folder), self.settled
        return {path: entry for entry in folder.files if (path := prefix + entry.name) not in settled}

    def refused(self, folder: Folder) -> list[Found]:
        """What can never be taken, to be recorded so that it is seen, with the reason."""
        if not folder.refused:
            return []
        prefix, whose = self.prefix(folder), self.share.in_folder(self.path(folder))
        return [
            self.refuse(prefix + name, why)
            for name, why in folder.refused
            if is_a(self.source.type, name) and whose.has(name) and self.is_new(prefix + name)
        ]

    def singles(self, entries: Sequence[tuple[str, os.DirEntry[str]]]) -> list[Unit]:
        """Those of the files (path, entry) that are new or were mended, each by itself."""
        now = self.clock()
        files: list[Seen] = []
        for path, entry in entries:
            if not self.can_be_kept(path):
                continue
            try:
                status = entry.stat()
            except OSError:
                continue  # it went away between the listing and now
            file = Seen.of(path, status.st_size, status.st_mtime_ns)
            if self.is_to_be_taken(file, now):
                files.append(file)
        return [self.unit(file) for file in sorted(files, key=lambda file: file.path)]

    def unit(self, file: Seen) -> Unit:
        """One file by itself."""
        if archive.is_ignored(self.project, file.mtime_ns):
            found = Found((self.skipped(file, archive.reason(file)),), file.path)
            return Unit(file, 1, lambda: found, at_once=True)
        return Unit(file, 1, lambda: self.found(file))

    def is_to_be_taken(self, file: Seen, now: datetime) -> bool:
        """Whether a file, or an album by its key, is new or was mended."""
        return file.path not in self.known.paths or (
            file.path in self.known.skipped
            and self.known.was_mended(
                file,
                now,
                is_ignored=archive.is_ignored(self.project, file.mtime_ns),
                repeats=self.source.repeat,
            )
        )

    def found(self, file: Seen) -> Found | None:
        """A stable file with its metadata; None when it is not what it was a moment ago."""
        item = self.item(file.path, [file])
        return None if item is None else Found((item,), file.path)

    def item(self, key: str, files: Sequence[Seen], **more: Any) -> NewItem | None:
        """An item of files that have stopped changing; None when they are not what they were a moment ago."""
        now = self.clock()
        size = sum(file.size for file in files)
        title, metadata_path, not_before = "", None, now
        paired = pair(self.finder, self.source, key, [file.path for file in files])
        if isinstance(paired, Sidecar):
            title, metadata_path = paired.metadata.title, path_of(self.finder, paired)
            message = f"found, with its metadata in {metadata_path}"
        else:
            not_before = now + self.project.metadata_wait
            message = f"found; {paired.why}; waits for it until {not_before:%Y-%m-%d %H:%M:%S} UTC"
        digests: list[str] = []
        for file in files:
            try:
                fingerprint = quick(self.project.path / file.path)
            except FileNotFoundError:
                return None
            except OSError as error:
                # A task all the same, so that it is seen: its run tries again, later and later, and says the same.
                message += f"; the file cannot be read: {error.strerror}"
                digests.clear()
                break
            if Seen.of(file.path, fingerprint.size, fingerprint.mtime_ns) != file:
                return None
            digests.append(fingerprint.digest)
        else:
            for file in files:
                if (why := self.why_broken(file)) is not None:
                    named = f"{file.path}: {why}" if len(files) > 1 else why
                    return self.skipped(Seen(key, size, 0), named, **more)
        return NewItem(
            skip_reason=paired.why if isinstance(paired, NoWords) and paired.refuses else None,
            project_id=self.project.id,
            content_source_id=self.source_id,
            media_path=key,
            metadata_path=metadata_path,
            not_before=not_before,
            message=message,
            quick_fingerprint=together(digests) if digests else None,
            media_bytes=size,
            content_data={"title": title},
            **more,
        )

    def skipped(self, file: Seen, why: str, **more: Any) -> NewItem:
        """What is not to be posted as it is. Without a fingerprint no metadata, and no move, wakes it."""
        return NewItem(
            *(self.project.id, self.source_id, file.path, None, self.clock(), ""),
            media_bytes=file.size,
            skip_reason=why,
            **more,
        )

    def refuse(self, path: str, why: str) -> Found:
        """A file that can never be taken, and was not looked at."""
        return Found((NewItem(self.project.id, self.source_id, path, None, self.clock(), "", skip_reason=why),), path)

    def is_new(self, path: str) -> bool:
        """Whether a path is known to no task and could be."""
        return path not in self.known.paths and self.can_be_kept(path)

    def can_be_kept(self, path: str) -> bool:
        """Whether a database takes the path; if not, it is told."""
        if (length := len(path.encode())) <= MOST_PATH_BYTES:
            return True
        told = f"{path}: its path has {length:,} bytes, and at most {MOST_PATH_BYTES:,} can be kept; move it up"
        self.report.problems.append(told)
        return False

    def why_broken(self, file: Seen) -> str | None:
        """What is wrong with a file at first sight: of 10,000 empty ones none may cost a run."""
        try:
            return refused_at_sight(self.project.path / file.path, "video" if self.source.type == "video" else "image")
        except OSError:
            return None  # its run tries again

    def path(self, folder: Folder) -> str:
        """A folder of the source, relative to the project."""
        if folder.rel == ".":
            return self.source.path
        return folder.rel if self.source.path == "." else f"{self.source.path}/{folder.rel}"

    def prefix(self, folder: Folder) -> str:
        """What goes before the names in a folder of the source to make them relative to the project."""
        path = self.path(folder)
        return "" if path == "." else f"{path}/"
