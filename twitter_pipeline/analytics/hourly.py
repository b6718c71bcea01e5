"""`analytics_hourly`: tasks created, completed and failed, by project and hour (UTC)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event
from twitter_pipeline.store.tables import analytics_hourly, projects, publishing_log, publishing_tasks

if TYPE_CHECKING:
    import pandas as pd

#: Hours older than this are recomputed only when somebody asks for them.
LOOK_BACK = timedelta(days=7)

_HOUR = timedelta(hours=1)
#: Which line of the log counts as what.
_COUNTED = {
    "found": "tasks_created",
    Event.POST.value: "tasks_completed",
    Event.ADOPT.value: "tasks_completed",
    Event.FAIL.value: "tasks_failed",
}


def compute(engine: sa.Engine, hour: datetime) -> pd.DataFrame:
    """Count one hour anew for all projects and replace its rows.

    `hour` is aware, on the hour. One row per project with the columns tasks_created, tasks_completed, tasks_failed.
    Counted is the publishing log, which has a line for each move: a task that failed twice counts twice.
    """
    import pandas as pd

    log, tasks = publishing_log.c, publishing_tasks.c
    with reading(engine) as connection:
        lines = pd.DataFrame(
            connection.execute(
                sa.select(
                    tasks.project_id, log.action, sa.func.count().label("number"), sa.func.max(log.id).label("last")
                )
                .join(publishing_tasks, tasks.id == log.task_id)
                .where(log.created_at >= hour, log.created_at < hour + _HOUR)
                .group_by(tasks.project_id, log.action)
            ).all(),
            columns=["project_id", "action", "number", "last"],
        )
        ids = list(connection.scalars(sa.select(projects.c.id).order_by(projects.c.id)))
    counted = lines[lines["action"].isin(list(_COUNTED))].assign(what=lambda frame: frame["action"].map(_COUNTED))
    table = (
        counted.pivot_table(index="project_id", columns="what", values="number", aggfunc="sum")
        .reindex(index=ids, columns=list(dict.fromkeys(_COUNTED.values())))
        .fillna(0)
        .astype(int)
        .rename_axis(index="project_id", columns=None)
    )
    last = lines.groupby("project_id")["last"].max()
    now = datetime.now(timezone.utc)
    with writing(engine) as connection:
        connection.execute(sa.delete(analytics_hourly).where(analytics_hourly.c.hour == hour))
        if len(table):
            connection.execute(
                sa.insert(analytics_hourly),
                [
                    {
                        "project_id": project_id,
                        "hour": hour,
                        **{name: int(row[name]) for name in table.columns},
                        "created_at": now,
                        "last_log_id": int(last.get(project_id, 0)),
                    }
                    for project_id, row in table.iterrows()
                ],
            )
    return table.reset_index()


def stale_hours(engine: sa.Engine, *, now: datetime) -> list[datetime]:
    """The ended hours of the last week whose log has lines that their rows do not count; aware UTC, oldest first."""
    log, tasks, hourly = publishing_log.c, publishing_tasks.c, analytics_hourly.c
    this_hour = now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    with reading(engine) as connection:
        lines = connection.execute(
            sa.select(tasks.project_id, log.created_at, log.id)
            .join(publishing_tasks, tasks.id == log.task_id)
            .where(log.created_at >= this_hour - LOOK_BACK, log.created_at < this_hour)
        ).all()
        counted = {
            (row.project_id, row.hour): row.last_log_id
            for row in connection.execute(
                sa.select(hourly.project_id, hourly.hour, hourly.last_log_id).where(
                    hourly.hour >= this_hour - LOOK_BACK
                )
            )
        }
    newest: dict[tuple[str, datetime], int] = {}
    for project_id, created_at, line_id in lines:
        key = (project_id, created_at.replace(minute=0, second=0, microsecond=0))
        newest[key] = max(newest.get(key, 0), line_id)
    return sorted({hour for (project_id, hour), line in newest.items() if line > counted.get((project_id, hour), 0)})
