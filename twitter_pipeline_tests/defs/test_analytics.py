"""The figures as assets: what they show, their check, their schedules, and a backfill in one run."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.defs.build import build
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import analytics_daily, analytics_hourly, publishing_log, timeline_readings
from twitter_pipeline_tests.analytics.happenings import HOUR, ONE, a_day_at_work, put
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.defs.conftest import ByHand
from twitter_pipeline_tests.support.waiting import wait_for

PARTITION = "2026-11-20-12:00"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        yield instance


def run(settings: Settings, job: str, instance: dg.DagsterInstance, **how: Any) -> dg.ExecuteInProcessResult:
    result = build(settings).resolve_job_def(job).execute_in_process(instance=instance, **how)
    assert result.success
    return result


def shown(result: dg.ExecuteInProcessResult, asset: str, partition: str | None = None) -> dict[str, Any]:
    """The metadata of the materialization."""
    (event,) = [one for one in result.asset_materializations_for_node(asset) if one.partition == partition]
    return {name: value.value for name, value in event.metadata.items()}


def picture(markdown: str) -> bytes:
    (encoded,) = re.fullmatch(r"!\[chart\]\(data:image/png;base64,(.*)\)", markdown).groups()  # type: ignore[union-attr]
    assert len(markdown) < 50_000
    return base64.b64decode(encoded)


def is_a_chart(markdown: str) -> bool:
    """Whether it is a picture of its size in which something is drawn."""
    import io

    from PIL import Image

    with Image.open(io.BytesIO(picture(markdown))) as image:
        return image.size[0] == 720 and len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_an_hour_shows_its_figures_table_and_chart(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    a_day_at_work(prepared)
    result = run(settings(), "analyse_hour", instance, partition_key=PARTITION)
    metadata = shown(result, "analytics_hourly", PARTITION)
    assert {name: metadata[name] for name in ("created", "completed", "failed", "cost")} == {
        "created": 3,
        "completed": 1,
        "failed": 2,
        "cost": 0.015,
    }
    (record,) = metadata["by project"].records if hasattr(metadata["by project"], "records") else metadata["by project"]
    assert record.data["project_id"] == "cats"
    assert record.data["seconds_p50"] == 240
    assert is_a_chart(metadata["24 hours"])


def test_the_check_says_where_log_and_tasks_differ(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    a_day_at_work(prepared)
    (check,) = run(settings(), "analyse_hour", instance, partition_key=PARTITION).get_asset_check_evaluations()
    assert check.passed
    with writing(prepared) as connection:
        connection.execute(sa.delete(publishing_log).where(publishing_log.c.action == "found"))
    (check,) = run(settings(), "analyse_hour", instance, partition_key=PARTITION).get_asset_check_evaluations()
    assert not check.passed
    assert "tasks_created is 0, the tasks say 3" in str(check.metadata["differences"].value)


def test_a_backfill_is_one_run_in_which_each_hour_has_its_own_figures(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    a_day_at_work(prepared)
    tags = {
        "dagster/asset_partition_range_start": "2026-11-20-10:00",
        "dagster/asset_partition_range_end": "2026-11-20-15:00",
    }
    result = run(settings(), "analyse_hour", instance, tags=tags)
    assert len(result.asset_materializations_for_node("analytics_hourly")) == 6
    created = {hour: shown(result, "analytics_hourly", f"2026-11-20-{hour}:00")["created"] for hour in (11, 12, 13)}
    assert created == {11: 0, 12: 3, 13: 0}
    assert is_a_chart(shown(result, "analytics_hourly", PARTITION)["24 hours"])
    assert is_a_chart(shown(result, "analytics_hourly", "2026-11-20-15:00")["24 hours"])
    with reading(prepared) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(analytics_hourly)) == 6


def test_of_many_hours_only_the_last_one_has_its_chart(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    """Dagster would keep one with each of a year's."""
    a_day_at_work(prepared)
    tags = {
        "dagster/asset_partition_range_start": "2026-11-20-10:00",
        "dagster/asset_partition_range_end": "2026-11-21-11:00",
    }
    result = run(settings(), "analyse_hour", instance, tags=tags)
    assert len(result.asset_materializations_for_node("analytics_hourly")) == 26
    assert shown(result, "analytics_hourly", PARTITION) == {"created": 3, "completed": 1, "failed": 2, "cost": 0.015}
    assert is_a_chart(shown(result, "analytics_hourly", "2026-11-21-11:00")["24 hours"])


