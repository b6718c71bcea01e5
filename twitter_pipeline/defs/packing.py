"""Dagster's SQLite index, packed once a week: thinned rows leave its pages half empty, and nothing else fills those.

As with our own file (`monitoring.actions.vacuum`) it is done while nothing is being posted, by a process that ends
itself well before a writer gives up: Dagster waits for 30 seconds.
"""

from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage

from twitter_pipeline.monitoring.actions import vacuum
from twitter_pipeline.store.engine import reading

#: How often: what is thinned in between is a twelfth of what is kept.
EVERY = timedelta(days=7)


def pack_index(instance: dg.DagsterInstance, engine: sa.Engine, last: str, *, now: datetime) -> str:
    """Pack it where it is time and nothing is being posted; when that was tried last, "" for never."""
    events = instance.event_log_storage
    if not isinstance(events, SqliteEventLogStorage) or (last and now - datetime.fromisoformat(last) < EVERY):
        return last
    path = Path(events.path_for_shard(INDEX_SHARD_NAME))
    with reading(engine) as connection:
        if vacuum.is_posting(connection) or vacuum.impossible(path) is not None:
            return last
    return last if vacuum.vacuum(path, analyze=False) is None else now.isoformat()
