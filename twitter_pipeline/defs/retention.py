"""Retention: Dagster's runs go after a while, posted items stay materialized, and our own log stays whole.

Nothing in Dagster prunes runs by itself, and its `delete_run` un-materializes what the run made and leaves most of its
bytes on the disk. So a sensor deletes them here, a few seconds at a time; whatever stops it, the next tick goes on.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.schema import RunTagsTable

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.duration import format_duration
from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.packing import pack_index
from twitter_pipeline.defs.pipeline import Pipeline, media_items_key
from twitter_pipeline.defs.thinning import AFTER, OVER, PIECE, thin_on
from twitter_pipeline.store import gemini
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import media_uploads, publishing_tasks, run_values

#: How long a tick may delete. A run takes a tenth of a second, half of one on a slow disk; the rest is the next tick's.
TIME_BOX = timedelta(seconds=4)
#: How often the sensor ticks, in seconds: a thousand runs a day at least, should it ever have to catch up.
EVERY = 600
#: How long ticks stay that found nothing to do, of which a project has one every five seconds. Dagster's own setting
#: knows days only.
IDLE_TICKS = timedelta(hours=6)
#: What a pruned item's page still says of its post; the rest is in its log. Pictures, the bulk of it, go with the run.
STAYS = frozenset({"link", "text", "gemini", "original_text", "posted_at", "account", "media"})
#: And of each so many characters at most.
LONGEST_KEPT = 4000

_UNDER_WAY = (Status.QUEUED.value, Status.RUNNING.value, Status.UNCONFIRMED.value)
_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Pruned:
    """What a tick deleted."""

    runs: int
    #: Whether nothing older is left.
    whole: bool


@dg.sensor(
    name="retention",
    minimum_interval_seconds=EVERY,
    default_status=dg.DefaultSensorStatus.RUNNING,
    required_resource_keys={"pipeline"},
    description="Deletes runs that are older than `retention`, and what nobody reads of those that went well a day ago."
    " Posted items stay materialized; their log stays whole.",
)
def retention_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Delete what is too old, for a few seconds, and thin what is a day old."""
    pipeline: Pipeline = context.resources.pipeline
    with without_secrets():
        pruned = prune(context.instance, pipeline.engine, pipeline.settings, now=utc_now())
        until = time.monotonic() + TIME_BOX.total_seconds()
        thinned, _, packed = (context.cursor or "").partition(" ")
        thinned = thin_on(context.instance, pipeline.engine, thinned, now=utc_now(), until=until)
        packed = pack_index(context.instance, pipeline.engine, packed, now=utc_now())
        context.update_cursor(f"{thinned} {packed}")
    age = format_duration(pipeline.settings.retention)
    rest = "" if pruned.whole else "; the next tick goes on"
    return dg.SkipReason(f"{pruned.runs} runs older than {age} were deleted{rest}")


def prune(
    instance: dg.DagsterInstance,
    engine: sa.Engine,
    settings: Settings,
    *,
    now: datetime,
    time_box: timedelta = TIME_BOX,
) -> Pruned:
    """Delete what is older than `settings.retention`, for `time_box` at most; times are aware UTC."""
    until = time.monotonic() + time_box.total_seconds()
    before = now - settings.retention
    _forget_ours(engine, before, now)
    _forget_idle_ticks(instance, now)
    runs = 0
    for run in _finished(instance, engine, before):
        if time.monotonic() > until:
            return Pruned(runs, whole=False)
        _delete(instance, engine, run.run_id)
        runs += 1
    _forget_runless(instance, before, now)
    return Pruned(runs, whole=True)


def _finished(instance: dg.DagsterInstance, engine: sa.Engine, before: datetime) -> Iterator[dg.DagsterRun]:
    """The runs that ended and began before then, oldest first, but for those the reaper has yet to judge."""
    with reading(engine) as connection:
        busy = connection.execute(sa.select(_tasks.id, _tasks.run_id).where(_tasks.status.in_(_UNDER_WAY))).all()
    tasks, runs = {str(row.id) for row in busy}, {row.run_id for row in busy}
    wanted, last = dg.RunsFilter(statuses=OVER, created_before=before), None
    while found := instance.get_runs(wanted, cursor=last, limit=PIECE, ascending=True):
        spared = [run for run in found if run.run_id in runs or run.tags.get("task_id") in tasks]
        yield from (run for run in found if run not in spared)
        # A cursor is a run that is still there.
        last = spared[-1].run_id if spared else last