def test_a_day_shows_its_table_its_month_and_what_reading_cost(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    a_day_at_work(prepared)
    with writing(prepared) as connection:
        reading_of = {"account_id": 1, "day": HOUR.date(), "readings": 2, "posts": 7}
        connection.execute(sa.insert(timeline_readings).values(reading_of))
    result = run(settings(time_zone="Europe/Berlin"), "analyse_day", instance, partition_key="2026-11-20")
    metadata = shown(result, "analytics_daily", "2026-11-20")
    assert (metadata["created"], metadata["completed"], metadata["cost"]) == (3, 2, 0.215)
    assert (metadata["posts read of timelines"], metadata["cost of reading"]) == (7, 0.007)
    assert is_a_chart(metadata["31 days"])
    with reading(prepared) as connection:
        assert connection.scalars(sa.select(analytics_daily.c.hours)).all() == [24]


def test_the_best_hours_show_their_map_and_say_what_it_is_not(
    prepared: sa.Engine, settings: MakeSettings, instance: dg.DagsterInstance
) -> None:
    metadata = shown(run(settings(), "find_best_hours", instance), "best_hours")
    assert "Not when people look" in metadata["what it shows"]
    assert picture(metadata["cats, map"])


def requested(declared: Settings, schedule: str) -> list[tuple[str | None, str | None]]:
    """The first and the last partition of each run that a tick, fifteen hours later, asks for."""
    repository = build(declared).get_repository_def()
    # Without an instance: Dagster's context would enter it twice and leave it set for the tests that follow.
    context = dg.build_schedule_context(
        scheduled_execution_time=HOUR + timedelta(hours=15, minutes=5),
        repository_def=repository,
        resources={"pipeline": Pipeline(declared)},
    )
    tick = repository.get_schedule_def(schedule).evaluate_tick(context)
    names = [f"dagster/asset_partition_range_{end}" for end in ("start", "end")]
    return [
        (one.partition_key, one.partition_key)
        if one.partition_key
        else (one.tags.get(names[0]), one.tags.get(names[1]))
        for one in tick.run_requests or ()
    ]


def test_the_schedules_request_all_that_is_stale(prepared: sa.Engine, settings: MakeSettings) -> None:
    a_day_at_work(prepared)
    declared = settings()
    assert requested(declared, "analyse_changed_days") == [("2026-11-20", "2026-11-20")]
    assert requested(declared, "analyse_changed_hours") == [(PARTITION, "2026-11-20-13:00")], "in a row: one run"
    put(prepared, HOUR - 3 * ONE)
    for number in range(3, 11):
        put(prepared, HOUR + number * ONE)
    assert requested(declared, "analyse_changed_hours") == [
        ("2026-11-20-09:00", "2026-11-20-09:00"),
        (PARTITION, "2026-11-20-13:00"),
        ("2026-11-20-15:00", "2026-11-20-22:00"),
    ]
    for number in range(-30, 0):
        put(prepared, HOUR + number * ONE)
    assert requested(declared, "analyse_changed_hours")[:2] == [
        ("2026-11-19-06:00", "2026-11-20-05:00"),
        ("2026-11-20-06:00", "2026-11-20-13:00"),
    ], "a day's at most: each has its chart"


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_backfill_from_the_page_of_the_hours_is_one_run(by_hand: ByHand) -> None:
    hours = [f"2026-01-02-{hour:02}:00" for hour in range(24)]
    backfill = by_hand.dagster.backfill_asset("analytics_hourly", hours)
    wait_for(lambda: by_hand.dagster.backfill_status(backfill) == "COMPLETED_SUCCESS", 90, "the backfill to end")
    (run_of_all,) = by_hand.dagster.runs(**{"dagster/backfill": backfill})
    assert run_of_all["status"] == "SUCCESS"
    key = dg.AssetKey("analytics_hourly")
    assert set(hours) <= by_hand.instance.get_materialized_partitions(key)
