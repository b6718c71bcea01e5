"""Retention in a real Dagster instance, with both kinds of storage: old runs go, what was posted stays so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.runs.schema import RunTagsTable

from twitter_pipeline.cli.up.instance import make_storage_schema, storage_url
from twitter_pipeline.defs.build import build
from twitter_pipeline.defs.io import run_values
from twitter_pipeline.defs.pipeline import Pipeline, tweets_key
from twitter_pipeline.defs.register import register
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.retention import Pruned, prune, retention_sensor
from twitter_pipeline.defs.thinning import thin
from twitter_pipeline.publishing.session import utc_now
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks
from twitter_pipeline_tests.support.world import MakeWorld, World

#: Later than anything here is kept.
LATER = timedelta(days=91)
DAY = timedelta(days=1)


class Kept:
    """A project and Dagster's storage beside it."""

    def __init__(self, world: World, instance: dg.DagsterInstance, folder: Path) -> None:
        self.world = world
        self.instance = instance
        self.folder = folder
        self._job = build(world.settings).resolve_job_def("publish_cats")

    def post(self, name: str, **words: Any) -> str:
        """Post a clip in a run of Dagster's, in this process; the run's id."""
        self.world.put(f"{name}.mp4", title=name, **words)
        self.world.scan()
        register(self.instance, self.world.engine, "cats", now=utc_now())
        key = self.world.task_of(f"{name}.mp4").partition_key
        return self._job.execute_in_process(partition_key=key, instance=self.instance, raise_on_error=False).run_id

    def prune(self, *, after: timedelta = LATER, **changes: Any) -> Pruned:
        return prune(self.instance, self.world.engine, self.world.settings, now=utc_now() + after, **changes)

    def runs(self) -> set[str]:
        return {run.run_id for run in self.instance.get_runs()}

    def materialized(self) -> dict[str, dg.EventLogRecord]:
        """The posted partitions, each with the record that says so."""
        found = {}
        for key in self.instance.get_materialized_partitions(tweets_key("cats")):
            wanted = dg.AssetRecordsFilter(tweets_key("cats"), asset_partitions=[key])
            (found[key],) = self.instance.fetch_materializations(wanted, limit=1).records
        return found

    def files_of(self, run_id: str) -> list[Path]:
        return [path for path in self.folder.rglob("*") if run_id in path.name]

    def told_of(self, run_id: str) -> int:
        """Rows of Dagster's storage that name the run."""
        tables = (SqlEventLogStorageTable, AssetCheckExecutionsTable)
        storage: Any = self.instance.event_log_storage
        with storage.index_connection() as connection:
            found = sum(
                len(connection.execute(sa.select(table.c.id).filter_by(run_id=run_id)).all()) for table in tables
            )
        runs: Any = self.instance.run_storage
        with runs.connect() as connection:
            return found + len(connection.execute(sa.select(RunTagsTable.c.key).filter_by(run_id=run_id)).all())

    def lines(self) -> int:
        with reading(self.world.engine) as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(publishing_log)) or 0)


@pytest.fixture
def kept(world: MakeWorld, tmp_path: Path) -> Iterator[Kept]:
    here = world(stable_for="0 s", max_retries=0)
    folder = tmp_path / "dagster"
    folder.mkdir()
    overrides: dict[str, Any] = {}
    if here.settings.database_url is not None:
        make_storage_schema(here.settings, here.engine)
        overrides["storage"] = {"postgres": {"postgres_url": storage_url(here.settings)}}
    with dg.instance_for_test(overrides, temp_dir=str(folder)) as instance:
        yield Kept(here, instance, folder)


def test_old_runs_go_with_all_that_is_theirs_and_what_was_posted_stays_materialized(kept: Kept) -> None:
    posted = kept.post("cat")
    (before,) = kept.materialized().values()
    lines = kept.lines()
    assert before.run_id == posted
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
    assert "picture" in was.metadata
    assert "picture" not in now.metadata
    assert kept.lines() == lines
    assert kept.prune() == Pruned(0, whole=True)
    assert len(kept.instance.fetch_materializations(tweets_key("cats"), limit=9).records) == 1


