"""The pages of tasks: the newest first, by their ids, so that a page is found at once and nothing is seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import tasks
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import content_sources, publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c

#: Projects times states that are looked at one by one, each through its index.
_MOST_PARTS = 60
#: Scans at the same time may give ids in another order than times, by far less than this.
_DISORDER = timedelta(hours=1)


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
    between = _between(connection, wanted)
    if between is None:
        return []
    query = _ids(wanted, [*between, *_conditions(wanted, connection.dialect.name)], limit)
    ids: list[int] = [row.id for row in connection.execute(query)]
    found = {task.id: task for task in tasks.read(connection, tasks.select(_tasks.id.in_(ids)))} if ids else {}
    return [found[id] for id in ids]


def _ids(wanted: Wanted, where: Sequence[sa.ColumnElement[bool]], limit: int) -> sa.Select[tuple[int]]:
    parts = [(project, status) for project in wanted.projects for status in (wanted.statuses or Status)]
    one_of_few = wanted.statuses or (len(wanted.projects) == 1 and not wanted.found_from and not wanted.found_before)
    if wanted.text is not None or not one_of_few or not 0 < len(parts) <= _MOST_PARTS:
        where = [_no_index(_tasks.project_id).in_(wanted.projects), *where]
        if wanted.statuses:
            where.append(_no_index(_tasks.status).in_([status.value for status in wanted.statuses]))
        return sa.select(_tasks.id).where(*where).order_by(_tasks.id.desc()).limit(limit)
    # A state that few tasks are in would be looked for through all of them: so each has its own look at the index.
    looks = [
        sa.select(
            sa.select(_tasks.id.label("id"))
            .where(_tasks.project_id == project, _tasks.status == status.value, *where)
            .order_by(_tasks.id.desc())
            .limit(limit)
            .subquery()
            .c.id
        )
        for project, status in parts
    ]
    every = sa.union_all(*looks).subquery()
    return sa.select(every.c.id).order_by(every.c.id.desc()).limit(limit)


def _between(connection: sa.Connection, wanted: Wanted) -> list[sa.ColumnElement[bool]] | None:
    """The ids of what was found in the time wanted, about: they grow with it. None when there are none."""

    def first(since: datetime) -> int | None:
        """The lowest id of what was found then or later."""
        looks = [
            sa.select(_tasks.id)
            .where(_tasks.project_id == project, _tasks.created_at >= since)
            .order_by(_tasks.created_at)
            .limit(1)
            .scalar_subquery()
            for project in wanted.projects
        ]
        return min((id for id in connection.execute(sa.select(*looks)).one() if id is not None), default=None)

    where: list[sa.ColumnElement[bool]] = []
    if wanted.found_from is not None and wanted.projects:
        lowest = first(wanted.found_from - _DISORDER)
        if lowest is None:
            return None
        where.append(_tasks.id >= lowest)
    if wanted.found_before is not None and wanted.projects:
        highest = first(wanted.found_before + _DISORDER)
        if highest is not None:
            where.append(_tasks.id <= highest)
    return where


def _conditions(wanted: Wanted, dialect: str) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.below is not None:
        where.append(_tasks.id < wanted.below)
    if wanted.found_from is not None:
        where.append(_no_index(_tasks.created_at) >= wanted.found_from)
    if wanted.found_before is not None:
        where.append(_no_index(_tasks.created_at) < wanted.found_before)
    if wanted.text is not None:
        # Through the indices that hold the names: the rows themselves are ten times as large.
        names = [
            sa.select(_tasks.id).where(
                _tasks.project_id.in_(wanted.projects), _holds(_tasks.partition_key, wanted.text, dialect)
            ),
            sa.select(_tasks.id).where(
                _tasks.content_source_id.in_(
                    sa.select(content_sources.c.id).where(content_sources.c.project_id.in_(wanted.projects))
                ),
                _holds(_tasks.media_path, wanted.text, dialect),
            ),
        ]
        where.append(_tasks.id.in_(sa.union(*names)))
    return where


def _no_index(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column as no index has it: the ids lead to the page sooner than any other order does."""
    return sa.func.coalesce(column, column, type_=column.type)


def _holds(column: sa.ColumnElement[str], text: str, dialect: str) -> sa.ColumnElement[bool]:
    """Whether it holds the text, in any case (of ASCII on SQLite, whose LIKE makes no difference there)."""
    escaped = "".join(f"\\{character}" if character in "\\%_" else character for character in text)
    like = column.like if dialect == "sqlite" else column.ilike
    return like(f"%{escaped}%", escape="\\")
