"""A project and a real Dagster storage beside it, of either kind: what its runs leave there, and what goes again."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.runs.schema import RunTagsTable

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.build import build
from twitter_pipeline.defs.pipeline import tweets_key
from twitter_pipeline.defs.register import register
from twitter_pipeline.defs.retention import Pruned, prune
from twitter_pipeline.defs.thinning import AFTER, thin
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_log
from twitter_pipeline_tests.support.world import World

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

    def thin(
        self, last: str | None = None, *, after: timedelta = 2 * DAY, seconds: float = 60, age: timedelta = AFTER
    ) -> str | None:
        """Thin the runs after `last` that are of that age then; the last one thinned."""
        until = time.monotonic() + seconds
        return thin(self.instance, self.world.engine, last, age=age, now=utc_now() + after, until=until)

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
