"""Retention in a real Dagster instance, with both kinds of storage: old runs go, what was posted stays so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.io import run_values
from twitter_pipeline.defs.packing import pack_index
from twitter_pipeline.defs.pipeline import Pipeline, media_items_key, tweets_key
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.retention import Pruned, retention_sensor
from twitter_pipeline.store import gemini, log
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import gemini_answers, publishing_tasks
from twitter_pipeline_tests.support.kept import DAY, LATER, Kept


def test_old_runs_go_with_all_that_is_theirs_and_what_was_posted_stays_materialized(kept: Kept) -> None:
    posted = kept.post("cat")
    (before,) = kept.materialized().values()
    lines = kept.lines()
    assert before.run_id == posted
    assert len(kept.instance.fetch_materializations(media_items_key("cats"), limit=9).records) == 1
    assert kept.told_of(posted) > 10
    assert kept.files_of(posted)

    assert kept.prune(after=LATER - 2 * DAY) == Pruned(0, whole=True)  # not old yet
    assert kept.prune() == Pruned(1, whole=True)

    assert kept.runs() == set()
    assert kept.told_of(posted) == 0
    assert kept.files_of(posted) == []
    with reading(kept.world.engine) as connection:
        assert connection.execute(sa.select(run_values)).all() == []
    (after,) = kept.materialized().values()
    was, now = before.asset_materialization, after.asset_materialization
    assert was is not None
    assert now is not None
    assert (after.run_id, now.tags["dagster/data_version"]) == ("", was.tags["dagster/data_version"])
    assert {name: now.metadata[name] for name in ("link", "text")} == {
        name: was.metadata[name] for name in ("link", "text")
    }
    assert set(now.metadata) == {"link", "text", "posted_at", "account", "media", "materialized", "pruned"}
    assert kept.instance.fetch_materializations(media_items_key("cats"), limit=9).records == []
    assert kept.lines() == lines
    assert kept.prune() == Pruned(0, whole=True)
    assert len(kept.instance.fetch_materializations(tweets_key("cats"), limit=9).records) == 1


def test_old_answers_of_gemini_go_with_the_runs(kept: Kept) -> None:
    kept.post("cat")
    with writing(kept.world.engine) as connection:
        begun = gemini.begin(
            connection,
            kept.world.task().id,
            key=gemini.Key("what was asked", ""),
            model="gemini",
            by="run",
            budget=1,
            again=frozenset(),
            patience=DAY,
            now=utc_now(),
        )
    assert isinstance(begun, gemini.Begun)
    for after, left in ((LATER - 2 * DAY, 1), (LATER, 0)):
        kept.prune(after=after)
        with reading(kept.world.engine) as connection:
            assert len(connection.execute(sa.select(gemini_answers)).all()) == left


def test_an_item_posted_anew_in_a_younger_run_keeps_that_run(kept: Kept) -> None:
    first = kept.post("cat")
    key = kept.world.task().partition_key
    again = kept._job.execute_in_process(partition_key=key, instance=kept.instance).run_id
    _made_at(kept, first, utc_now() - LATER)

    assert kept.prune(after=timedelta(0)) == Pruned(1, whole=True)
    assert kept.runs() == {again}
    assert kept.materialized()[key].run_id == again
    assert kept.world.posted_texts() == ["cat"]


def test_a_run_that_the_reaper_has_yet_to_judge_stays(kept: Kept) -> None:
    run_id = kept.post("cat")
    with writing(kept.world.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(status=Status.RUNNING.value, run_id=run_id))
    assert kept.prune() == Pruned(0, whole=True)
    assert kept.runs() == {run_id}


def test_a_tick_ends_in_time_and_the_next_goes_on(kept: Kept) -> None:
    runs = {kept.post("cat"), kept.post("dog")}
    assert kept.prune(time_box=timedelta(seconds=-1)) == Pruned(0, whole=False)
    assert kept.runs() == runs
    assert kept.prune() == Pruned(2, whole=True)


@pytest.mark.parametrize(
    "dies_in", ["delete_events_for_run", "report_runless_asset_event", "delete_logs", "delete_run"]
)
def test_whatever_stops_it_the_next_tick_goes_on(kept: Kept, monkeypatch: pytest.MonkeyPatch, dies_in: str) -> None:
    run_id = kept.post("cat")
    key = kept.world.task().partition_key

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    owner: Any = {
        "delete_events_for_run": kept.instance.event_log_storage,
        "report_runless_asset_event": kept.instance,
        "delete_logs": kept.instance.compute_log_manager,
        "delete_run": kept.instance.run_storage,
    }[dies_in]
    with monkeypatch.context() as broken:
        broken.setattr(owner, dies_in, dies)
        with pytest.raises(KeyboardInterrupt):
            kept.prune()
    assert set(kept.materialized()) == {key}

    assert kept.prune() == Pruned(1, whole=True)
    assert set(kept.materialized()) == {key}
    assert (kept.told_of(run_id), kept.files_of(run_id)) == (0, [])
    assert len(kept.instance.fetch_materializations(tweets_key("cats"), limit=9).records) == 1


def test_lines_told_outside_runs_go_too_and_ours_stay(kept: Kept) -> None:
    kept.world.put("cat.mp4", title="cat")
    kept.world.scan()
    relay_outside(kept.instance, kept.world.engine, "cats", now=utc_now())
    observed = len(kept.instance.fetch_observations(tweets_key("cats"), limit=100).records)
    assert observed > 0
    kept.prune(after=LATER - 2 * DAY)
    assert len(kept.instance.fetch_observations(tweets_key("cats"), limit=100).records) == observed
    kept.prune()
    assert kept.instance.fetch_observations(tweets_key("cats"), limit=100).records == []
    with reading(kept.world.engine) as connection:
        assert len(log.of_task(connection, kept.world.task().id)) == observed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other tells what is told outside runs once
def test_the_second_copy_of_what_is_told_outside_runs_goes_after_a_day(kept: Kept) -> None:
    kept.world.put("cat.mp4", title="cat")
    kept.world.scan()
    relay_outside(kept.instance, kept.world.engine, "cats", now=utc_now())
    assert len(kept.instance.all_logs("")) == 1
    kept.prune(after=timedelta(hours=23))
    assert len(kept.instance.all_logs("")) == 1
    kept.prune(after=2 * DAY)
    assert kept.instance.all_logs("") == []
    assert len(kept.instance.fetch_observations(tweets_key("cats"), limit=100).records) == 1


def test_idle_ticks_go_after_some_hours_and_those_that_did_something_stay(kept: Kept) -> None:
    server = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name="twitter_pipeline")
    sensor = RemoteInstigatorOrigin(RemoteRepositoryOrigin(server, "__repository__"), "scan_cats")
    state = InstigatorState(
        sensor, InstigatorType.SENSOR, InstigatorStatus.DECLARED_IN_CODE, SensorInstigatorData(min_interval=5)
    )
    kept.instance.add_instigator_state(state)
    of_sensor = (state.instigator_origin_id, state.selector_id)

    def ticks() -> list[tuple[int, TickStatus]]:
        found = kept.instance.get_ticks(*of_sensor)
        return sorted((int(tick.tick_data.timestamp - began), tick.status) for tick in found)

    began = utc_now().timestamp()
    for seconds, status in ((0, TickStatus.SKIPPED), (1, TickStatus.SUCCESS), (7200, TickStatus.SKIPPED)):
        runs = ["a run"] if status is TickStatus.SUCCESS else None
        data = TickData(
            *(of_sensor[0], "scan_cats", InstigatorType.SENSOR, status, began + seconds, runs),
            selector_id=of_sensor[1],
        )
        kept.instance.create_tick(data)
    kept.prune(after=timedelta(hours=5))
    assert len(ticks()) == 3
    kept.prune(after=timedelta(hours=7))
    assert ticks() == [(1, TickStatus.SUCCESS), (7200, TickStatus.SKIPPED)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other packs by itself
def test_the_index_is_packed_once_a_week_while_nothing_is_posted(kept: Kept) -> None:
    events: Any = kept.instance.event_log_storage
    path, now = Path(events.path_for_shard("index")), utc_now()
    kept.post("cat")
    kept.prune()
    was = path.stat().st_size
    with writing(kept.world.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(status=Status.QUEUED.value))
    assert pack_index(kept.instance, kept.world.engine, "", now=now) == ""
    with writing(kept.world.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(status=Status.COMPLETED.value))
    assert pack_index(kept.instance, kept.world.engine, last := (now - 6 * DAY).isoformat(), now=now) == last
    assert path.stat().st_size == was

    assert pack_index(kept.instance, kept.world.engine, (now - 8 * DAY).isoformat(), now=now) == now.isoformat()

    assert path.stat().st_size < was
    assert len(kept.materialized()) == 1


def test_the_sensor_says_what_it_did_and_how_far_it_came(kept: Kept) -> None:
    run_id = kept.post("cat")
    _made_at(kept, run_id, utc_now() - 2 * DAY)
    resources = {"pipeline": Pipeline(kept.world.settings)}

    def tick(cursor: str | None) -> Any:
        return retention_sensor.evaluate_tick(
            dg.build_sensor_context(instance=kept.instance, resources=resources, cursor=cursor)
        )

    said = tick(None)
    assert said.skip_message == "0 runs older than 90 days were deleted"
    thinned, _, packed = said.cursor.partition(" ")
    assert thinned == f"{run_id}|0|"
    assert bool(packed) == (kept.world.settings.database_url is None)
    assert tick(said.cursor).cursor == said.cursor


def _made_at(kept: Kept, run_id: str, time: Any) -> None:
    runs: Any = kept.instance.run_storage
    with runs.connect() as connection:
        connection.execute(
            sa.text("UPDATE runs SET create_timestamp = :time WHERE run_id = :run"),
            {"time": time.replace(tzinfo=None), "run": run_id},
        )
