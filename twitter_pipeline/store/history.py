"""The complete history: every line of every task's log with what it belongs to, read in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_log, publishing_tasks

#: Lines read at once: what an export of any length keeps in memory.
PIECE = 5000

_log = publishing_log.c
_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Entry:
    """A line of the history. Times are aware UTC."""

    line: int
    time: datetime
    project: str
    task: int
    #: The item's key in Dagster.
    item: str
    #: Its media's path in the project's folder; of a text, its file.
    media: str
    action: str
    #: The task's status after it.
    status: str
    message: str
    details: dict[str, Any]
    #: The Dagster run it was written in; None outside runs.
    run: str | None
    #: Who made it; None where the pipeline did it by itself.
    actor: str | None
    #: The item's post as it is known now; None for one that is not posted.
    link: str | None


_QUERY = (
    sa.select(
        _log.id.label("line"),
        _log.created_at.label("time"),
        _tasks.project_id.label("project"),
        _log.task_id.label("task"),
        _tasks.partition_key.label("item"),
        _tasks.media_path.label("media"),
        _log.action,
        _log.status,
        _log.message,
        _log.details,
        _log.run_id.label("run"),
        _log.actor,
        _tasks.tweet_url.label("link"),
    )
    .join(publishing_tasks, _tasks.id == _log.task_id)
    .order_by(_log.id)
)


def pieces(
    engine: sa.Engine,
    *,
    projects: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    size: int = PIECE,
) -> Iterator[list[Entry]]:
    """The history in pieces of `size` lines, oldest first: of these projects (all), from `since` up to before `until`.

    Each piece is read by itself: an export of an hour holds up neither a checkpoint of SQLite nor PostgreSQL's vacuum.
    Lines that are written meanwhile are the last ones, up to the newest at the beginning.
    """
    wanted = _QUERY
    if projects is not None:
        wanted = wanted.where(_tasks.project_id.in_(projects))
    if since is not None:
        wanted = wanted.where(_log.created_at >= since)
    if until is not None:
        wanted = wanted.where(_log.created_at < until)
    with reading(engine) as connection:
        newest = connection.scalar(sa.select(sa.func.max(_log.id)))
    last = 0
    while newest is not None:
        with reading(engine) as connection:
            rows = connection.execute(wanted.where(_log.id > last, _log.id <= newest).limit(size))
            found = [Entry(**row._mapping) for row in rows]
        if found:
            yield found
        if len(found) < size:
            return
        last = found[-1].line
