"""Days of the project's time zone, also those on which clocks are changed; weekdays and hours of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from twitter_pipeline.analytics import best_hours, daily, figures, hourly, spans
from twitter_pipeline.config import XPrices
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import analytics_daily
from twitter_pipeline_tests.analytics.happenings import MINUTE, ONE, adopt, put
from twitter_pipeline_tests.conftest import MakeSettings

PRICES = XPrices()
BERLIN = "Europe/Berlin"


def at(zone: str, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", date(2026, 10, 25), 24),
        (BERLIN, date(2026, 10, 24), 24),
        (BERLIN, date(2026, 10, 25), 25),
        (BERLIN, date(2026, 3, 29), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Asia/Kolkata", date(2026, 10, 25), 24),
        # There was no midnight: clocks went from 23:59 to 1.
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
    ],
)
def test_a_day_is_as_long_as_the_zone_says_and_the_next_begins_where_it_ends(
    zone: str, day: date, hours: float
) -> None:
    start, end = spans.bounds(day, ZoneInfo(zone))
    assert (end - start) / ONE == hours
    assert spans.bounds(day + timedelta(days=1), ZoneInfo(zone))[0] == end


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23)], ids=["clocks back", "clocks on"]
)
def test_on_a_day_of_25_or_23_hours_a_post_each_hour_makes_so_many(
    prepared: sa.Engine, settings: MakeSettings, day: date, hours: int
) -> None:
    project = settings(time_zone=BERLIN).projects[0]
    start, end = spans.bounds(day, project.zone)
    for number in range(-1, hours + 1):  # one before and one after, which are not its
        put(prepared, start + number * ONE, start + number * ONE + MINUTE)
    (row,) = figures.as_rows(daily.compute(prepared, [project], day, prices=PRICES))
    assert (row["hours"], row["tasks_created"], row["tasks_completed"]) == (hours, hours, hours)
    assert row["cost"] == pytest.approx(hours * 0.015)
    by_hour = hourly.compute(prepared, start, end, prices=PRICES)
    assert len(by_hour) == hours
    assert by_hour[[*figures.COUNTS]].sum().tolist() == [row[name] for name in figures.COUNTS]


def test_days_begin_half_past_where_the_zone_does(prepared: sa.Engine, settings: MakeSettings) -> None:
    project = settings(time_zone="Asia/Kolkata").projects[0]
    put(prepared, at("Asia/Kolkata", 2026, 11, 20, 0, 1))
    put(prepared, at("Asia/Kolkata", 2026, 11, 19, 23, 59))
    days = [date(2026, 11, 19), date(2026, 11, 20)]
    table = daily.compute(prepared, [project], *days, prices=PRICES)
    assert table["tasks_created"].tolist() == [1, 1]
    now = datetime(2026, 11, 22, tzinfo=timezone.utc)
    assert daily.stale_days(prepared, [project], now=now) == [], "the hour that both have a part in"


def test_a_day_is_stale_once_it_has_ended_in_the_projects_zone_and_again_with_late_data(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    project = settings(time_zone="America/New_York").projects[0]
    task_id = put(prepared, at("America/New_York", 2026, 11, 19, 22))
    midnight = at("America/New_York", 2026, 11, 20, 0)
    assert daily.stale_days(prepared, [project], now=midnight - MINUTE) == []
    assert daily.stale_days(prepared, [project], now=midnight + MINUTE) == [date(2026, 11, 19)]
    daily.compute(prepared, [project], date(2026, 11, 19), prices=PRICES)
    assert daily.stale_days(prepared, [project], now=midnight + MINUTE) == []
    adopt(prepared, task_id, found=midnight + 3 * ONE, posted=midnight - MINUTE)
    assert daily.stale_days(prepared, [project], now=midnight + 5 * ONE) == [date(2026, 11, 19)]
    daily.compute(prepared, [project], date(2026, 11, 19), prices=PRICES)
    with reading(prepared) as connection:
        assert connection.scalars(sa.select(analytics_daily.c.tasks_completed)).all() == [1]


def test_the_best_hours_are_those_of_the_projects_clocks(prepared: sa.Engine, settings: MakeSettings) -> None:
    """Three posts at 18 o'clock of a Sunday in Berlin, before and after clocks went back; one at 9 on a Monday."""
    zone = settings(time_zone=BERLIN).projects[0].zone
    for day in (18, 25, 25):
        put(prepared, at(BERLIN, 2026, 10, day, 17), at(BERLIN, 2026, 10, day, 18, 30))
    put(prepared, at(BERLIN, 2026, 10, 26, 8), at(BERLIN, 2026, 10, 26, 9))
    start, end = best_hours.window(datetime(2026, 11, 1, tzinfo=timezone.utc))
    with reading(prepared) as connection:
        table = figures.count(connection, spans.hours(start, end), prices=PRICES)
    shaped = best_hours.shape(table, zone)
    assert figures.as_rows(shaped) == [
        {"weekday": 6, "hour": 18, "posts": 3, "failed": 0, "went_out": 1.0},
        {"weekday": 0, "hour": 9, "posts": 1, "failed": 0, "went_out": 1.0},
    ]
