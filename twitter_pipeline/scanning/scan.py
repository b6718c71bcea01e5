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
from sqlalchemy.dialects import postgresql, sqlite
from twitter_pipeline.scanning.fingerprint import quick
from twitter_pipeline.scanning.walk import walk

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning import known
from twitter_pipeline.scanning.late_metadata import look_again
from twitter_pipeline.scanning.sidecars import Finder, Problem, finder_for
from twitter_pipeline.store import defaults, moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.tables import projects, publishing_tasks, scan_candidates

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


@dataclass(frozen=True, order=True)
class _Seen:
    """A file as a scan saw it."""

    path: str
    size: int
    mtime_ns: int

    @property
    def looks(self) -> tuple[int, int]:
        """What must be the same in two looks, `stable_for` apart; a time alone is no proof: copies keep it."""
        return self.size, self.mtime_ns


def scan(engine: sa.Engine, project: Project, *, time_box: timedelta, now: datetime | None = None) -> ScanReport:
    """Look through the project's sources for at most about `time_box`. A folder that fails is reported, not raised."""
    started = time.monotonic()
    deadline = started + time_box.total_seconds()
    now = now or datetime.now(timezone.utc)
    report = ScanReport()
    if not project.path.is_dir():
        report.problems.append(f"the folder {project.path} is not there; nothing is lost, its tasks stay as they are")
        _remember(engine, project.id, now=None, position=None, problem=report.problems[0])
        report.seconds = time.monotonic() - started
        return report
    with reading(engine) as connection:
        source_ids = defaults.source_ids(connection, project.id)
        at = connection.scalar(sa.select(projects.c.scan_position).where(projects.c.id == project.id))
    position: str | None = None
    for source, start in _from_position(project, at):
        stopped_at = _scan_source(engine, project, source, source_ids[source.key], start, deadline, now, report)
        if stopped_at is not None:
            position = f"{source.key}|{stopped_at}"
            break
    report.whole = position is None
    _remember(engine, project.id, now=now if report.whole else None, position=position, problem=None)
    report.seconds = time.monotonic() - started
    return report


def _from_position(project: Project, at: str | None) -> Iterator[tuple[Source, str]]:
    """The sources still to look at, and the folder to begin at in each."""
    key, _, start = (at or "").partition("|")
    keys = [source.key for source in project.sources]
    first = keys.index(key) if key in keys else 0
    for index, source in enumerate(project.sources[first:]):
        yield source, start if index == 0 and key == source.key else ""


def _scan_source(
    engine: sa.Engine,
    project: Project,
    source: Source,
    source_id: int,
    start: str,
    deadline: float,
    now: datetime,
    report: ScanReport,
) -> str | None:
    """Scan one source; where it stopped when the time was over, else None."""
    finder = finder_for(project, source)
    look_again(engine, source_id, finder, now=now)
    known_paths = known.paths(engine, source_id)
    candidates = _candidates(engine, source_id)
    root = project.path / source.path
    seen: set[str] = set()
    for folder in walk(root, suffixes=SUFFIXES[source.type], start=start):
        report.problems += [f"{source.path}/{name}: {reason}" for name, reason in folder.problems]
        prefix = PurePosixPath(source.path) / folder.rel
        refused = [
            NewItem(project.id, source_id, path, None, now, "found", skip_reason=reason)
            for path, reason in ((str(prefix / name), reason) for name, reason in folder.refused)
            if path not in known_paths
        ]
        new = [entry for entry in folder.files if str(prefix / entry.name) not in known_paths]
        files = list(_stat(new, prefix))
        seen.update(file.path for file in files)
        unchanged = [file for file in files if file.path in candidates and candidates[file.path][0] == file.looks]
        ready = [file for file in unchanged if now - candidates[file.path][1] >= project.stable_for]
        _keep_candidates(engine, source_id, sorted(set(files) - set(unchanged)), now)
        report.arriving += len(files) - len(ready)
        _record(engine, refused, known_paths, now)
        for begin in range(0, len(ready), BATCH):
            batch = ready[begin : begin + BATCH]
            items = [_item(project, source_id, file, finder, now, report) for file in batch]
            report.found += _record(engine, [item for item in items if item is not None], known_paths, now)
            _drop_candidates(engine, source_id, [file.path for file in batch])
            if time.monotonic() > deadline:  # after a batch: each scan gets on by one at least
                return folder.rel
        if time.monotonic() > deadline:
            return folder.rel
    if not start:
        _drop_candidates(engine, source_id, candidates.keys() - seen)
    return None


