"""An archive that is there already: what is older than a project wants is recorded, to be seen, and not posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.config import Project
from twitter_pipeline.scanning import texts
from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.reasons import IGNORED
from twitter_pipeline.store import moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import projects, publishing_tasks

#: Items held back in one transaction.
BATCH = 100

#: How a reason says when the file was changed: to the minute.
_CHANGED = "%Y-%m-%d %H:%M UTC"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

_tasks = publishing_tasks.c


def is_ignored(project: Project, mtime_ns: int) -> bool:
    """Whether the project leaves out a file that was last changed then (nanoseconds since 1970, UTC)."""
    before = project.ignores_before
    return before is not None and mtime_ns < (before - _EPOCH) // timedelta(microseconds=1) * 1000


def reason(file: Seen) -> str:
    """Why an ignored file is not posted, with the remedy."""
    try:
        changed = f" ({_EPOCH + timedelta(microseconds=file.mtime_ns // 1000):{_CHANGED}})"
    except OverflowError:
        changed = ""  # before the year 1
    return f"{IGNORED}{changed}; to post it, move that setting or take it out"


def is_left_out(project: Project, skipped_for: str) -> bool:
    """Whether a project still leaves out what it did for this `reason`, whatever time the file has by now."""
    if not skipped_for.startswith(IGNORED):
        return False
    changed = skipped_for.removeprefix(f"{IGNORED} (").partition(")")[0]
    try:
        moment = datetime.strptime(changed, _CHANGED).replace(tzinfo=timezone.utc)
    except ValueError:
        return project.ignores_before is not None
    return is_ignored(project, (moment - _EPOCH) // timedelta(microseconds=1) * 1000)


def hold_back(engine: sa.Engine, project: Project, *, now: datetime) -> int:
    """Skip what is pending and older than a new or later `ignore_before`; how many items. Else it costs one look.

    The other way round nothing is done here: the scan lets go on what is no longer too old.
    """
    wanted = project.ignores_before
    with reading(engine) as connection:
        applied = connection.scalar(sa.select(projects.c.ignored_before).where(projects.c.id == project.id))
        if wanted == applied:
            return 0
        rows = connection.execute(
            sa.select(_tasks.id, _tasks.media_path, _tasks.media_files).where(
                _tasks.project_id == project.id, _tasks.status == Status.PENDING.value, sa.not_(tasks.IS_BEGUN)
            )
        ).all()
    held = 0
    if wanted is not None and (applied is None or applied < wanted):
        old = [
            (row.id, file)
            for row in rows
            if (file := _newest(project, row.media_files or [texts.file_of(row.media_path)]))
        ]
        old = [(task_id, file) for task_id, file in old if is_ignored(project, file.mtime_ns)]
        for begin in range(0, len(old), BATCH):
            with writing(engine) as connection:
                held += sum(_hold_back(connection, *one, now=now) for one in old[begin : begin + BATCH])
    with writing(engine) as connection:
        connection.execute(
            sa.update(projects).where(projects.c.id == project.id).values(ignored_before=wanted, updated_at=now)
        )
    return held


def _newest(project: Project, paths: Sequence[str]) -> Seen | None:
    """Of an item's files the one that was changed last; None when one cannot be looked at, or there is none."""
    try:
        looks = [(path, (project.path / path).stat()) for path in paths]
    except OSError:
        return None
    seen = [Seen.of(path, status.st_size, status.st_mtime_ns) for path, status in looks]
    return max(seen, key=lambda file: file.mtime_ns, default=None)


def _hold_back(connection: sa.Connection, task_id: int, file: Seen, *, now: datetime) -> bool:
    # Without a fingerprint no metadata that comes, and no file that moves, wakes it.
    values = {"quick_fingerprint": None, "metadata_path": None, "media_bytes": file.size}
    still_pending = [_tasks.status == Status.PENDING.value]
    skip = Move(Event.SKIP, reason(file))
    return moves.move(connection, task_id, skip, now=now, where=still_pending, values=values) is not None