def _delete(instance: dg.DagsterInstance, engine: sa.Engine, run_id: str) -> None:
    """Delete a run and all that belongs to it; the run itself last, so that it is found again after a crash."""
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        files = _files(events.path_for_shard(run_id))
        if files[-1].exists():  # or a tick that died had come further than this
            _keep_materialized(instance, run_id)
        with events.index_connection() as connection:
            events.delete_events_for_run(connection, run_id)
        for path in files:  # deleting its events would leave them as they are
            path.unlink(missing_ok=True)
    else:
        _keep_materialized(instance, run_id)
        events.delete_events(run_id)
    checks: Any = events
    with checks.index_connection() as connection:
        connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
    with suppress(FileNotFoundError):
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    with writing(engine) as connection:
        connection.execute(sa.delete(run_values).where(run_values.c.run_id == run_id))
    runs: Any = instance.run_storage
    with runs.connect() as connection:  # SQLite does not do so by itself
        connection.execute(RunTagsTable.delete().where(RunTagsTable.c.run_id == run_id))
    runs.delete_run(run_id)


def _keep_materialized(instance: dg.DagsterInstance, run_id: str) -> None:
    """Say once more, outside any run, that an item is posted, where this run is the one that says so."""
    made = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION).records
    for record in made:
        told = record.asset_materialization
        if told is None or told.partition is None or told.asset_key.path[1:] != ["tweets"]:
            continue
        wanted = dg.AssetRecordsFilter(asset_key=told.asset_key, asset_partitions=[told.partition])
        latest = instance.fetch_materializations(wanted, limit=1).records
        if not latest or latest[0].run_id != run_id:
            continue
        kept: dict[str, Any] = {
            name: value
            for name, value in told.metadata.items()
            if name in STAYS and len(str(value.value)) <= LONGEST_KEPT
        }
        kept["materialized"] = dg.MetadataValue.timestamp(record.timestamp)
        kept["pruned"] = f"its run is deleted; all that happened: twitter-pipeline log {told.partition}"
        instance.report_runless_asset_event(
            dg.AssetMaterialization(told.asset_key, partition=told.partition, metadata=kept, tags=told.tags)
        )
        _forget_found(instance, media_items_key(told.asset_key.path[0]), told.partition)


def _forget_found(instance: dg.DagsterInstance, key: dg.AssetKey, partition: str) -> None:
    """Delete that an item was found, which says no more than that it is posted."""
    events: Any = instance.event_log_storage
    of_item = SqlEventLogStorageTable.c
    with events.index_connection() as connection:
        connection.execute(
            SqlEventLogStorageTable.delete().where(
                of_item.asset_key == key.to_string(),
                of_item.dagster_event_type == dg.DagsterEventType.ASSET_MATERIALIZATION.value,
                of_item.partition == partition,
            )
        )


def _files(database: str) -> list[Path]:
    """Of an SQLite database, the one that holds it last."""
    return [Path(database + ending) for ending in ("-wal", "-shm", "-journal", "")]


def _forget_ours(engine: sa.Engine, before: datetime, now: datetime) -> None:
    """Delete what ops handed to each other, uploads that X has forgotten, and answers of Gemini that nobody needs."""
    with writing(engine) as connection:
        gemini.forget(connection, before=before, most=PIECE)
        old = sa.select(run_values.c.run_id).where(run_values.c.created_at < before).distinct().limit(PIECE)
        connection.execute(sa.delete(run_values).where(run_values.c.run_id.in_(old)))
        gone = sa.select(media_uploads.c.id).where(media_uploads.c.expires_at <= now).limit(PIECE)
        # Rows that a run is just deleting are left to it.
        connection.execute(
            sa.delete(media_uploads).where(media_uploads.c.id.in_(gone.with_for_update(skip_locked=True)))
        )


def _forget_idle_ticks(instance: dg.DagsterInstance, now: datetime) -> None:
    before = (now - IDLE_TICKS).timestamp()
    for sensor in instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
        instance.purge_ticks(sensor.instigator_origin_id, sensor.selector_id, before, [TickStatus.SKIPPED])


def _forget_runless(instance: dg.DagsterInstance, before: datetime, now: datetime) -> None:
    """Delete lines of our log that were told outside runs, as those told in runs go with them; ours stay."""
    events: Any = instance.event_log_storage
    kind, observed = SqlEventLogStorageTable.c.dagster_event_type, dg.DagsterEventType.ASSET_OBSERVATION.value
    with events.index_connection() as connection:
        _delete_runless(connection, before, kind == observed)
    if isinstance(events, SqliteEventLogStorage):  # a second copy of all of them, which nobody reads
        with events.run_connection("") as connection:
            _delete_runless(connection, now - AFTER)


def _delete_runless(connection: sa.Connection, before: datetime, *which: sa.ColumnElement[bool]) -> None:
    events = SqlEventLogStorageTable.c
    # Only the first ones are looked at: ids grow with time, and times, naive UTC on both databases, have no index.
    oldest = connection.execute(
        sa.select(events.id, events.run_id, events.timestamp).where(*which).order_by(events.id).limit(10 * PIECE)
    )
    old = [row.id for row in oldest if row.run_id == "" and row.timestamp < before.replace(tzinfo=None)]
    connection.execute(SqlEventLogStorageTable.delete().where(events.id.in_(old)))
