"""The relay: tells Dagster each line of the publishing log once, as an observation on its item's partition."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.defs.pipeline import tweets_key
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.log import Line

#: At most so many lines a tick: telling one takes Dagster about 10 ms.
LINES_A_TICK = 100


def observation(project_id: str, line: Line) -> dg.AssetObservation:
    """A line as Dagster shows it on the pages of its partition and its run."""
    told: dict[str, Any] = {
        "action": line.action,
        "status": line.status,
        # Not as the description, which the page of a run does not show.
        "said": line.message,
        "time": dg.MetadataValue.timestamp(line.created_at),
        "line": line.id,
    }
    if line.details:
        told["details"] = dg.MetadataValue.json(line.details)
    return dg.AssetObservation(tweets_key(project_id), partition=line.partition_key, metadata=told)


def relay_in_run(context: dg.OpExecutionContext, session: Session) -> None:
    """Tell the session's lines as events of this run."""
    with reading(session.engine) as connection:
        lines = log.untold_of_task(connection, session.task.id)
    _tell(session.engine, session.project.id, lines, context.log_event)


def relay_outside(
    instance: dg.DagsterInstance, engine: sa.Engine, project_id: str, *, now: datetime, limit: int = LINES_A_TICK
) -> int:
    """Tell up to `limit` of a project's lines that no run tells: planned, moved, reaped. How many there were."""
    with reading(engine) as connection:
        lines = log.untold_of_project(connection, project_id, now=now, limit=limit)
    crashed = [line for line in lines if line.relayed == 1]
    arrived = [line for line in crashed if _arrived(instance, project_id, line)]
    with writing(engine) as connection:
        log.mark(connection, arrived, to=2)
    lost = [line for line in crashed if line not in arrived]
    for line in lost:
        instance.report_runless_asset_event(observation(project_id, line))
    with writing(engine) as connection:
        log.mark(connection, lost, to=2)
    _tell(engine, project_id, [line for line in lines if line.relayed == 0], instance.report_runless_asset_event)
    return len(lines)


def _tell(
    engine: sa.Engine, project_id: str, lines: Sequence[Line], report: Callable[[dg.AssetObservation], object]
) -> None:
    if not lines:
        return
    with writing(engine) as connection:
        taken = log.mark(connection, lines, to=1)
    for line in taken:
        report(observation(project_id, line))
    with writing(engine) as connection:
        log.mark(connection, taken, to=2)


def _arrived(instance: dg.DagsterInstance, project_id: str, line: Line) -> bool:
    """Whether Dagster has a line whose teller died before it could say so."""
    found = instance.fetch_observations(
        dg.AssetRecordsFilter(asset_key=tweets_key(project_id), asset_partitions=[line.partition_key]), limit=200
    )
    for record in found.records:
        seen = record.asset_observation
        if seen is not None and seen.metadata.get("line") == dg.MetadataValue.int(line.id):
            return True
    return False
