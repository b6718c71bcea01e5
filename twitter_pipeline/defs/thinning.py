"""Thinning: a day after a run its page keeps what people read there; what Dagster noted for itself goes.

That is most of a run's bytes: values that were handed on, resources that were made, the picture a second time. Of a run
that failed or was ended everything stays. With SQLite the run's file, a good part of it empty pages, is packed.
"""

import json
import sqlite3
import time
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

#: How old a run is then: by that time nobody re-executes a part of it, and no sensor has yet to read of its end.
AFTER = timedelta(days=1)
#: Runs that are read at once.
PIECE = 100
#: Bytes: a run's file has some thirty tables and indices, most of them empty, each a page at least.
PAGE = 512
#: Characters: pictures with more are on the page of the partition only.
LARGE = 2_000

_Type = dg.DagsterEventType
#: What nobody reads once all went well.
_MACHINERY = (
    *(_Type.ENGINE_EVENT, _Type.RESOURCE_INIT_STARTED, _Type.RESOURCE_INIT_SUCCESS, _Type.LOGS_CAPTURED),
    *(_Type.STEP_INPUT, _Type.STEP_OUTPUT, _Type.LOADED_INPUT, _Type.HANDLED_OUTPUT),
    *(_Type.ASSET_MATERIALIZATION_PLANNED, _Type.ASSET_CHECK_EVALUATION_PLANNED),
)
#: What SQLite's index has a second time, beside the run's own file.
_MIRRORED = (
    *(_Type.RUN_ENQUEUED, _Type.RUN_STARTING, _Type.RUN_START, _Type.RUN_SUCCESS),
    _Type.ASSET_CHECK_EVALUATION,
)
_OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_events = SqlEventLogStorageTable.c


def thin(instance: dg.DagsterInstance, last: str | None, *, now: datetime, until: float) -> str | None:
    """Thin the runs after `last` that are old enough, until a time of `time.monotonic`; the last one thinned."""
    if last is not None and not instance.has_run(last):
        last = None
    wanted = dg.RunsFilter(statuses=_OVER, created_before=now - AFTER)
    while found := instance.get_runs(wanted, cursor=last, limit=PIECE, ascending=True):
        for run in found:
            if time.monotonic() > until:
                return last
            _thin(instance, run)
            last = run.run_id
    return last


def _thin(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    events: Any = instance.event_log_storage
    went_well = run.status is dg.DagsterRunStatus.SUCCESS
    sharded = isinstance(events, SqliteEventLogStorage)
    if went_well:
        kinds = [kind.value for kind in (*_MACHINERY, *(_MIRRORED if sharded else ()))]
        with events.index_connection() as connection:
            connection.execute(
                SqlEventLogStorageTable.delete().where(
                    _events.run_id == run.run_id, _events.dagster_event_type.in_(kinds)
                )
            )
        with suppress(FileNotFoundError):
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
    if sharded:
        path = Path(events.path_for_shard(run.run_id))
        if path.exists():
            with suppress(sqlite3.OperationalError):  # somebody looks at it: it stays as it is until its time comes
                _pack(path, went_well=went_well)


def _pack(path: Path, *, went_well: bool) -> None:
    """Make a run's file as small as what it says."""
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")  # in the other the size of pages cannot change
        if went_well:
            for kind in _MACHINERY:
                database.execute("DELETE FROM event_logs WHERE dagster_event_type = ?", [kind.value])
            _leave_large_pictures_to_the_partition(database)
        database.execute(f"PRAGMA page_size = {PAGE}")
        database.execute("VACUUM")


def _leave_large_pictures_to_the_partition(database: sqlite3.Connection) -> None:
    query = "SELECT id, event FROM event_logs WHERE dagster_event_type = ?"
    for id, event in database.execute(query, [_Type.ASSET_MATERIALIZATION.value]).fetchall():
        said = json.loads(event)
        made = said["dagster_event"]["event_specific_data"]["materialization"]
        made["metadata_entries"] = [one for one in made["metadata_entries"] if not _is_large_picture(json.dumps(one))]
        database.execute("UPDATE event_logs SET event = ? WHERE id = ?", [json.dumps(said), id])


def _is_large_picture(entry: str) -> bool:
    return len(entry) > LARGE and "(data:image/" in entry
