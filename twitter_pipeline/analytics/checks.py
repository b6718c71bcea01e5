"""Whether the log, which is counted, and the table of tasks tell the same of a time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.analytics import figures
from twitter_pipeline.analytics.sql import hour_of
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

if TYPE_CHECKING:
    import pandas as pd

#: How many differences are named.
MOST_NAMED = 20


def differences(engine: sa.Engine, counted: pd.DataFrame, start: datetime, end: datetime) -> list[str]:
    """Where the figures by hour of [start, end) are not what the tasks themselves say; in words, each hour by itself.

    Compared are the tasks by when they were made, and those that are on X by when they were posted. What failed, was
    skipped or retried only the log remembers: a task has one status, and moves on.
    """
    tasks = publishing_tasks.c
    with reading(engine) as connection:
        ids = figures.project_ids(connection)

        def by_hour(
            when: sa.ColumnElement[datetime], *which: sa.ColumnElement[bool]
        ) -> dict[tuple[str, datetime], int]:
            there = (
                sa.select(tasks.project_id, hour_of(when).label("hour"))
                .where(tasks.project_id.in_(ids), when >= start, when < end, *which)
                .subquery()
            )
            query = sa.select(there.c.project_id, there.c.hour, sa.func.count()).group_by(
                there.c.project_id, there.c.hour
            )
            return {(project_id, hour): number for project_id, hour, number in connection.execute(query)}

        of_table = {
            "tasks_created": by_hour(tasks.created_at),
            "tasks_completed": by_hour(
                tasks.executed_time, tasks.status == Status.COMPLETED.value, tasks.tweet_id.is_not(None)
            ),
        }
    said = []
    rows = figures.as_rows(counted[["project_id", "hour", *of_table]])
    for name, numbers in of_table.items():
        of_log = {(row["project_id"], row["hour"]): row[name] for row in rows}
        for key in sorted({*numbers, *of_log}):
            table, log = numbers.get(key, 0), of_log.get(key, 0)
            if table != log:
                said.append(f"{key[0]}, {key[1]:%Y-%m-%d %H:%M} UTC: {name} is {log}, the tasks say {table}")
    return said
