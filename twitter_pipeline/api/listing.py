"""The pages of tasks: the newest first, by their ids, so that a page is found at once and nothing is seen twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import (
    TRIGRAM,
    hold_trigrams,
    name_trigrams,
    publishing_tasks,
    task_names,
    trigrams,
)

_tasks = publishing_tasks.c

#: What a list shows of a task, by the names it has there. Reading all of a row takes twice as long.
_SHOWN = (
    _tasks.id,
    _tasks.project_id.label("project"),
    _tasks.partition_key.label("item"),
    _tasks.media_path,
    _tasks.media_files.label("files"),
    _tasks.status,
    _tasks.error_message.label("reason"),
    *(_tasks[name] for name in ("retry_count", "attempt")),
    *(_tasks[name] for name in ("scheduled_time", "executed_time", "created_at", "updated_at")),
    *(_tasks[name] for name in ("run_id", "tweet_id", "tweet_url")),
)
#: As they are: SQLAlchemy's own kind of text is slow as a key.
_NAMES = tuple(str(column.name) for column in _SHOWN)
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


def page(connection: sa.Connection, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` tasks, the newest first, by the names that `api.models.TaskOut` has for it."""
    dialect = connection.dialect.name
    by_names = wanted.text is not None and dialect == "sqlite" and len(wanted.text) >= TRIGRAM
    number = task_names.c.rowid if by_names else _tasks.id
    between = _between(connection, wanted, number)
    if between is None or not wanted.projects:
        return []
    where = [*between, *_conditions(wanted, number)]
    if by_names:  # the index of the names leads, from the newest on: what it names is looked up, and no other
        joined = [hold_trigrams(wanted.text or ""), _tasks.id == _no_index(number)]
        looks = [[*joined, *_all_of(wanted), *where, *_holding(wanted.text or "", dialect)]]
    else:
        looks = _looks(wanted, where, dialect)
    if len(looks) == 1:
        found = connection.execute(sa.select(*_SHOWN).where(*looks[0]).order_by(number.desc()).limit(limit))
    else:
        ids = [
            sa.select(sa.select(_tasks.id).where(*where).order_by(_tasks.id.desc()).limit(limit).subquery().c.id)
            for where in looks
        ]
        every = sa.union_all(*ids).subquery()
        newest = sa.select(every.c.id).order_by(every.c.id.desc()).limit(limit)
        found = connection.execute(sa.select(*_SHOWN).where(_tasks.id.in_(newest)).order_by(_tasks.id.desc()))
    return [dict(zip(_NAMES, row, strict=True)) for row in found.all()]


def _looks(wanted: Wanted, where: list[sa.ColumnElement[bool]], dialect: str) -> list[list[sa.ColumnElement[bool]]]:
    """The conditions of each look at an index: a look at a state that few tasks are in does not go through the rest."""
    states = [status.value for status in wanted.statuses]
    if wanted.text is not None:
        where = [*where, *_holding(wanted.text, dialect)]
    if len(wanted.projects) * max(1, len(states)) > _MOST_PARTS or (wanted.text is not None and dialect != "sqlite"):
        return [[*_all_of(wanted), *where]]
    if wanted.text is not None:  # the names lie side by side in the index without states
        where, states = [*_in_states(wanted), *where], []
    by_state: list[list[sa.ColumnElement[bool]]] = [[_tasks.status == state] for state in states] or [[]]
    return [[_tasks.project_id == project, *state, *where] for project in wanted.projects for state in by_state]


def _all_of(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    """That a task is of the projects and in the states wanted, which is looked up in its row."""
    return [_no_index(_tasks.project_id).in_(wanted.projects), *_in_states(wanted)]


def _in_states(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    return [_no_index(_tasks.status).in_([one.value for one in wanted.statuses])] if wanted.statuses else []


def _between(
    connection: sa.Connection, wanted: Wanted, number: sa.ColumnElement[int]
) -> list[sa.ColumnElement[bool]] | None:
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
        where.append(number >= lowest)
    if wanted.found_before is not None and wanted.projects:
        highest = first(wanted.found_before + _DISORDER)
        if highest is not None:
            where.append(number <= highest)
    return where


def _conditions(wanted: Wanted, number: sa.ColumnElement[int]) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if wanted.below is not None:
        where.append(number < wanted.below)
    if wanted.found_from is not None:
        where.append(_no_index(_tasks.created_at) >= wanted.found_from)
    if wanted.found_before is not None:
        where.append(_no_index(_tasks.created_at) < wanted.found_before)
    return where


def _no_index(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The column as no index has it: the ids lead to the page sooner than any other order does."""
    return sa.func.coalesce(column, column, type_=column.type)


def _holding(text: str, dialect: str) -> list[sa.ColumnElement[bool]]:
    """That a name holds the text, in any case (of ASCII on SQLite, whose LIKE makes no difference there)."""
    escaped = "".join(f"\\{character}" if character in "\\%_" else character for character in text)
    names = (_tasks.partition_key, _tasks.media_path)
    like = sa.or_(*((one.like if dialect == "sqlite" else one.ilike)(f"%{escaped}%", escape="\\") for one in names))
    if dialect == "sqlite" or len(text) < TRIGRAM:
        return [like]
    return [name_trigrams.contains(trigrams(text)), like]
