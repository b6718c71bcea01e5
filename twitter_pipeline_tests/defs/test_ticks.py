"""Ticks of a project's sensor in a real Dagster instance, on both databases."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs import ticks
from twitter_pipeline.defs.pipeline import Pipeline, instance_id, media_items_key, tweets_key
from twitter_pipeline.defs.register import register
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.ticks import run_states, tick
from twitter_pipeline.publishing.due import MOST_QUEUED
from twitter_pipeline.publishing.outcomes import Unknown
from twitter_pipeline.publishing.reaper import RunState
from twitter_pipeline.store import accounts, log, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import projects, publishing_log, publishing_tasks
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World

LOG = logging.getLogger("tick")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance on disk of the test's own."""
    with dg.instance_for_test(temp_dir=str(tmp_path)) as made:
        yield made


def run_tick(here: World, instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    return tick(Pipeline(here.settings), here.project, instance, LOG)


def requests(result: dg.SensorResult | dg.SkipReason) -> list[dg.RunRequest]:
    assert isinstance(result, dg.SensorResult), result
    return list(result.run_requests or ())


def partitions(here: World, instance: dg.DagsterInstance) -> list[str]:
    return list(instance.get_dynamic_partitions(f"{here.project.id}_items"))


def test_what_is_found_is_queued_with_its_partition_and_a_run_key_of_its_attempt(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    assert isinstance(run_tick(here, instance), dg.SkipReason)  # the first look

    (request,) = requests(run_tick(here, instance))

    task = here.task()
    assert request.run_key == f"{task.id}:1"
    assert request.partition_key == task.partition_key
    assert {"project": "cats", "task_id": str(task.id), "account": "sandbox", "attempt": "1"}.items() <= (
        request.tags.items()
    )
    assert (task.status, task.attempt, task.dagster_instance) == (Status.QUEUED, 1, instance_id(instance))
    assert partitions(here, instance) == [task.partition_key]


def test_the_first_tick_after_a_weekend_judges_what_is_late_before_it_plans(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s", catch_up="skip", min_interval="1 h")
    here.put(title="Cat naps")
    run_tick(here, instance)
    requests(run_tick(here, instance))
    with writing(here.engine) as connection:
        connection.execute(sa.update(projects).values(ran_until=utc_now() - timedelta(days=3)))
        missed = {"status": "pending", "attempt": 0, "scheduled_time": utc_now() - timedelta(days=1)}
        connection.execute(sa.update(publishing_tasks).values(**missed))
    run_tick(here, instance)
    assert here.task().status is Status.SKIPPED


def test_a_second_tick_requests_nothing_twice(world: MakeWorld, instance: dg.DagsterInstance) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    run_tick(here, instance)
    requests(run_tick(here, instance))
    assert isinstance(run_tick(here, instance), dg.SkipReason)


def test_a_tick_is_bounded_and_more_is_requested_only_as_runs_begin(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    for number in range(25):
        here.put(f"cat{number}.mp4", title=f"Cat {number}")
    run_tick(here, instance)
    assert len(requests(run_tick(here, instance))) == MOST_QUEUED
    assert isinstance(run_tick(here, instance), dg.SkipReason)


def test_a_tick_that_died_after_queueing_is_made_good_under_the_same_key(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    run_tick(here, instance)
    (lost,) = requests(run_tick(here, instance))
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(updated_at=utc_now() - timedelta(minutes=1)))
    (again,) = requests(run_tick(here, instance))
    assert again.run_key == lost.run_key


@pytest.mark.parametrize("chore", ["look_where_due", "scan_in_turn", "register", "tidy", "relay_outside"])
def test_runs_are_requested_whatever_else_fails_and_a_tick_without_any_says_so(
    world: MakeWorld,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    chore: str,
) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    here.scan()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk says no")

    monkeypatch.setattr(ticks, chore, broken)
    assert len(requests(run_tick(here, instance))) == 1
    assert "failed: the disk says no" in caplog.text
    with pytest.raises(RuntimeError, match="the disk says no"):
        run_tick(here, instance)
    monkeypatch.undo()
    assert isinstance(run_tick(here, instance), dg.SkipReason)
    assert partitions(here, instance) == [here.task().partition_key]


def test_what_is_due_is_taken_before_the_timelines_are_read(
    world: MakeWorld, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    here.scan()
    seen: list[Status] = []

    def look(*_: object, **__: object) -> list[str]:
        seen.append(here.task().status)
        return []

    monkeypatch.setattr(ticks, "look_where_due", look)
    requests(run_tick(here, instance))
    assert seen == [Status.QUEUED]


def test_the_sandbox_being_down_spends_nothing_and_names_the_command(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(top={"x": {}, "sandbox": {"port": 9}})
    here.put(title="Cat naps")
    result = run_tick(here, instance)
    assert isinstance(result, dg.SkipReason)
    assert "start it with: twitter-pipeline sandbox" in str(result.skip_message)
    assert here.tasks() == []


def test_a_pause_says_why_nothing_is_posted_and_how_to_go_on(world: MakeWorld, instance: dg.DagsterInstance) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", "cats", "", now=utc_now())
    run_tick(here, instance)
    result = run_tick(here, instance)
    assert isinstance(result, dg.SkipReason)
    assert "twitter-pipeline resume --project cats" in str(result.skip_message)
    assert here.task().status is Status.PENDING


def test_a_stopped_account_keeps_its_items_pending(world: MakeWorld, instance: dg.DagsterInstance) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    with writing(here.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X refused its keys")
    run_tick(here, instance)
    result = run_tick(here, instance)
    assert isinstance(result, dg.SkipReason)
    assert "X refused its keys" in str(result.skip_message)


def test_a_folder_that_is_gone_is_told_and_what_is_due_still_goes_out(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps")
    here.scan()
    here.folder.rename(here.folder.with_name("away"))
    assert len(requests(run_tick(here, instance))) == 1
    result = run_tick(here, instance)
    assert isinstance(result, dg.SkipReason)
    assert "is not there" in str(result.skip_message)
    with reading(here.engine) as connection:
        assert "is not there" in (connection.scalar(sa.select(projects.c.scan_problem)) or "")


@pytest.mark.parametrize(("kind", "becomes"), [("drop_after", Status.COMPLETED), ("drop", Status.PENDING)])
def test_what_an_account_has_sent_that_no_project_posts_with_any_more_is_settled_by_any_tick(
    world: MakeWorld, instance: dg.DagsterInstance, kind: str, becomes: Status
) -> None:
    people = {"accounts": [{"name": "cats"}, {"name": "dogs"}]}
    here = world(account="cats", top=people)
    here.put(title="Cat naps")
    here.scan()
    with writing(here.engine) as connection:
        accounts.looked_through(connection, accounts.by_name(connection, "cats").id, now=utc_now())
    here.sandbox.fault("POST /2/tweets", kind)
    here.sandbox.fault("GET /2/users/{id}/tweets", "status", status=503)
    assert isinstance(here.publish(), Unknown)
    here.sandbox.clear_faults()

    others = world(id="dogs", path="dogs", account="dogs", top=people)
    others.folder.mkdir()

    def settled() -> bool:
        run_tick(others, instance)
        return here.task().status is not Status.UNCONFIRMED

    wait_for(settled, 20, "the item to be settled")
    assert here.task().status is becomes


def test_the_first_tick_of_a_process_has_every_timeline_looked_through_again(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world()

    def looked_at() -> datetime | None:
        with reading(here.engine) as connection:
            return accounts.by_name(connection, "sandbox").looked_at

    here.looked_through()
    started = Pipeline(here.settings)
    tick(started, here.project, instance, LOG)
    assert looked_at() is None
    here.looked_through()
    tick(started, here.project, instance, LOG)
    assert looked_at() is not None
    restarted = Pipeline(here.settings)
    here.looked_through()  # as `up` does beside it
    tick(restarted, here.project, instance, LOG)
    assert looked_at() is not None


def test_every_line_of_the_log_is_told_to_dagster_once(world: MakeWorld, instance: dg.DagsterInstance) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    for _ in range(3):
        register(instance, here.engine, "cats", now=utc_now())
        relay_outside(instance, here.engine, "cats", now=utc_now())
    told = instance.fetch_observations(tweets_key("cats"), limit=10).records
    (said,) = [record.asset_observation for record in told]
    assert said is not None
    assert said.partition == here.task().partition_key
    assert "found, with its metadata in cat.json" in str(said.metadata["said"].value)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_line_whose_teller_died_is_looked_up_before_it_is_told_again(
    world: MakeWorld, instance: dg.DagsterInstance, arrived: bool
) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    if arrived:
        relay_outside(instance, here.engine, "cats", now=utc_now())
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_log).values(relayed=1))
    later = utc_now() + timedelta(minutes=5)
    relay_outside(instance, here.engine, "cats", now=later)
    relay_outside(instance, here.engine, "cats", now=later)
    assert len(instance.fetch_observations(tweets_key("cats"), limit=10).records) == 1
    with reading(here.engine) as connection:
        assert [line.relayed for line in log.of_task(connection, here.task().id)] == [2]


def test_a_new_dagster_storage_gets_partitions_and_posts_from_the_table(world: MakeWorld, tmp_path: Path) -> None:
    here = world()
    here.put("posted.mp4", title="Posted")
    here.put("waiting.mp4", title="Waiting")
    here.scan()
    here.publish(here.task_of("posted.mp4"))
    later = utc_now() + timedelta(minutes=5)
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        with dg.instance_for_test(temp_dir=str(tmp_path / name)) as instance:
            register(instance, here.engine, "cats", now=later)
            assert register(instance, here.engine, "cats", now=later) == 0
            assert len(partitions(here, instance)) == 2
            (posted,) = instance.fetch_materializations(tweets_key("cats"), limit=10).records
            task = here.task_of("posted.mp4")
            assert posted.partition_key == task.partition_key
            materialization = posted.asset_materialization
            assert materialization is not None
            assert materialization.metadata["link"].value == task.tweet_url
            assert len(instance.fetch_materializations(media_items_key("cats"), limit=10).records) == 2


def test_runs_are_judged_by_their_id_or_by_the_attempt_they_were_requested_for(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s")
    here.put("a.mp4", title="A")
    here.put("b.mp4", title="B")
    run_tick(here, instance)
    requests(run_tick(here, instance))
    first, second = here.tasks()
    assert run_states(instance, [first, second]) == [RunState.NONE, RunState.NONE]
    for status, expected in (
        (dg.DagsterRunStatus.STARTED, RunState.ALIVE),
        (dg.DagsterRunStatus.CANCELED, RunState.CANCELED),
        (dg.DagsterRunStatus.FAILURE, RunState.OVER),
    ):
        instance.add_run(
            dg.DagsterRun(
                job_name="publish_cats",
                run_id=str(uuid.uuid4()),
                status=status,
                tags={"task_id": str(first.id), "attempt": "1"},
            )
        )
        assert run_states(instance, [first, second]) == [expected, RunState.NONE]


def test_runs_carry_the_account_their_source_posts_with(world: MakeWorld, instance: dg.DagsterInstance) -> None:
    here = world(
        stable_for="0 s",
        sources=[{"type": "video", "path": "a"}, {"type": "video", "path": "b", "account": "dogs"}],
        top={"accounts": [{"name": "cats"}, {"name": "dogs"}]},
    )
    for name in ("a", "b"):
        here.put(f"{name}/{name}.mp4", title=f"Film {name}")
    run_tick(here, instance)
    launched = requests(run_tick(here, instance))
    assert sorted(request.tags["account"] for request in launched) == ["cats", "dogs"]


def test_while_nobody_has_looked_at_the_first_post_a_tick_says_so(
    world: MakeWorld, instance: dg.DagsterInstance
) -> None:
    here = world(stable_for="0 s", canary=True)
    for name in ("a", "b"):
        here.put(f"{name}.mp4", title=f"Film {name}")
    run_tick(here, instance)
    assert len(requests(run_tick(here, instance))) == 1
    result = run_tick(here, instance)
    assert isinstance(result, dg.SkipReason)
    assert "goes out first, alone; look at it then, and: twitter-pipeline approve cats" in str(result.skip_message)
