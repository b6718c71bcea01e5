"""Thinning in a real Dagster instance, with both kinds of storage: what stays of a run a day later, and how small."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.definitions.asset_checks.asset_check_spec import AssetCheckKey
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs import post_checks
from twitter_pipeline.defs.pipeline import tweets_key
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.retention import Pruned
from twitter_pipeline.defs.thinning import LATER, thin_on
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import run_values
from twitter_pipeline_tests.support.kept import DAY, Kept


def observed(kept: Kept) -> list[tuple[int, str, Any]]:
    """The lines of the log on the pages of the partitions."""
    records = kept.instance.fetch_observations(tweets_key("cats"), limit=100).records
    return [(record.storage_id, record.run_id, record.asset_observation) for record in records]


def checked(kept: Kept) -> list[Any]:
    """What the page of the asset says of each check."""
    found = []
    for name in post_checks.CHECKS:
        key = AssetCheckKey(tweets_key("cats"), name)
        for record in kept.instance.event_log_storage.get_asset_check_execution_history(key, limit=9):
            assert record.event is not None
            event: Any = record.event.dagster_event
            found.append((record.run_id, record.status, record.event.timestamp, event.event_specific_data))
    return found


def stored(kept: Kept) -> int:
    """Bytes of all events, and of what they say of checks."""
    storage: Any = kept.instance.event_log_storage
    with storage.index_connection() as connection:
        return sum(
            int(connection.scalar(sa.select(sa.func.sum(sa.func.length(column)))) or 0)
            for column in (SqlEventLogStorageTable.c.event, AssetCheckExecutionsTable.c.evaluation_event)
        )


def test_after_a_day_a_run_says_what_people_read_and_takes_a_part_of_the_room(kept: Kept) -> None:
    run_id = kept.post("cat")
    (before,) = kept.materialized().values()
    lines, checks = observed(kept), checked(kept)
    steps = kept.instance.get_run_step_stats(run_id)
    told, room = len(kept.instance.all_logs(run_id)), sum(path.stat().st_size for path in kept.files_of(run_id))
    took = stored(kept)
    assert kept.thin(after=timedelta(0)) is None  # not old yet
    assert len(kept.instance.all_logs(run_id)) == told

    assert kept.thin() == run_id

    (after,) = kept.materialized().values()
    assert after.asset_materialization == before.asset_materialization, "the partition's page"
    assert observed(kept) == lines
    assert len(lines) > 3
    assert checked(kept) == checks
    assert len(checks) == len(post_checks.CHECKS)
    logs = kept.instance.all_logs(run_id)
    kinds = {entry.dagster_event.event_type_value for entry in logs if entry.dagster_event is not None}
    assert kinds >= {"PIPELINE_START", "STEP_START", "STEP_SUCCESS", "ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"}
    assert "ASSET_OBSERVATION" in kinds, "the lines of the log"
    assert not kinds & {"STEP_OUTPUT", "LOADED_INPUT", "ENGINE_EVENT"}
    (shown,) = [entry for entry in logs if entry.dagster_event and entry.dagster_event.is_step_materialization]
    assert shown.asset_materialization is not None
    assert {"link", "text", "log", "picture"} <= set(shown.asset_materialization.metadata)
    assert [(one.step_key, one.status, one.start_time, one.end_time) for one in steps] == [
        (one.step_key, one.status, one.start_time, one.end_time) for one in kept.instance.get_run_step_stats(run_id)
    ]
    assert stored(kept) < took * 3 / 4
    if kept.world.settings.database_url is None:  # a file for each run
        assert sum(path.stat().st_size for path in kept.files_of(run_id)) < room / 6

    took = stored(kept)
    assert kept.thin(run_id) == run_id  # nothing is left to do
    assert stored(kept) == took
    kept.instance.delete_run(run_id)  # as the UI does
    assert kept.thin(run_id) is None  # the run it had come to is gone


def test_after_a_week_it_says_what_was_posted_and_all_lines_of_the_log(kept: Kept) -> None:
    run_id = kept.post("cat")
    (before,) = kept.materialized().values()
    lines, checks = observed(kept), checked(kept)
    kept.thin()
    took, room = stored(kept), sum(path.stat().st_size for path in kept.files_of(run_id))
    assert kept.thin(age=LATER) is None  # not a week old

    assert kept.thin(age=LATER, after=8 * DAY) == run_id

    (after,) = kept.materialized().values()
    was, now = before.asset_materialization, after.asset_materialization
    assert was is not None
    assert now is not None
    assert {name: said for name, said in was.metadata.items() if name != "larger_picture"} == now.metadata
    assert len(now.metadata) < len(was.metadata)
    assert now.tags == was.tags
    assert observed(kept) == lines
    assert checked(kept) == checks
    logs = kept.instance.all_logs(run_id)
    kinds = [entry.dagster_event.event_type_value for entry in logs if entry.dagster_event is not None]
    told = ["PIPELINE_START", *["ASSET_OBSERVATION"] * len(lines), "ASSET_MATERIALIZATION", "PIPELINE_SUCCESS"]
    told += ["STEP_SUCCESS"] * 4
    assert sorted(kinds) == sorted(told)
    stats: Any = kept.instance.get_run_stats(run_id)
    assert stats.end_time > stats.start_time
    assert stored(kept) < took
    if kept.world.settings.database_url is None:
        assert sum(path.stat().st_size for path in kept.files_of(run_id)) < room
    assert kept.prune() == Pruned(1, whole=True)
    assert kept.runs() == set()


def test_a_run_that_failed_keeps_all_that_it_said(kept: Kept) -> None:
    kept.world.sandbox.fault("POST /2/media/upload/initialize", "status", status=400)
    run_id = kept.post("cat")
    before = [entry.to_json() for entry in kept.instance.all_logs(run_id)]
    assert kept.thin() == run_id
    assert kept.thin(age=LATER, after=8 * DAY) == run_id
    assert [entry.to_json() for entry in kept.instance.all_logs(run_id)] == before
    assert values(kept), "a part of it can be re-executed"


def test_what_ops_handed_to_each_other_goes_with_the_events_that_say_so(kept: Kept) -> None:
    kept.post("cat")
    assert values(kept)
    kept.thin()
    assert values(kept) == []


def values(kept: Kept) -> list[str]:
    with reading(kept.world.engine) as connection:
        return list(connection.scalars(sa.select(run_values.c.step)))


def test_thinning_ends_in_time_and_goes_on_after_the_last_run(kept: Kept) -> None:
    first, second = kept.post("cat"), kept.post("dog")
    assert kept.thin(seconds=-1) is None
    assert kept.thin(first) == second
    assert len(kept.instance.all_logs(first)) > len(kept.instance.all_logs(second))


def thinned_on(kept: Kept, cursor: str, *, after: timedelta = 2 * DAY, seconds: float = 60) -> str:
    now, until = utc_now() + after, time.monotonic() + seconds
    return thin_on(kept.instance, kept.world.engine, cursor, now=now, until=until)


def test_what_was_told_outside_runs_is_told_in_fewer_bytes_and_says_the_same(kept: Kept) -> None:
    kept.world.put("cat.mp4", title="cat")
    kept.world.scan()
    relay_outside(kept.instance, kept.world.engine, "cats", now=utc_now())
    lines, took = observed(kept), stored(kept)
    assert [line[1] for line in lines] == [""]
    assert thinned_on(kept, "", after=timedelta(0)) == thinned_on(kept, "", seconds=-1) == "|0|"
    assert stored(kept) == took

    # A storage that was thrown away had counted further.
    assert thinned_on(kept, "|1000|") == f"|{lines[0][0]}|"
    assert observed(kept) == lines
    assert stored(kept) < took


def test_what_an_older_version_thinned_less_is_thinned_once_more(kept: Kept) -> None:
    first, second = kept.post("cat"), kept.post("dog")
    told = len(kept.instance.all_logs(first))
    assert thinned_on(kept, f"{first}|0|").startswith(f"{second}|")
    assert len(kept.instance.all_logs(first)) == told
    assert thinned_on(kept, first).startswith(f"{second}|")
    assert len(kept.instance.all_logs(first)) < told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the other has no file a run
def test_a_packed_file_is_one_that_dagster_writes_to_and_migrates(kept: Kept) -> None:
    run_id = kept.post("cat")
    kept.thin()
    kept.instance.report_engine_event("said later", run_id=run_id, job_name="publish_cats")
    events: Any = kept.instance.event_log_storage
    path = events.path_for_shard(run_id)
    with closing(sqlite3.connect(path)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert tables == {"event_logs", "asset_event_tags", "alembic_version"}
        # As if it were of long ago: the migrations since then run over it.
        database.execute("UPDATE alembic_version SET version_num = '5e139331e376'")
        database.commit()
    with dg.DagsterInstance.from_ref(kept.instance.get_ref()) as later:
        storage: Any = later.event_log_storage
        storage.upgrade()
        said = [entry.message for entry in later.all_logs(run_id)]
    assert said[-1] == "said later"
    assert len(said) > 10
