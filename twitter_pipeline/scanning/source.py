"""The scan of one content source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Source
from twitter_pipeline.media import refused_at_sight
from twitter_pipeline.scanning import archive, known
from twitter_pipeline.scanning.candidates import Candidates, Seen
from twitter_pipeline.scanning.fingerprint import quick
from twitter_pipeline.scanning.kinds import SUFFIXES
from twitter_pipeline.scanning.pairing import look_again, pair, path_of
from twitter_pipeline.scanning.recording import record
from twitter_pipeline.scanning.report import ScanReport, TimeBox
from twitter_pipeline.scanning.sidecars import Sidecar, finder_for
from twitter_pipeline.scanning.walk import Folder, walk
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

#: Items recorded in one transaction.
BATCH = 50
#: PostgreSQL indexes no text of more than 2,704 bytes.
MOST_PATH_BYTES = 2_500


class SourceScan:
    """The scan of one content source."""

    def __init__(
        self,
        engine: sa.Engine,
        project: Project,
        source: Source,
        source_id: int,
        clock: Callable[[], datetime],
        report: ScanReport,
    ) -> None:
        self.engine = engine
        self.project = project
        self.source = source
        self.source_id = source_id
        self.clock = clock
        self.report = report
        self.root = project.path / source.path
        self.finder = finder_for(project, source)
        self.known = known.read(engine, project.id, source_id, now=clock())
        #: What needs no look: it is a task, and none that mending the file could help.
        self.settled = self.known.paths - self.known.skipped.keys()
        self.candidates = Candidates(engine, source_id)

    def run(self, start: str, box: TimeBox) -> str | None:
        """Scan from the folder `start` on until `box` is over; the folder where it stopped, if any."""
        if (why := self._why_unreachable()) is not None:
            self._tell_unreachable(why)
            return None
        look_again(self.engine, self.project.id, self.source_id, self.finder, now=self.clock())
        stopped_at = self._walk(start, box)
        self.candidates.forget_what_is_gone(
            self._folder(start), None if stopped_at is None else self._folder(stopped_at)
        )
        return stopped_at

    def _walk(self, start: str, box: TimeBox) -> str | None:
        posted = self.project.posted_folder
        folders = walk(
            self.root,
            suffixes=SUFFIXES[self.source.type],
            start=start,
            within=self.project.path,
            leave_out=None if posted is None else self.project.path / posted,
        )
        for folder in folders:
            if box.is_over():
                return folder.rel
            self._tell_problems(folder)
            work: list[NewItem | Seen] = [*self._refused(folder), *self._stable(folder)]
            for begin in range(0, len(work), BATCH):
                if begin and box.is_over():
                    return folder.rel
                self._take(work[begin : begin + BATCH])
        return None

    def _why_unreachable(self) -> str | None:
        """Why nothing can be said about what is in the source's folder; an unmounted disk is no deletion."""
        try:
            with os.scandir(self.root) as entries:
                if next(entries, None) is not None:
                    return None
        except FileNotFoundError:
            return "is not there"
        except OSError as error:
            return f"cannot be read: {error.strerror}"
        columns = publishing_tasks.c
        still_open = sa.select(sa.func.count()).where(
            columns.content_source_id == self.source_id,
            columns.status.in_([Status.PENDING.value, Status.QUEUED.value]),
        )
        with reading(self.engine) as connection:
            count = connection.scalar(still_open)
        return f"is empty, though {count} of its items are to be posted; is its disk mounted?" if count else None

    def _tell_unreachable(self, why: str) -> None:
        told = f"the folder {self.root} {why}; nothing is lost, its tasks stay as they are"
        self.report.problems.append(told)
        self.report.unreachable.append(told)

    def _tell_problems(self, folder: Folder) -> None:
        for rel, why in folder.problems:
            if rel == ".":
                self._tell_unreachable(why)
            else:
                self.report.problems.append(f"{self._folder(rel)}: {why}")

    def _folder(self, rel: str) -> PurePosixPath:
        """A folder of the source, relative to the project."""
        return PurePosixPath(self.source.path, rel)

    def _prefix(self, folder: Folder) -> str:
        """What goes before the names in a folder of the source to make them relative to the project."""
        path = str(self._folder(folder.rel))
        return "" if path == "." else f"{path}/"

    def _refused(self, folder: Folder) -> list[NewItem]:
        """What can never be taken, to be recorded so that it is seen, with the reason."""
        prefix = self._prefix(folder)
        return [
            NewItem(self.project.id, self.source_id, path, None, self.clock(), "", skip_reason=why)
            for path, why in ((prefix + name, why) for name, why in folder.refused)
            if path not in self.known.paths and self._can_be_kept(path)
        ]

    def _stable(self, folder: Folder) -> list[NewItem | Seen]:
        """The new or mended files of a folder that have not changed for long enough; the others are remembered.

        Those that are too old for the project need not be looked at twice.
        """
        began = self.clock()
        files: list[Seen] = []
        ignored: list[Seen] = []
        for file in sorted(self._look_at(folder, began), key=lambda file: file.path):  # clips go out in their order
            (ignored if archive.is_ignored(self.project, file.mtime_ns) else files).append(file)
        stable = self.candidates.look(files, began=began, ended=self.clock(), stable_for=self.project.stable_for)
        self.report.arriving += len(files) - len(stable)
        return [*(self._skipped(file, archive.reason(file)) for file in ignored), *stable]

    def _look_at(self, folder: Folder, now: datetime) -> Iterator[Seen]:
        prefix = self._prefix(folder)
        for entry in folder.files:
            path = prefix + entry.name
            if path in self.settled or not self._can_be_kept(path):
                continue
            try:
                status = entry.stat()
            except OSError:
                continue  # it went away between the listing and now
            file = Seen.of(path, status.st_size, status.st_mtime_ns)
            if path not in self.known.skipped or self.known.was_mended(
                file,
                now,
                is_ignored=archive.is_ignored(self.project, file.mtime_ns),
                repeats=self.source.repeat,
            ):
                yield file

    def _can_be_kept(self, path: str) -> bool:
        if (length := len(path.encode())) <= MOST_PATH_BYTES:
            return True
        told = f"{path}: its path has {length:,} bytes, and at most {MOST_PATH_BYTES:,} can be kept; move it up"
        self.report.problems.append(told)
        return False

    def _take(self, work: Sequence[NewItem | Seen]) -> None:
        items = [item for one in work if (item := one if isinstance(one, NewItem) else self._item(one)) is not None]
        found = record(self.engine, self.project.path, self.source_id, items, now=self.clock())
        self.report.found += len(found)
        self.report.skipped += sum(item.skip_reason is not None for item in found)

    def _skipped(self, file: Seen, why: str) -> NewItem:
        """A file that is not to be posted as it is. Without a fingerprint no metadata, and no move, wakes it."""
        return NewItem(
            *(self.project.id, self.source_id, file.path, None, self.clock(), ""),
            media_bytes=file.size,
            skip_reason=why,
        )

    def _item(self, file: Seen) -> NewItem | None:
        """A stable file with its metadata; None when it is not what it was a moment ago."""
        digest, now = None, self.clock()
        title, metadata_path, not_before = "", None, now
        found = pair(self.finder, file.path)
        if isinstance(found, Sidecar):
            title, metadata_path = found.metadata.title, path_of(self.finder, found)
            message = f"found, with its metadata in {metadata_path}"
        else:
            not_before = now + self.project.metadata_wait
            message = f"found; {found}; waits for it until {not_before:%Y-%m-%d %H:%M:%S} UTC"
        try:
            fingerprint = quick(self.project.path / file.path)
        except FileNotFoundError:
            return None
        except OSError as error:
            # A task all the same, so that it is seen: its run tries again, later and later, and says the same.
            message += f"; the file cannot be read: {error.strerror}"
        else:
            if Seen.of(file.path, fingerprint.size, fingerprint.mtime_ns) != file:
                return None
            digest = fingerprint.digest
            if (why := self._why_broken(file)) is not None:
                return self._skipped(file, why)
        return NewItem(
            project_id=self.project.id,
            content_source_id=self.source_id,
            media_path=file.path,
            metadata_path=metadata_path,
            not_before=not_before,
            message=message,
            quick_fingerprint=digest,
            media_bytes=file.size,
            content_data={"title": title},
        )

    def _why_broken(self, file: Seen) -> str | None:
        """What is wrong with a file at first sight: of 10,000 empty ones none may cost a run."""
        try:
            return refused_at_sight(self.project.path / file.path, "video" if self.source.type == "video" else "image")
        except OSError:
            return None  # its run tries again
