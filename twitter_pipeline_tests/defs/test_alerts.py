"""Alerts in Dagster: the sensor that starts no run, and runs that failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from twitter_pipeline.alerting import keeping
from twitter_pipeline.alerting.keeping import Alert
from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs import alerts as layer
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.alerting.receivers import Webhook, webhook
from twitter_pipeline_tests.support.dagster_api import REPOSITORY
from twitter_pipeline_tests.support.items import put_task, read_task, take
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


@pytest.fixture
def told(world: MakeWorld, hook: Webhook) -> World:
    return world(top={"alerts": {"urls": [hook.url()], "disk_free_percent": 0}})


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def open_ones(world: World) -> list[Alert]:
    with reading(world.engine) as connection:
        return keeping.listing(connection)


def tick(world: World, instance: dg.DagsterInstance) -> str:
    return layer.look(Pipeline(world.settings), instance)


def add_run(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
    run = instance.add_run(dg.DagsterRun(job_name=job, status=status, tags=tags))
    return run


def test_a_tick_tells_what_needs_a_person(told: World, instance: dg.DagsterInstance, hook: Webhook) -> None:
    put_task(told.engine, Status.FAILED, error_message="no", updated_at=utc_now())
    assert tick(told, instance) == "1 open; 1 messages sent"
    assert tick(told, instance) == "1 open; 0 messages sent"
    assert hook.titles == ["cats: 1 item failed"]


def test_runs_that_failed_are_one_alert_a_job_until_one_succeeds(told: World, instance: dg.DagsterInstance) -> None:
    pipeline = Pipeline(told.settings)
    for why in ("the disk was full", "Permission denied"):
        run = add_run(instance, "analyse_hour", dg.DagsterRunStatus.FAILURE)
        layer.failed(pipeline, run, why)
    (alert,) = open_ones(told)
    assert (alert.cause, alert.count) == ("run:analyse_hour", 2)
    assert "Permission denied" in alert.message
    assert alert.link == f"{told.settings.dagster.url}/runs/{run.run_id}"
    tick(told, instance)
    assert len(open_ones(told)) == 1
    # Dagster's databases keep the whole seconds of their own clock.
    wait_for(lambda: utc_now() > alert.last_at + timedelta(seconds=1.1), 5, "the next second")
    add_run(instance, "analyse_hour", dg.DagsterRunStatus.SUCCESS)
    add_run(instance, "publish_cats", dg.DagsterRunStatus.SUCCESS)
    tick(told, instance)
    assert open_ones(told) == []


def test_a_run_that_had_taken_its_item_is_told_as_the_items(told: World, instance: dg.DagsterInstance) -> None:
    pipeline = Pipeline(told.settings)
    key = read_task(told.engine, task_id := put_task(told.engine)).partition_key
    tags = {"dagster/partition": key}
    layer.failed(pipeline, add_run(instance, "publish_cats", dg.DagsterRunStatus.FAILURE, **tags), "no database")
    (alert,) = open_ones(told)
    assert (alert.cause, alert.project_id) == ("run:publish_cats", "cats")
    run = add_run(instance, "publish_cats", dg.DagsterRunStatus.FAILURE, **tags)
    take(told.engine, task_id, holder=run.run_id)
    layer.failed(pipeline, run, "X refused it")
    (alert,) = open_ones(told)
    assert alert.count == 1


def test_dagster_hands_a_failed_run_to_the_sensor(told: World, instance: dg.DagsterInstance) -> None:
    """Its own machinery: a job that fails, and the sensor's evaluation of what happened since."""

    @dg.op
    def breaks() -> None:
        raise RuntimeError("it is broken")

    @dg.job
    def figures() -> None:
        breaks()

    ended = figures.execute_in_process(instance=instance, raise_on_error=False)
    context = dg.build_run_status_sensor_context(
        sensor_name="failed_runs",
        dagster_instance=instance,
        dagster_run=ended.dagster_run,
        dagster_event=next(event for event in ended.all_events if event.event_type_value == "PIPELINE_FAILURE"),
    ).for_run_failure()
    layer.failed_runs(context, pipeline=Pipeline(told.settings))
    (alert,) = open_ones(told)
    assert alert.cause == "run:figures"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_in_a_running_dagster_both_tick_and_start_no_run(stack: Stack) -> None:
    def ticks(name: str) -> list[tuple[str, str | None]]:
        answer = stack.dagster.ask(
            """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { sensorState {
                 ticks(limit: 5) { status skipReason error { message } runIds } } } } }""",
            s={**REPOSITORY, "sensorName": name},
        )
        found = answer["sensorOrError"]["sensorState"]["ticks"]
        assert [tick["error"] for tick in found if tick["error"]] == []
        assert [tick["runIds"] for tick in found if tick["runIds"]] == []
        return [(tick["status"], tick["skipReason"]) for tick in found if tick["status"] != "STARTED"]

    (first, *_) = wait_for(lambda: ticks("alerts"), 90, "a tick")
    assert first[0] == "SKIPPED"
    assert "messages sent" in str(first[1])
    assert wait_for(lambda: ticks("failed_runs"), 90, "a tick")
