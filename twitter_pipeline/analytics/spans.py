"""Time cut into hours of UTC, or into days of a time zone: how the database tells them apart, and which there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from twitter_pipeline.analytics.sql import day_at, hour_of

HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Spans:
    """The hours, or days, of [start, end)."""

    #: Of the column that says which: hour or day.
    name: str
    #: Aware UTC.
    start: datetime
    end: datetime
    #: Which one a time lies in, for the database.
    of: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[Any]]
    #: Each, in order.
    each: Sequence[Any]


def hours(start: datetime, end: datetime) -> Spans:
    """Hours of UTC; both are aware and on the hour."""
    start, end = start.astimezone(timezone.utc), end.astimezone(timezone.utc)
    number = (end - start) // HOUR
    return Spans("hour", start, end, hour_of, [start + one * HOUR for one in range(number)])


def days(first: date, last: date, zone: ZoneInfo) -> Spans:
    """Days of a time zone, the last one included."""
    each = [first + one * ONE_DAY for one in range((last - first).days + 1)]
    start, end = bounds(first, zone)[0], bounds(last, zone)[1]
    steps = _steps(start, end, zone)

    def of(when: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        *before, (_, newest) = steps
        cases = [(when < until, day_at(when, sa.literal_column(str(ahead)))) for until, ahead in before]
        behind = day_at(when, sa.literal_column(str(newest)))
        return sa.case(*cases, else_=behind) if cases else behind

    return Spans("day", start, end, of, each)


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When a day of a time zone begins, and when the next one does; aware UTC. 23 or 25 hours where clocks change."""
    start, end = (datetime.combine(one, time(), tzinfo=zone).astimezone(timezone.utc) for one in (day, day + ONE_DAY))
    return start, end


def _steps(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, int]]:
    """How far the zone's clocks are ahead of UTC, in seconds, and until when, from `start` to `end`.

    Not the database's own knowledge of zones: SQLite has none, and PostgreSQL's may be another year's.
    """

    def ahead(when: datetime) -> int:
        return round((when.astimezone(zone).utcoffset() or timedelta()).total_seconds())

    steps = []
    at = start
    while at < end:
        then = min(at + ONE_DAY, end)
        if ahead(at) != ahead(then):
            low, high = at, then
            while high - low > _SECOND:
                middle = low + (high - low) // _SECOND // 2 * _SECOND
                low, high = (middle, high) if ahead(middle) == ahead(at) else (low, middle)
            steps.append((high, ahead(at)))
        at = then
    return [*steps, (end, ahead(end - _SECOND))]
