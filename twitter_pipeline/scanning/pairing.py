"""Pairing media with their metadata, also with metadata that comes later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks

_tasks = publishing_tasks.c


def pair(finder: Finder, media_path: str) -> Sidecar | str:
    """The metadata of a medium; or why there is none that it can be posted with, for people."""
    found = finder.find(media_path)
    if found is None:
        return "no metadata yet"
    if isinstance(found, Problem):
        return found.message
    if not found.metadata.has_words:
        return f"{path_of(finder, found)}: there is neither a title nor a description for it"
    return found


def path_of(finder: Finder, sidecar: Sidecar) -> str:
    """Where a sidecar lies, relative to the project."""
    return sidecar.path.relative_to(finder.project_root).as_posix()


def look_again(engine: sa.Engine, project_id: str, source_id: int, finder: Finder, *, now: datetime) -> None:
    """Let the tasks of a project's source that wait for metadata, or were skipped without any, go on once it is there.

    Once each: they have a `metadata_path` then.
    """
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_tasks.id, _tasks.media_path, _tasks.status).where(
                # By the project, too: of an index over it and the status, few rows are read.
                _tasks.project_id == project_id,
                _tasks.status.in_([Status.PENDING.value, Status.SKIPPED.value]),
                _tasks.content_source_id == source_id,
                _tasks.metadata_path.is_(None),
                # What the scan refused unseen: no metadata can change that.
                sa.not_(sa.and_(_tasks.status == Status.SKIPPED.value, _tasks.quick_fingerprint.is_(None))),
            )
        ).all()
    paired = [(row, pair(finder, row.media_path)) for row in rows]
    came = [(row, sidecar) for row, sidecar in paired if isinstance(sidecar, Sidecar)]
    if not came:
        return
    with writing(engine) as connection:
        for row, sidecar in came:
            path = path_of(finder, sidecar)
            values = {"metadata_path": path, "content_data": {"title": sidecar.metadata.title}}
            go_on(connection, row.id, Status(row.status), f"its metadata came: {path}", now=now, values=values)


def go_on(
    connection: sa.Connection, task_id: int, status: Status, message: str, *, now: datetime, values: Mapping[str, Any]
) -> None:
    """Let a task that waits or was skipped go out from now on; nothing when it is in another state by now."""
    if status is Status.SKIPPED:
        moves.move(connection, task_id, Move(Event.RETRY, message, not_before=now), now=now, values=values)
    else:
        moves.hasten(connection, task_id, message, now=now, values=values)
