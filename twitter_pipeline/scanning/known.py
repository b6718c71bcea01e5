"""Which files of a source are tasks already, kept in memory: a tick must not read 100,000 rows to find nothing new."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import publishing_tasks

_paths: dict[tuple[str, int], set[str]] = {}


def paths(engine: sa.Engine, source_id: int) -> set[str]:
    """The media paths of a source's tasks; the scan adds what it records.

    Read once a process. A file that another process recorded meanwhile looks new here, and recording it again does
    nothing.
    """
    key = (str(engine.url), source_id)
    if key not in _paths:
        columns = publishing_tasks.c
        with reading(engine) as connection:
            found = connection.scalars(sa.select(columns.media_path).where(columns.content_source_id == source_id))
            _paths[key] = set(found)
    return _paths[key]
