"""`analytics_daily`: the figures of each project by day of its time zone.

Counted from the log and the posts like the hours, not summed up from them: a day in India begins half past an hour of
UTC, and of two hours' percentiles there is no sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from twitter_pipeline.analytics import figures
from twitter_pipeline.analytics.figures import HOUR
from twitter_pipeline.analytics.hourly import LOOK_BACK
from twitter_pipeline.config import Project, XPrices
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import analytics_daily, timeline_readings

if TYPE_CHECKING:
    import pandas as pd

ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day of a time zone begins, and when the next one does; aware UTC. 23 or 25 hours where clocks change."""
    start, end = (datetime.combine(one, time(), tzinfo=zone).astimezone(timezone.utc) for one in (day, day + ONE_DAY))
    return start, end


def count(
    connection: sa.Connection, projects: Iterable[Project], days: Sequence[date], *, prices: XPrices
) -> pd.DataFrame:
    """One row for each project and day; columns: project_id, day, hours (of that day), FIGURES, last_log_id."""
    import pandas as pd

    parts = []
    for project in projects:
        for day in days:
            start, end = bounds(day, project.zone)
            part = figures.count(connection, start, end, prices=prices, projects=[project.id])
            if start.minute or end.minute:
                # Lines are told apart by the hour: the newest of all hours that the day has a part in, or the day would
                # look stale for ever.
                whole = (start.replace(minute=0), (end + HOUR - MINUTE).replace(minute=0))
                part["last_log_id"] = figures.count(connection, *whole, prices=prices, projects=[project.id])[
                    "last_log_id"
                ]
            part.insert(1, "day", day)
            part.insert(2, "hours", (end - start) / HOUR)
            parts.append(part)
    return pd.concat(parts, ignore_index=True)


def compute(engine: sa.Engine, projects: Sequence[Project], days: Sequence[date], *, prices: XPrices) -> pd.DataFrame:
    """Count the days anew and replace their rows."""
    with reading(engine) as connection:
        table = count(connection, projects, days, prices=prices)
    now = datetime.now(timezone.utc)
    with writing(engine) as connection:
        figures.store(connection, analytics_daily, ({**row, "created_at": now} for row in figures.as_rows(table)))
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


def stale_days(engine: sa.Engine, zones: Mapping[str, ZoneInfo], *, now: datetime) -> list[date]:
    """The days that have ended, in a project's zone (and in UTC), of which the log of the last week has lines that
    their rows do not count; oldest first. `zones`: of the projects, by id."""
    daily = analytics_daily.c
    now = now.astimezone(timezone.utc)
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    newest: dict[tuple[str, date], int] = {}
    with reading(engine) as connection:
        for (project_id, hour), line in figures.newest_lines(connection, this_hour - LOOK_BACK, this_hour).items():
            if (zone := zones.get(project_id)) is None:
                continue
            # The hour may lie in two days, where a zone is half an hour off.
            for day in {moment.astimezone(zone).date() for moment in (hour, hour + HOUR - timedelta(microseconds=1))}:
                key = (project_id, day)
                newest[key] = max(newest.get(key, 0), line)
        counted = {
            (row.project_id, row.day): row.last_log_id
            for row in connection.execute(
                sa.select(daily.project_id, daily.day, daily.last_log_id).where(
                    daily.day >= min((day for _, day in newest), default=now.date())
                )
            )
        }
    return sorted(
        {
            day
            for (project_id, day), line in newest.items()
            if day < now.date()
            and bounds(day, zones[project_id])[1] <= now
            and line > counted.get((project_id, day), 0)
        }
    )
