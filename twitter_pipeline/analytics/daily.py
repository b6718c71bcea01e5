"""`analytics_daily`: the figures of each project by day of its time zone.

Counted from the log and the posts like the hours, not summed up from them: a day in India begins half past an hour of
UTC, and of two hours' percentiles there is no sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from twitter_pipeline.analytics import figures, spans, storing
from twitter_pipeline.analytics.hourly import LOOK_BACK
from twitter_pipeline.analytics.spans import HOUR
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, XPrices
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import analytics_daily, timeline_readings

if TYPE_CHECKING:
    import pandas as pd


def count(
    connection: sa.Connection, projects: Iterable[Project], first: date, last: date, *, prices: XPrices
) -> pd.DataFrame:
    """One row for each project and day, the last one included; columns: project_id, day, hours (of that day), FIGURES,
    last_log_id."""
    import pandas as pd

    parts = []
    for zone, ids in _by_zone(projects).items():
        part = figures.count(connection, spans.days(first, last, zone), prices=prices, projects=ids)
        part.insert(2, "hours", [_hours(day, zone) for day in part["day"]])
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _hours(day: date, zone: ZoneInfo) -> float:
    start, end = spans.bounds(day, zone)
    return (end - start) / HOUR


def _by_zone(projects: Iterable[Project]) -> dict[ZoneInfo, list[str]]:
    found: dict[ZoneInfo, list[str]] = {}
    for project in projects:
        found.setdefault(project.zone, []).append(project.id)
    return found


def compute(
    engine: sa.Engine, projects: Sequence[Project], first: date, last: date | None = None, *, prices: XPrices
) -> pd.DataFrame:
    """Count the days anew and replace their rows; without `last` the one day."""
    with reading(engine) as connection:
        table = count(connection, projects, first, last or first, prices=prices)
    now = utc_now()
    with writing(engine) as connection:
        storing.store(connection, analytics_daily, ({**row, "created_at": now} for row in figures.as_rows(table)))
    return table


def read(connection: sa.Connection, first: date, last: date) -> pd.DataFrame:
    """The rows of these days, the last one included, as they were counted last; columns: project_id, day, FIGURES."""
    import pandas as pd

    daily = analytics_daily.c
    names = ("project_id", "day", *figures.FIGURES)
    query = sa.select(*(daily[name] for name in names)).where(daily.day >= first, daily.day <= last)
    rows = connection.execute(query.order_by(daily.day, daily.project_id))
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(names))


def posts_read(connection: sa.Connection, first: date, last: date | None = None) -> int:
    """How many posts the readings of timelines have listed on these days (UTC): X charges for each."""
    readings = timeline_readings.c
    query = sa.select(sa.func.sum(readings.posts)).where(readings.day >= first, readings.day <= (last or first))
    return int(connection.scalar(query) or 0)


def stale_days(engine: sa.Engine, projects: Sequence[Project], *, now: datetime) -> list[date]:
    """The days that have ended, in their project's zone and in UTC, of which the log of the last week has lines that
    their rows do not count; oldest first."""
    daily = analytics_daily.c
    now = now.astimezone(timezone.utc)
    newest: dict[tuple[str, date], int] = {}
    with reading(engine) as connection:
        for zone, ids in _by_zone(projects).items():
            today = now.astimezone(zone).date()
            # What was only found now may have been posted long ago.
            days = spans.days(today - timedelta(days=400), today, zone)
            newest |= figures.newest_lines(connection, now - LOOK_BACK, spans.bounds(today, zone)[0], days.of, ids)
        counted = {
            (row.project_id, row.day): row.last_log_id
            for row in connection.execute(
                sa.select(daily.project_id, daily.day, daily.last_log_id).where(
                    daily.day >= min((day for _, day in newest), default=now.date())
                )
            )
        }
    return sorted(
        {day for (project_id, day), line in newest.items() if line > counted.get((project_id, day), -1)} - {now.date()}
    )
