"""Dagster's storage in PostgreSQL, as dagster.yaml names it."""

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.events import DagsterEventType

from twitter_pipeline.launching import storage
from twitter_pipeline_tests.support.postgres import PostgresServer

HOURS = dg.HourlyPartitionsDefinition(start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), timezone="UTC")
MANY = 300
PLANNED = "ASSET_MATERIALIZATION_PLANNED"


@dg.asset(
    partitions_def=HOURS,
    check_specs=[dg.AssetCheckSpec("right", asset="figures")],
)
def figures(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    if context.run.tags.get("fails"):
        raise dg.Failure("as told", allow_retries=False)
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="right", passed=True)])


def test_what_a_run_plans_is_written_at_once_and_is_what_dagster_writes(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    keys = HOURS.get_partition_keys()[:MANY]
    tags = {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[-1]}
    job = dg.Definitions(assets=[figures], jobs=[dg.define_asset_job("count", [figures])]).resolve_job_def("count")
    ours = {"module": storage.__name__, "class": "PlannedAtOnce"}
    seen: dict[str, Any] = {}
    for name in ("ours", "dagsters"):
        connections: list[object] = []
        with postgres.database(migrated=False) as url:
            config = {"postgres_url": url}
            used = {"custom": {**ours, "config": config}} if name == "ours" else {"postgres": config}
            with dg.instance_for_test(temp_dir=str(tmp_path), overrides={"storage": used}) as instance:
                failed = job.execute_in_process(instance=instance, tags={**tags, "fails": "yes"}, raise_on_error=False)

                def note(*_: object, seen: list[object] = connections) -> None:
                    seen.append(None)

                sa.event.listen(sa.pool.Pool, "connect", note)
                run = job.execute_in_process(instance=instance, tags=tags)
                sa.event.remove(sa.pool.Pool, "connect", note)
                logs = instance.all_logs(run.run_id, of_type=DagsterEventType(PLANNED))
                seen[name] = {
                    "planned": [entry.get_dagster_event().partition for entry in logs],
                    "made": instance.get_materialized_partitions(figures.key) == set(keys),
                    "last run": instance.get_latest_planned_materialization_info(figures.key).run_id == run.run_id,  # type: ignore[union-attr]
                    "failed": len(instance.all_logs(failed.run_id, of_type=DagsterEventType(PLANNED))),
                    "check": [
                        one.partition
                        for one in instance.event_log_storage.get_asset_check_execution_history(
                            dg.AssetCheckKey(figures.key, "right"), limit=9
                        )
                    ],
                }
                seen[f"{name} connected"] = len(connections)
    assert seen["ours"] == seen["dagsters"]
    assert seen["ours"]["planned"] == keys
    assert seen["ours"]["made"]
    assert seen["ours connected"] < 100 < MANY < seen["dagsters connected"]
