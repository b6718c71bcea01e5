"""One scan of a project: new files become tasks once they have stopped changing.

A scan is time-boxed and goes on where the last one stopped. Files that are tasks already cost nothing but their name in
the listing: no stat, no query. What a scan leaves behind is in the database, so that one that dies loses nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning import known
from twitter_pipeline.scanning.candidates import Candidates, Seen
from twitter_pipeline.scanning.fingerprint import quick
from twitter_pipeline.scanning.late_metadata import look_again
from twitter_pipeline.scanning.sidecars import Finder, Problem, finder_for
from twitter_pipeline.scanning.walk import Folder, walk
from twitter_pipeline.store import defaults, moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.tables import projects, publishing_tasks

#: What each type of source takes, by the end of the name; what a file really holds is looked at in the run.
SUFFIXES = {
    "video": frozenset({".mp4", ".mov", ".m4v", ".webm"}),
    "image": frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp"}),
}
#: Items recorded in one transaction.
BATCH = 50


@dataclass
class ScanReport:
    """What one scan did."""

    #: Items that became tasks.
    found: int = 0
    #: Files seen that may still be being written.
    arriving: int = 0
    #: What went wrong or was refused, for people.
    problems: list[str] = field(default_factory=list)
    #: False when the time box ended it: the next scan goes on from there.
    whole: bool = False
    #: Wall-clock time it took.
    seconds: float = 0.0


def scan(engine: sa.Engine, project: Project, *, time_box: timedelta, now: datetime | None = None) -> ScanReport:
    """Look through the project's sources for at most about `time_box`. A folder that fails is reported, not raised."""
    started = time.monotonic()
    now = now or datetime.now(timezone.utc)
    report = ScanReport()
    if project.path.is_dir():
        position = _scan_sources(engine, project, started + time_box.total_seconds(), now, report)
        report.whole = position is None
        _remember(engine, project.id, scanned=now if report.whole else None, position=position, problem=None)
    else:
        problem = f"the folder {project.path} is not there; nothing is lost, its tasks stay as they are"
        report.problems.append(problem)
        _remember(engine, project.id, scanned=None, position=None, problem=problem)
    report.seconds = time.monotonic() - started
    return report


def _scan_sources(
    engine: sa.Engine, project: Project, deadline: float, now: datetime, report: ScanReport
) -> str | None:
    """Scan the sources; the position where it stopped when the time was over, else None."""
    with reading(engine) as connection:
        ids = defaults.source_ids(connection, project.id)
        at = connection.scalar(sa.select(projects.c.scan_position).where(projects.c.id == project.id))
    for source, start in _from_position(project, at):
        scan_of_source = _SourceScan(engine, project, source, ids[source.key], now, report)
        stopped_at = scan_of_source.run(start, deadline)
        if stopped_at is not None:
            return f"{source.key}|{stopped_at}"
    return None


def _from_position(project: Project, at: str | None) -> Iterator[tuple[Source, str]]:
    """The sources still to look at, and the folder to begin at in each."""
    key, _, start = (at or "").partition("|")
    keys = [source.key for source in project.sources]
    first = keys.index(key) if key in keys else 0
    for index, source in enumerate(project.sources[first:]):
        yield source, start if index == 0 and key == source.key else ""


