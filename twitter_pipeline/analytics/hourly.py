"""`analytics_hourly`: the figures of each project and hour (UTC)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.analytics import figures, spans, storing
from twitter_pipeline.analytics.spans import HOUR
from twitter_pipeline.analytics.sql import hour_of
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import XPrices
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import analytics_hourly

if TYPE_CHECKING:
    import pandas as pd

#: What was written into the log longer ago is counted only when somebody asks for it.
LOOK_BACK = timedelta(days=7)


def compute(engine: sa.Engine, start: datetime, end: datetime | None = None, *, prices: XPrices) -> pd.DataFrame:
    """Count the hours of [start, end) anew for all projects and replace their rows; without `end` the one hour.

    Times are aware and on the hour. The columns of `figures.count`, one row for each project and hour.
    """
    with reading(engine) as connection:
        table = figures.count(connection, spans.hours(start, end or start + HOUR), prices=prices)
    now = utc_now()
    with writing(engine) as connection:
        storing.store(connection, analytics_hourly, ({**row, "created_at": now} for row in figures.as_rows(table)))
    return table


def read(connection: sa.Connection, start: datetime, end: datetime) -> pd.DataFrame:
    """The rows of the hours of [start, end), as they were counted last; columns: project_id, hour, FIGURES."""
    import pandas as pd

    hourly = analytics_hourly.c
    names = ("project_id", "hour", *figures.FIGURES)
    query = sa.select(*(hourly[name] for name in names)).where(hourly.hour >= start, hourly.hour < end)
    rows = connection.execute(query.order_by(hourly.hour, hourly.project_id))
    table = pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(names))
    table["hour"] = pd.to_datetime(table["hour"], utc=True)
    return table


def stale_hours(engine: sa.Engine, *, now: datetime) -> list[datetime]:
    """The ended hours of which the log of the last week has lines that their rows do not count; aware UTC, oldest
    first. A post that was only found now makes the hour stale in which it was made."""
    hourly = analytics_hourly.c
    this_hour = now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    with reading(engine) as connection:
        ids = figures.project_ids(connection)
        newest = figures.newest_lines(connection, this_hour - LOOK_BACK, this_hour, hour_of, ids)
        oldest = min((hour for _, hour in newest), default=this_hour)
        counted = {
            (row.project_id, row.hour): row.last_log_id
            for row in connection.execute(
                sa.select(hourly.project_id, hourly.hour, hourly.last_log_id).where(hourly.hour >= oldest)
            )
        }
    return sorted({hour for (project_id, hour), line in newest.items() if line > counted.get((project_id, hour), -1)})
