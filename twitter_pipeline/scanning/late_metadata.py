"""Metadata that comes after its media: what waits for it, or was skipped for want of it, goes on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.scanning.sidecars import Finder, Problem
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks


def look_again(engine: sa.Engine, source_id: int, finder: Finder, *, now: datetime) -> int:
    """Look for the metadata of the source's tasks that have none and were not posted; how many were found."""
    columns = publishing_tasks.c
    with reading(engine) as connection:
        waiting = connection.execute(
            sa.select(columns.id, columns.media_path, columns.status).where(
                columns.content_source_id == source_id,
                columns.metadata_path.is_(None),
                columns.status.in_([Status.PENDING.value, Status.SKIPPED.value]),
            )
        ).all()
    found = [(row, sidecar) for row in waiting if (sidecar := finder.find(row.media_path)) is not None]
    came = [(row, sidecar) for row, sidecar in found if not isinstance(sidecar, Problem)]
    if not came:
        return 0
    with writing(engine) as connection:
        for row, sidecar in came:
            path = sidecar.path.relative_to(finder.project_root).as_posix()
            values = {"metadata_path": path, "content_data": {"title": sidecar.metadata.title}}
            message = f"its metadata came: {path}"
            if row.status == Status.SKIPPED.value:
                moves.move(connection, row.id, Move(Event.RETRY, message, not_before=now), now=now, values=values)
            else:
                moves.hasten(connection, row.id, message, now=now, values=values)
    return len(came)
