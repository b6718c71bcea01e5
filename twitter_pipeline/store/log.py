"""Reading the publishing log, and keeping track of which of its lines Dagster was told.

A line goes 0 (new) → 1 (being told, committed) → Dagster → 2 (told). Only those found at 1 after a crash are looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks

#: A run that has just ended is left so long to tell Dagster of it, and to make a picture of the file; then others may.
RUNS_OWN = timedelta(seconds=60)

_log = publishing_log.c
_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Line:
    """A line of the publishing log. Times are aware UTC."""

    id: int
    task_id: int
    partition_key: str
    action: str
    #: The task's status after it.
    status: str
    message: str
    details: dict[str, Any]
    created_at: datetime
    #: The Dagster run it was written in; None outside runs.
    run_id: str | None
    relayed: int
    #: The person who made it; None where the pipeline did it by itself.
    actor: str | None = None


_COLUMNS = (
    _log.id,
    _log.task_id,
    _tasks.partition_key,
    _log.action,
    _log.status,
    _log.message,
    _log.details,
    _log.created_at,
    _log.run_id,
    _log.relayed,
    _log.actor,
)


#: Told last: of 10,000 files that are skipped as soon as they are seen none may hold up the line of a post.
_is_of_an_archive = sa.or_(
    sa.and_(_log.action == "found", _log.status == Status.SKIPPED.value), _log.action == Event.IMPORT.value
)


def _lines(
    connection: sa.Connection,
    *where: sa.ColumnElement[bool],
    limit: int | None = None,
    first: sa.ColumnElement[bool] | None = None,
) -> list[Line]:
    query = sa.select(*_COLUMNS).join(publishing_tasks, _tasks.id == _log.task_id).where(*where)
    query = query.order_by(*([] if first is None else [sa.desc(first)]), _log.id)
    return [Line(**row._mapping) for row in connection.execute(query.limit(limit))]


def of_task(connection: sa.Connection, task_id: int) -> list[Line]:
    """All lines of a task, oldest first."""
    return _lines(connection, _log.task_id == task_id)


def after(connection: sa.Connection, line_id: int, *, limit: int = 1000) -> list[Line]:
    """The lines of all tasks after that one, oldest first."""
    return _lines(connection, _log.id > line_id, limit=limit)


#: Word for word as in the index over them, of which SQLite makes no use otherwise.
UNTOLD: sa.ColumnElement[bool] = sa.literal_column("publishing_log.relayed < 2")


def untold_of_task(connection: sa.Connection, task_id: int) -> list[Line]:
    """The lines of a task that Dagster does not know."""
    return _lines(connection, _log.task_id == task_id, _log.relayed == 0)


def untold_of_project(connection: sa.Connection, project_id: str, *, now: datetime, limit: int) -> list[Line]:
    """The lines of a project that no run will tell: written outside runs, or by a run that should be over.

    Oldest first, but those of files skipped at sight last.
    """
    return _lines(
        connection,
        # No bare column: SQLite would go through all of the project's items, not the few lines.
        _tasks.project_id.concat("") == project_id,
        UNTOLD,
        sa.or_(
            sa.and_(_log.run_id.is_(None), _log.relayed == 0),
            sa.and_(_tasks.updated_at < now - RUNS_OWN, _log.created_at < now - RUNS_OWN),
        ),
        limit=limit,
        first=~_is_of_an_archive,
    )


def mark(connection: sa.Connection, lines: Sequence[Line], *, to: int) -> list[Line]:
    """Move lines on to 1 or 2; those that somebody else had not moved before."""
    moved = []
    for line in lines:
        changed = connection.execute(
            sa.update(publishing_log).where(_log.id == line.id, _log.relayed == to - 1).values(relayed=to)
        )
        if changed.rowcount == 1:
            moved.append(line)
    return moved