class _SourceScan:
    """The scan of one content source."""

    def __init__(
        self, engine: sa.Engine, project: Project, source: Source, source_id: int, now: datetime, report: ScanReport
    ) -> None:
        self.engine = engine
        self.project = project
        self.source = source
        self.source_id = source_id
        self.now = now
        self.report = report
        self.finder: Finder = finder_for(project, source)
        self.known = known.paths(engine, source_id)
        self.candidates = Candidates(engine, source_id)

    def run(self, start: str, deadline: float) -> str | None:
        """Scan from the folder `start` on until `deadline` (monotonic seconds); the folder where it stopped, if any."""
        look_again(self.engine, self.source_id, self.finder, now=self.now)
        root = self.project.path / self.source.path
        for folder in walk(root, suffixes=SUFFIXES[self.source.type], start=start, within=self.project.path):
            self.report.problems += [f"{self.source.path}/{name}: {reason}" for name, reason in folder.problems]
            self._refuse(folder)
            ready = self._stable(folder)
            for begin in range(0, len(ready), BATCH):
                self._take(ready[begin : begin + BATCH])
                if time.monotonic() > deadline:  # after a batch: each scan gets on by one at least
                    return folder.rel
            if time.monotonic() > deadline:
                return folder.rel
        if not start:
            self.candidates.forget_what_is_gone()
        return None

    def _prefix(self, folder: Folder) -> str:
        """What goes before the names in a folder of the source to make them relative to the project."""
        path = str(PurePosixPath(self.source.path, folder.rel))
        return "" if path == "." else f"{path}/"

    def _refuse(self, folder: Folder) -> None:
        """Record what can never be taken, so that it is seen, with the reason."""
        prefix = self._prefix(folder)
        self._record(
            [
                NewItem(self.project.id, self.source_id, path, None, self.now, "found", skip_reason=reason)
                for path, reason in ((prefix + name, reason) for name, reason in folder.refused)
                if path not in self.known
            ]
        )

    def _stable(self, folder: Folder) -> list[Seen]:
        """The new files of a folder that have not changed for long enough; the others are remembered."""
        prefix = self._prefix(folder)
        new = [(path, entry) for entry in folder.files if (path := prefix + entry.name) not in self.known]
        files = list(_stat(new))
        ready = self.candidates.look(files, stable_for=self.project.stable_for, now=self.now)
        self.report.arriving += len(files) - len(ready)
        return ready

    def _take(self, files: list[Seen]) -> None:
        items = [item for file in files if (item := self._item(file)) is not None]
        self.report.found += self._record(items)
        self.candidates.forget(file.path for file in files)

    def _item(self, file: Seen) -> NewItem | None:
        try:
            fingerprint = quick(self.project.path / file.path)
        except OSError as error:
            self.report.problems.append(f"{file.path}: {error.strerror}; looked at again in the next scan")
            return None
        found = self.finder.find(file.path)
        title, metadata_path, not_before = "", None, self.now
        if found is None or isinstance(found, Problem):
            not_before = self.now + self.project.metadata_wait
            why = found.message if isinstance(found, Problem) else "no metadata yet"
            message = f"found; {why}; waits for it until {not_before:%Y-%m-%d %H:%M:%S} UTC"
        else:
            title = found.metadata.title
            metadata_path = found.path.relative_to(self.project.path).as_posix()
            message = f"found, with its metadata in {metadata_path}"
        return NewItem(
            project_id=self.project.id,
            content_source_id=self.source_id,
            media_path=file.path,
            metadata_path=metadata_path,
            not_before=not_before,
            message=message,
            quick_fingerprint=fingerprint.digest,
            media_bytes=fingerprint.size,
            content_data={"title": title},
        )

    def _record(self, items: list[NewItem]) -> int:
        """Create the tasks of these items; how many are new."""
        if not items:
            return 0
        with writing(self.engine) as connection:
            new = sum(
                not self._was_moved(connection, item) and moves.record(connection, item, now=self.now) is not None
                for item in items
            )
        self.known.update(item.media_path for item in items)
        return new

    def _was_moved(self, connection: sa.Connection, item: NewItem) -> bool:
        """Whether this is the file of a task not yet posted, under another name: then the task follows it."""
        if item.quick_fingerprint is None:
            return False
        columns = publishing_tasks.c
        twins = connection.execute(
            sa.select(columns.id, columns.media_path).where(
                columns.project_id == item.project_id,
                columns.content_source_id == item.content_source_id,
                columns.quick_fingerprint == item.quick_fingerprint,
            )
        ).all()
        return any(
            moves.follow(connection, twin.id, item, now=self.now)
            for twin in twins
            if not os.path.lexists(Path(self.project.path, twin.media_path))
        )


def _stat(entries: Iterable[tuple[str, os.DirEntry[str]]]) -> Iterator[Seen]:
    for path, entry in entries:
        try:
            status = entry.stat()
        except OSError:
            continue  # it went away between the listing and now
        yield Seen(path, status.st_size, status.st_mtime_ns)


def _remember(
    engine: sa.Engine, project_id: str, *, scanned: datetime | None, position: str | None, problem: str | None
) -> None:
    values: dict[str, object] = {"scan_position": position, "scan_problem": problem}
    if scanned is not None:
        values["last_scan_time"] = scanned
    with writing(engine) as connection:
        connection.execute(sa.update(projects).where(projects.c.id == project_id).values(**values))
