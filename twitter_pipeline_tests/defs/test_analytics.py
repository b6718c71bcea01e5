"""Hourly analytics: counted from the log, recomputed when something changed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.analytics.hourly import compute, stale_hours
from twitter_pipeline.defs.build import build
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Event
from twitter_pipeline.store.tables import analytics_hourly
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import carry_out, put_task, take

HOUR = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


def a_day_at_work(engine: sa.Engine) -> None:
    """Three found at noon; one posted then, one an hour later, one failed twice."""
    for name, posted in (("a.mp4", HOUR + 5 * MINUTE), ("b.mp4", HOUR + 65 * MINUTE)):
        task_id = put_task(engine, media_path=name, created_at=HOUR + MINUTE)
        take(engine, task_id, now=posted)
        carry_out(engine, task_id, Event.POST, now=posted)
    task_id = put_task(engine, media_path="c.mp4", created_at=HOUR + MINUTE)
    for minute in (10, 20):
        take(engine, task_id, holder=f"run-{minute}", now=HOUR + minute * MINUTE)
        carry_out(engine, task_id, Event.FAIL, now=HOUR + minute * MINUTE)


def rows(engine: sa.Engine) -> list[tuple[datetime, int, int, int]]:
    columns = analytics_hourly.c
    with reading(engine) as connection:
        found = connection.execute(
            sa.select(columns.hour, columns.tasks_created, columns.tasks_completed, columns.tasks_failed).order_by(
                columns.hour
            )
        )
        return [tuple(row) for row in found]


def test_an_hour_counts_what_happened_in_it(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    for hour in (HOUR, HOUR + timedelta(hours=1)):
        compute(prepared, hour)
    assert rows(prepared) == [(HOUR, 3, 1, 2), (HOUR + timedelta(hours=1), 0, 1, 0)]


def test_computing_again_replaces_the_rows(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    compute(prepared, HOUR)
    compute(prepared, HOUR)
    assert rows(prepared) == [(HOUR, 3, 1, 2)]


def test_an_hour_without_anything_is_counted_as_such(prepared: sa.Engine) -> None:
    table = compute(prepared, HOUR)
    assert table.to_dict("records") == [
        {"project_id": "cats", "tasks_created": 0, "tasks_completed": 0, "tasks_failed": 0}
    ]


def test_hours_are_stale_until_computed_and_again_when_late_lines_come(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    now = HOUR + timedelta(hours=3)
    assert stale_hours(prepared, now=now) == [HOUR, HOUR + timedelta(hours=1)]
    compute(prepared, HOUR)
    assert stale_hours(prepared, now=now) == [HOUR + timedelta(hours=1)]
    put_task(prepared, media_path="late.mp4", created_at=HOUR + 59 * MINUTE)
    assert HOUR in stale_hours(prepared, now=now)


def test_the_hour_under_way_is_left_for_later(prepared: sa.Engine) -> None:
    a_day_at_work(prepared)
    assert stale_hours(prepared, now=HOUR + timedelta(minutes=59)) == []


def test_the_asset_runs_for_a_partition_and_shows_its_figures(
    prepared: sa.Engine, settings: MakeSettings, tmp_path: Path
) -> None:
    a_day_at_work(prepared)
    job = build(settings()).resolve_job_def("analyse_hour")
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        result = job.execute_in_process(instance=instance, partition_key="2026-11-20-12:00")
        assert result.success
        (event,) = result.get_asset_materialization_events()
    shown = event.materialization.metadata
    assert (shown["created"].value, shown["completed"].value, shown["failed"].value) == (3, 1, 2)


def test_the_schedule_requests_every_stale_hour(prepared: sa.Engine, settings: MakeSettings) -> None:
    a_day_at_work(prepared)
    declared = settings()
    repository = build(declared).get_repository_def()
    # Without an instance: Dagster's context would enter it twice and leave it set for the tests that follow.
    context = dg.build_schedule_context(
        scheduled_execution_time=HOUR + timedelta(hours=3, minutes=5),
        repository_def=repository,
        resources={"pipeline": Pipeline(declared)},
    )
    tick = repository.get_schedule_def("analyse_changed_hours").evaluate_tick(context)
    assert [request.partition_key for request in tick.run_requests or ()] == ["2026-11-20-12:00", "2026-11-20-13:00"]
