"""`best_hours`: how posting went by weekday and hour of the project's time zone.

It shows when posts went out and how often an item failed then. It does not show when people look: X's figures of that
(likes, views) are not read. In a zone that is half an hour off, each hour is the whole hour of UTC nearest to it.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pandas as pd

#: How far back it looks: twelve of each weekday.
WEEKS = 12

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

WHAT_IT_SHOWS = (
    "When posts went out, and how often an item failed then. Not when people look: figures of that (likes, views) are"
    " not read from X."
)


def window(now: datetime) -> tuple[datetime, datetime]:
    """The last twelve weeks of ended hours; aware UTC."""
    end = now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
    return end - timedelta(weeks=WEEKS), end


def shape(hours: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """The hours (UTC) of one project by weekday (0: Monday) and hour of `zone`: one row for each in which there was
    something, the one with most posts first; columns: weekday, hour, posts, failed, went_out (share, 0 to 1)."""
    import pandas as pd

    local = (hours["hour"] + pd.Timedelta(minutes=30)).dt.tz_convert(zone)
    by = (
        hours.assign(weekday=local.dt.day_of_week, hour=local.dt.hour)
        .groupby(["weekday", "hour"])[["tasks_completed", "tasks_failed"]]
        .sum()
        .rename(columns={"tasks_completed": "posts", "tasks_failed": "failed"})
    )
    by = by[(by["posts"] > 0) | (by["failed"] > 0)]
    by["went_out"] = (by["posts"] / (by["posts"] + by["failed"])).round(3)
    return by.reset_index().sort_values(["posts", "failed", "weekday", "hour"], ascending=[False, True, True, True])
