"""Thinning: of a run that went well stays, after a day, what people read; after a week, the post and its log.

After a day what Dagster noted for itself goes, most of a run's bytes: values that were handed on, resources that were
made, the picture a second time. The rest is told in fewer bytes (`defs.briefly`). After a week go when its steps began,
the larger picture, and the checks among its events (they stay on the page of the asset). Of a run that failed or was
ended everything stays. With SQLite the run's file is packed (`defs.run_files`).
"""

import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from twitter_pipeline.defs.briefly import briefly, without_pictures
from twitter_pipeline.defs.pipeline import LARGER_PICTURE
from twitter_pipeline.defs.run_files import pack
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import run_values

#: How old a run is then: by that time nobody re-executes a part of it, and no sensor has yet to read of its end.
AFTER = timedelta(days=1)
#: And how old when it is thinned once more.
LATER = timedelta(days=7)
#: Runs, or events, that are read at once.
PIECE = 100
#: Bytes: PostgreSQL packs a row that is longer, to less than half as a rule. So a shorter text may take more room.
PACKED_FROM = 2_000

#: Between the parts of a cursor: the last run of a day, the last event outside runs, the last run of a week.
_AND = "|"

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
#: What goes later. That a step succeeded stays: without, its run's page calls it "not executed".
_STEPS = (
    *(_Type.RUN_ENQUEUED, _Type.RUN_STARTING, _Type.STEP_START),
    _Type.ASSET_CHECK_EVALUATION,
)
#: How a run ends.
OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_events = SqlEventLogStorageTable.c
_checks = AssetCheckExecutionsTable.c


def thin_on(instance: dg.DagsterInstance, engine: sa.Engine, cursor: str, *, now: datetime, until: float) -> str:
    """Thin what is old enough, from where `cursor` says until a time of `time.monotonic`; where it has come to."""
    run, event, old_run = (
        cursor.split(_AND) if cursor.count(_AND) == 2 else ("", "", "")
    )  # an older version thinned less
    lasts = (
        thin(instance, engine, run or None, now=now, until=until) or "",
        str(thin_runless(instance, int(event or 0), now=now, until=until)),
        thin(instance, engine, old_run or None, age=LATER, now=now, until=until) or "",
    )
    return _AND.join(lasts)


def thin(
    instance: dg.DagsterInstance,
    engine: sa.Engine,
    last: str | None,
    *,
    age: timedelta = AFTER,
    now: datetime,
    until: float,
) -> str | None:
    """Thin the runs after `last` that are of that age, until a time of `time.monotonic`; the last one thinned."""
    if last is not None and not instance.has_run(last):
        last = None
    wanted = dg.RunsFilter(statuses=OVER, created_before=now - age)
    while found := instance.get_runs(wanted, cursor=last, limit=PIECE, ascending=True):
        for run in found:
            if time.monotonic() > until:
                return last
            _thin(instance, engine, run, more=age >= LATER)
            last = run.run_id
    return last


def thin_runless(instance: dg.DagsterInstance, last: int, *, now: datetime, until: float) -> int:
    """Tell in fewer bytes what was told outside runs a day ago, from the event after `last` on; the last one told."""
    events: Any = instance.event_log_storage
    before = (now - AFTER).replace(tzinfo=None)  # naive UTC on both databases
    with events.index_connection() as connection:
        if (connection.scalar(sa.select(sa.func.max(_events.id))) or 0) < last:
            last = 0  # another storage, which counts anew
    while time.monotonic() <= until:
        with events.index_connection() as connection:
            runless = sa.and_(_events.run_id == "", _events.id > last)
            found = connection.execute(
                sa.select(_events.id, _events.timestamp).where(runless).order_by(_events.id).limit(PIECE)
            ).all()
            old = [row.id for row in found if row.timestamp < before]
            if not old:
                break
            _tell_briefly(connection, _events.event, _events.id.in_(old))
            last = old[-1]
    return last


def _thin(instance: dg.DagsterInstance, engine: sa.Engine, run: dg.DagsterRun, *, more: bool) -> None:
    events: Any = instance.event_log_storage
    went_well = run.status is dg.DagsterRunStatus.SUCCESS
    sharded = isinstance(events, SqliteEventLogStorage)
    going = (*_MACHINERY, *(_STEPS if more else ()))
    if went_well:
        kinds = _values({*going, *(_MIRRORED if sharded else ())})
        with events.index_connection() as connection:
            of_run = _events.run_id == run.run_id
            connection.execute(SqlEventLogStorageTable.delete().where(of_run, _events.dagster_event_type.in_(kinds)))
            _tell_briefly(connection, _events.event, of_run, without=LARGER_PICTURE if more else None)
            _tell_briefly(connection, _checks.evaluation_event, _checks.run_id == run.run_id)
        with writing(engine) as ours:  # for re-executing a part of it
            ours.execute(sa.delete(run_values).where(run_values.c.run_id == run.run_id))
        with suppress(FileNotFoundError):
            instance.compute_log_manager.delete_logs(prefix=[run.run_id])
    if sharded:
        path = Path(events.path_for_shard(run.run_id))
        if path.exists():
            with suppress(sqlite3.OperationalError):  # somebody looks at it: it stays as it is until its time comes
                pack(path, without=_values(going) if went_well else None)


def _values(kinds: Iterable[dg.DagsterEventType]) -> list[str]:
    return [kind.value for kind in kinds]


def _tell_briefly(
    connection: sa.Connection, column: sa.Column[str], which: sa.ColumnElement[bool], *, without: str | None = None
) -> None:
    """Store events in fewer bytes, where they take fewer, and without the picture of that name."""
    table = column.table
    postgresql = connection.dialect.name == "postgresql"
    stored = sa.func.pg_column_size(column) if postgresql else sa.func.length(sa.cast(column, sa.LargeBinary))
    query = sa.select(table.c.id, column, stored).where(which, column.is_not(None))
    for id, said, size in connection.execute(query).all():
        brief = briefly(said if without is None else without_pictures(said, without))
        length = len(brief.encode())
        if brief != said and (length < size or (postgresql and length > PACKED_FROM)):
            connection.execute(sa.update(table).where(table.c.id == id).values({column: brief}))
