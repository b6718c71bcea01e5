"""Projects that get more than they may post, day after day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.alerting import links
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.config import Settings
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

DAY = timedelta(days=1)

_tasks = publishing_tasks.c


def growing(connection: sa.Connection, settings: Settings, now: datetime) -> Iterator[Cause]:
    """A cause for each project that got more than it posted in the last 24 hours, and in the 24 before.

    A folder filled at once is not that: it grows on one day. Items with a time of their own still to come do not count.
    """
    ids = [project.id for project in settings.projects]
    came = _by_day(connection, ids, _tasks.created_at, now, [_tasks.not_before <= now])
    went = _by_day(connection, ids, _tasks.executed_time, now, [_tasks.status == Status.COMPLETED.value])
    for id in ids:
        (new, new_before), (posted, posted_before) = came.get(id, (0, 0)), went.get(id, (0, 0))
        if new <= posted or new_before <= posted_before:
            continue
        waiting = connection.scalar(
            sa.select(sa.func.count()).where(
                _tasks.project_id == id,
                _tasks.status.in_([Status.PENDING.value, Status.QUEUED.value]),
                _tasks.not_before <= now,
            )
        )
        if not waiting:
            continue  # what came was skipped, cancelled or failed: told as that
        yield Cause(
            Kind.BACKLOG,
            id,
            f"{id}: more comes in than goes out",
            f"In the last 24 hours {new:,} came and {posted:,} went out, in the 24 before {new_before:,} and"
            f" {posted_before:,}. {waiting:,} wait.",
            f"Let {id} post more (min_interval, max_per_day), or put less into its folder; what holds it back:"
            " twitter-pipeline status",
            links.tweets(settings, id),
            project_id=id,
            count=waiting,
        )


def _by_day(
    connection: sa.Connection,
    ids: list[str],
    time: sa.Column[datetime],
    now: datetime,
    where: list[sa.ColumnElement[bool]],
) -> dict[str, tuple[int, int]]:
    """How many tasks of each project have that time in the last 24 hours, and in the 24 before."""
    last = sa.func.sum(sa.case((time > now - DAY, 1), else_=0))
    query = (
        sa.select(_tasks.project_id, last, sa.func.count() - last)
        .where(_tasks.project_id.in_(ids), time > now - 2 * DAY, time <= now, *where)
        .group_by(_tasks.project_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