def _stat(entries: Iterable[os.DirEntry[str]], prefix: PurePosixPath) -> Iterator[_Seen]:
    for entry in entries:
        try:
            status = entry.stat()
        except OSError:
            continue  # it went away between the listing and now
        yield _Seen(str(prefix / entry.name), status.st_size, status.st_mtime_ns)


def _item(
    project: Project, source_id: int, file: _Seen, finder: Finder, now: datetime, report: ScanReport
) -> NewItem | None:
    try:
        fingerprint = quick(project.path / file.path)
    except OSError as error:
        report.problems.append(f"{file.path}: {error.strerror}; looked at again in the next scan")
        return None
    found = finder.find(file.path)
    if found is None or isinstance(found, Problem):
        until = now + project.metadata_wait
        why = found.message if isinstance(found, Problem) else "no metadata yet"
        return NewItem(
            project.id,
            source_id,
            file.path,
            None,
            until,
            f"found; {why}; waits for it until {until:%Y-%m-%d %H:%M:%S} UTC",
            fingerprint.digest,
            fingerprint.size,
        )
    sidecar = found.path.relative_to(project.path).as_posix()
    return NewItem(
        project.id,
        source_id,
        file.path,
        sidecar,
        now,
        f"found, with its metadata in {sidecar}",
        fingerprint.digest,
        fingerprint.size,
        {"title": found.metadata.title},
    )


def _record(engine: sa.Engine, items: list[NewItem], known_paths: set[str], now: datetime) -> int:
    if not items:
        return 0
    with writing(engine) as connection:
        new = sum(
            not _was_moved(connection, item, now) and moves.record(connection, item, now=now) is not None
            for item in items
        )
    known_paths.update(item.media_path for item in items)
    return new


def _was_moved(connection: sa.Connection, item: NewItem, now: datetime) -> bool:
    """Whether this is the file of a task not yet posted, under another name: then the task follows it."""
    if item.quick_fingerprint is None:
        return False
    root = connection.scalar(sa.select(projects.c.project_path).where(projects.c.id == item.project_id))
    columns = publishing_tasks.c
    twins = connection.execute(
        sa.select(columns.id, columns.media_path).where(
            columns.project_id == item.project_id,
            columns.content_source_id == item.content_source_id,
            columns.quick_fingerprint == item.quick_fingerprint,
            columns.media_bytes == item.media_bytes,
        )
    ).all()
    for twin in twins:
        if not os.path.lexists(Path(str(root)) / twin.media_path):
            return moves.follow(connection, twin.id, item, now=now)
    return False


def _candidates(engine: sa.Engine, source_id: int) -> dict[str, tuple[tuple[int, int], datetime]]:
    """How files that are no tasks yet looked, and since when."""
    columns = scan_candidates.c
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(columns.media_path, columns.size, columns.mtime_ns, columns.unchanged_since).where(
                columns.content_source_id == source_id
            )
        )
        return {row.media_path: ((row.size, row.mtime_ns), row.unchanged_since) for row in rows}


def _keep_candidates(engine: sa.Engine, source_id: int, files: list[_Seen], now: datetime) -> None:
    """Remember how these files looked, since `now`."""
    if not files:
        return
    insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(scan_candidates)
    looked = {"size": statement.excluded.size, "mtime_ns": statement.excluded.mtime_ns, "unchanged_since": now}
    with writing(engine) as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["content_source_id", "media_path"], set_=looked),
            [
                {
                    "content_source_id": source_id,
                    "media_path": file.path,
                    "size": file.size,
                    "mtime_ns": file.mtime_ns,
                    "unchanged_since": now,
                }
                for file in files
            ],
        )


def _drop_candidates(engine: sa.Engine, source_id: int, paths: Iterable[str]) -> None:
    rows = [{"source": source_id, "path": path} for path in paths]
    if rows:
        columns = scan_candidates.c
        with writing(engine) as connection:
            connection.execute(
                sa.delete(scan_candidates).where(
                    columns.content_source_id == sa.bindparam("source"), columns.media_path == sa.bindparam("path")
                ),
                rows,
            )


def _remember(
    engine: sa.Engine, project_id: str, *, now: datetime | None, position: str | None, problem: str | None
) -> None:
    values: dict[str, object] = {"scan_position": position, "scan_problem": problem}
    if now is not None:
        values["last_scan_time"] = now
    with writing(engine) as connection:
        connection.execute(sa.update(projects).where(projects.c.id == project_id).values(**values))