def thinned(kept: Kept, last: str | None = None, *, after: timedelta = 2 * DAY, seconds: float = 60) -> str | None:
    return thin(kept.instance, last, now=utc_now() + after, until=time.monotonic() + seconds)


def test_after_a_day_a_run_says_what_people_read_and_takes_a_part_of_the_room(kept: Kept) -> None:
    run_id = kept.post("cat")
    (before,) = kept.materialized().values()
    observed = kept.instance.fetch_observations(tweets_key("cats"), limit=100).records
    told, room = len(kept.instance.all_logs(run_id)), sum(path.stat().st_size for path in kept.files_of(run_id))
    assert thinned(kept, after=timedelta(0)) is None  # not old yet
    assert len(kept.instance.all_logs(run_id)) == told

    assert thinned(kept) == run_id

    (after,) = kept.materialized().values()
    assert after.asset_materialization == before.asset_materialization, "the partition's page"
    assert kept.instance.fetch_observations(tweets_key("cats"), limit=100).records == observed
    logs = kept.instance.all_logs(run_id)
    kinds = {entry.dagster_event.event_type_value for entry in logs if entry.dagster_event is not None}
    assert kinds >= {"PIPELINE_START", "STEP_START", "STEP_SUCCESS", "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"}
    assert "ASSET_OBSERVATION" in kinds, "the lines of the log"
    assert not kinds & {"STEP_OUTPUT", "LOADED_INPUT", "ENGINE_EVENT"}
    (shown,) = [entry for entry in logs if entry.dagster_event and entry.dagster_event.is_step_materialization]
    assert shown.asset_materialization is not None
    assert {"link", "text", "log", "picture"} <= set(shown.asset_materialization.metadata)
    assert {status.step_key for status in kept.instance.get_run_step_stats(run_id)} >= {"cats__tweets.create_tweet"}
    if kept.world.settings.database_url is None:  # a file a run, beside what the partition's page is made of
        assert sum(path.stat().st_size for path in kept.files_of(run_id)) < room / 2

    assert thinned(kept, run_id) == run_id  # nothing is left to do
    kept.instance.delete_run(run_id)  # as the UI does
    assert thinned(kept, run_id) is None  # the run it had come to is gone


def test_a_run_that_failed_keeps_all_that_it_said(kept: Kept) -> None:
    kept.world.sandbox.fault("POST /2/media/upload/initialize", "status", status=400)
    run_id = kept.post("cat")
    before = [entry.to_json() for entry in kept.instance.all_logs(run_id)]
    assert thinned(kept) == run_id
    assert [entry.to_json() for entry in kept.instance.all_logs(run_id)] == before


def test_thinning_ends_in_time_and_goes_on_after_the_last_run(kept: Kept) -> None:
    first, second = kept.post("cat"), kept.post("dog")
    assert thinned(kept, seconds=-1) is None
    assert thinned(kept, first) == second
    assert len(kept.instance.all_logs(first)) > len(kept.instance.all_logs(second))


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


def test_the_sensor_says_what_it_did(kept: Kept) -> None:
    resources = {"pipeline": Pipeline(kept.world.settings)}
    context = dg.build_sensor_context(instance=kept.instance, resources=resources)
    assert retention_sensor.evaluate_tick(context).skip_message == "0 runs older than 90 days were deleted"


def _made_at(kept: Kept, run_id: str, time: Any) -> None:
    runs: Any = kept.instance.run_storage
    with runs.connect() as connection:
        connection.execute(
            sa.text("UPDATE runs SET create_timestamp = :time WHERE run_id = :run"),
            {"time": time.replace(tzinfo=None), "run": run_id},
        )
