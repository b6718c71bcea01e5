"""The figures of an hour: counted from the log and the posts, recomputed when something changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.analytics import checks, figures, hourly, spans
from twitter_pipeline.config import XPrices
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import analytics_hourly, publishing_log, publishing_tasks
from twitter_pipeline_tests.analytics.happenings import HOUR, MINUTE, ONE, a_day_at_work, adopt, post, put
from twitter_pipeline_tests.support.items import carry_out, new_item, take

PRICES = XPrices()


def compute(engine: sa.Engine, start: datetime, end: datetime | None = None) -> Any:
    return hourly.compute(engine, start, end, prices=PRICES)


def rows(engine: sa.Engine, *names: str) -> list[tuple[Any, ...]]:
    columns = analytics_hourly.c
    names = names or ("hour", "tasks_created", "tasks_completed", "tasks_failed")
    with reading(engine) as connection:
        query = sa.select(*(columns[name] for name in names)).order_by(columns.hour)
        return [tuple(row) for row in connection.execute(query)]


def test_an_hour_counts_what_happened_in_it(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    for hour in (HOUR, HOUR + ONE):
        compute(prepared, hour)
    assert rows(prepared) == [(HOUR, 3, 1, 2), (HOUR + ONE, 0, 1, 0)]


def test_many_hours_at_once_are_what_each_is_by_itself(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    names = [column.name for column in analytics_hourly.c if column.name not in ("id", "created_at")]
    for number in range(-1, 4):
        compute(prepared, HOUR + number * ONE)
    one_by_one = rows(prepared, *names)
    with writing(prepared) as connection:
        connection.execute(sa.delete(analytics_hourly))
    compute(prepared, HOUR - ONE, HOUR + 4 * ONE)
    assert rows(prepared, *names) == one_by_one
    assert len(one_by_one) == 5


def test_the_cost_is_that_of_the_posts_with_and_without_a_link(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    put(prepared, HOUR, HOUR + 70 * MINUTE)
    compute(prepared, HOUR, HOUR + 2 * ONE)
    assert rows(prepared, "posts_with_link", "cost") == [(0, 0.015), (1, 0.215)]
    hourly.compute(prepared, HOUR, HOUR + 2 * ONE, prices=XPrices(post=1, post_with_link=10))
    assert rows(prepared, "cost") == [(1,), (11,)]


def test_a_thread_costs_what_its_posts_do_and_is_one_item(prepared: sa.Engine) -> None:
    post(prepared, put(prepared, HOUR), HOUR + MINUTE, has_link=True, parts=3)
    compute(prepared, HOUR, HOUR + ONE)
    assert rows(prepared, "tasks_completed", "posts_with_link", "cost") == [(1, 1, 0.23)]


def test_what_was_adopted_without_an_attempt_of_ours_costs_nothing(prepared: sa.Engine) -> None:
    adopt(prepared, put(prepared, HOUR), found=HOUR + 5 * MINUTE, posted=HOUR + MINUTE)
    compute(prepared, HOUR)
    assert rows(prepared, "tasks_completed", "cost") == [(1, 0)]


def test_seconds_are_those_that_half_and_nearly_all_posts_took_at_most(prepared: sa.Engine) -> None:
    for number in range(1, 21):
        put(prepared, HOUR, HOUR + timedelta(seconds=number, milliseconds=250))
    put(prepared, HOUR + ONE)
    compute(prepared, HOUR, HOUR + 2 * ONE)
    (first, second) = rows(prepared, "seconds_p50", "seconds_p95")
    assert first == pytest.approx((10.25, 19.25))
    assert second == (None, None)


def test_a_post_older_than_its_task_counts_and_says_nothing_of_seconds(prepared: sa.Engine) -> None:
    """The database is an older copy: its files were found again, and then the post."""
    adopt(prepared, put(prepared, HOUR + ONE), found=HOUR + 2 * ONE, posted=HOUR)
    compute(prepared, HOUR)
    assert rows(prepared, "tasks_completed", "seconds_p50") == [(1, None)]


def test_skipped_and_retried_are_counted(prepared: sa.Engine) -> None:
    task_id = put(prepared, HOUR)
    with writing(prepared) as connection:
        moves.record(connection, new_item(connection, skip_reason="it is empty"), now=HOUR)
    take(prepared, task_id, now=HOUR)
    carry_out(prepared, task_id, Event.BACK_OFF, now=HOUR, not_before=HOUR)
    take(prepared, task_id, now=HOUR)
    carry_out(prepared, task_id, Event.SKIP, now=HOUR)
    carry_out(prepared, task_id, Event.RETRY, now=HOUR)
    compute(prepared, HOUR)
    assert rows(prepared, "tasks_created", "tasks_skipped", "tasks_retried") == [(2, 2, 2)]


def test_computing_again_replaces_the_rows(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    compute(prepared, HOUR)
    compute(prepared, HOUR)
    assert rows(prepared) == [(HOUR, 3, 1, 2)]


def test_an_hour_without_anything_is_counted_as_such(prepared: sa.Engine) -> None:
    (row,) = figures.as_rows(compute(prepared, HOUR))
    assert row == {
        "project_id": "cats",
        "hour": HOUR,
        **dict.fromkeys(figures.COUNTS, 0),
        "seconds_p50": None,
        "seconds_p95": None,
        "cost": 0,
        "last_log_id": 0,
    }


def test_hours_are_stale_until_computed_and_again_when_late_lines_come(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    now = HOUR + timedelta(hours=3)
    assert hourly.stale_hours(prepared, now=now) == [HOUR, HOUR + ONE]
    compute(prepared, HOUR)
    assert hourly.stale_hours(prepared, now=now) == [HOUR + ONE]
    put(prepared, HOUR + 59 * MINUTE)
    assert HOUR in hourly.stale_hours(prepared, now=now)


def test_an_hour_of_which_nothing_is_counted_is_stale_once(prepared: sa.Engine) -> None:
    """Its partition is to be there, too; further lines of that kind change no figure."""
    task_id = put(prepared, HOUR)
    now = HOUR + 5 * ONE
    compute(prepared, HOUR)
    for minute in (1, 2):
        with writing(prepared) as connection:
            moves.note(connection, task_id, "note", Status.PENDING, "said", now=HOUR + ONE + minute * MINUTE)
        assert hourly.stale_hours(prepared, now=now) == ([HOUR + ONE] if minute == 1 else [])
        compute(prepared, HOUR + ONE)
    assert rows(prepared, "hour", "tasks_created", "last_log_id")[1] == (HOUR + ONE, 0, 0)


def test_a_post_found_late_counts_in_the_hour_it_was_made_in(prepared: sa.Engine) -> None:
    task_id = put(prepared, HOUR)
    now = HOUR + 5 * ONE
    compute(prepared, HOUR, now)
    adopt(prepared, task_id, found=HOUR + 3 * ONE, posted=HOUR + MINUTE)
    assert hourly.stale_hours(prepared, now=now) == [HOUR]
    compute(prepared, HOUR)
    assert rows(prepared)[0] == (HOUR, 1, 1, 0)
    assert hourly.stale_hours(prepared, now=now) == []


def test_the_hour_under_way_is_left_for_later(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    assert hourly.stale_hours(prepared, now=HOUR + 59 * MINUTE) == []


def test_hours_are_utcs_whatever_the_session_of_the_database_thinks(prepared: sa.Engine) -> None:
    put(prepared, HOUR + MINUTE)
    with reading(prepared) as connection:
        if prepared.dialect.name == "postgresql":
            connection.execute(sa.text("SET LOCAL TIME ZONE 'Asia/Kolkata'"))
        table = figures.count(connection, spans.hours(HOUR, HOUR + ONE), prices=PRICES)
    assert table["tasks_created"].tolist() == [1]


def test_the_log_and_the_tasks_are_held_against_each_other(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    end = HOUR + 2 * ONE
    assert checks.differences(prepared, compute(prepared, HOUR, end), HOUR, end) == []
    tasks = publishing_tasks.c
    with writing(prepared) as connection:
        line = sa.select(sa.func.min(publishing_log.c.id)).where(publishing_log.c.action == "found").scalar_subquery()
        connection.execute(sa.delete(publishing_log).where(publishing_log.c.id == line))
        connection.execute(
            sa.update(publishing_tasks).where(tasks.executed_time >= HOUR + ONE).values(status=Status.FAILED.value)
        )
    assert checks.differences(prepared, compute(prepared, HOUR, end), HOUR, end) == [
        "cats, 2026-11-20 12:00 UTC: tasks_created is 2, the tasks say 3",
        "cats, 2026-11-20 13:00 UTC: tasks_completed is 1, the tasks say 0",
    ]


def test_a_year_is_read_back_as_it_was_counted(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    counted = compute(prepared, datetime(2026, 11, 20, tzinfo=timezone.utc), HOUR + 2 * ONE)
    with reading(prepared) as connection:
        again = hourly.read(connection, datetime(2026, 11, 20, tzinfo=timezone.utc), HOUR + 2 * ONE)
    names = ["project_id", *figures.FIGURES]
    assert figures.as_rows(again[names]) == figures.as_rows(counted[names])
    assert again["hour"].tolist() == counted["hour"].tolist()
