"""The pages of tasks: the newest first, by their ids, so that a page is found at once and nothing is seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store import tasks
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c

#: Projects times states that are looked at one by one, each through its index.
_MOST_PARTS = 60


@dataclass(frozen=True)
class Wanted:
    """Which tasks. What is empty or None does not matter."""

    projects: Sequence[str]
    statuses: Sequence[Status] = ()
    #: When they were found: from, and before (aware UTC).
    found_from: datetime | None = None
    found_before: datetime | None = None
    #: Part of the item's key or its media's path, in any case.
    text: str | None = None
    #: Only those with lower ids.
    below: int | None = None


def page(connection: sa.Connection, wanted: Wanted, limit: int) -> list[Task]:
    """Up to `limit` tasks, the newest first."""
    ids: list[int] = [row.id for row in connection.execute(_ids(wanted, limit))]
    found = {task.id: task for task in tasks.read(connection, tasks.select(_tasks.id.in_(ids)))} if ids else {}
    return [found[id] for id in ids]


def _ids(wanted: Wanted, limit: int) -> sa.Select[tuple[int]]:
    parts = [(project, status) for project in wanted.projects for status in (wanted.statuses or Status)]
    if not wanted.statuses and not wanted.found_from and not wanted.found_before and wanted.text is None:
        parts = parts if len(wanted.projects) == 1 else []
    if not parts or len(parts) > _MOST_PARTS:
        where = [_tasks.project_id.in_(wanted.projects), *_conditions(wanted)]
        if wanted.statuses:
            where.append(_tasks.status.in_([status.value for status in wanted.statuses]))
        return sa.select(_tasks.id).where(*where).order_by(_tasks.id.desc()).limit(limit)
    # A state that few tasks are in would be looked for through all of them: so each has its own look at the index.
    looks = [
        sa.select(
            sa.select(_tasks.id.label("id"))
            .where(_tasks.project_id == project, _tasks.status == status.value, *_conditions(wanted))
            .order_by(_tasks.id.desc())
            .limit(limit)
            .subquery()
            .c.id
        )
        for project, status in parts
    ]
    every = sa.union_all(*looks).subquery()
    return sa.select(every.c.id).order_by(every.c.id.desc()).limit(limit)


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.below is not None:
        where.append(_tasks.id < wanted.below)
    if wanted.found_from is not None:
        where.append(_tasks.created_at >= wanted.found_from)
    if wanted.found_before is not None:
        where.append(_tasks.created_at < wanted.found_before)
    if wanted.text is not None:
        where.append(
            _tasks.partition_key.icontains(wanted.text, autoescape=True)
            | _tasks.media_path.icontains(wanted.text, autoescape=True)
        )
    return where
