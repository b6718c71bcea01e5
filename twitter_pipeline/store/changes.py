"""What changes of a task that nobody works on while its status stays: where its files are, which, and from when on.

Each is a conditional update with its line of the publishing log in the same transaction, as `moves` has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import edits, moves, tasks
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

_tasks = publishing_tasks.c


def hasten(connection: sa.Connection, task_id: int, message: str, *, now: datetime, values: Mapping[str, Any]) -> bool:
    """Let a pending task go out from now on, since what it waited for came; False when it is no longer pending."""
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status == Status.PENDING.value)
        .values(**moves.from_then_on(now), updated_at=now, error_message=None, **values)
    )
    if changed.rowcount == 1:
        moves.note(connection, task_id, "metadata", Status.PENDING, message, now=now)
    return changed.rowcount == 1


def follow(connection: sa.Connection, task_id: int, item: NewItem, *, now: datetime) -> bool:
    """Let a task that nobody works on follow its file to a new name; False when it was posted or is being posted."""
    movable = (Status.PENDING, Status.SKIPPED, Status.FAILED, Status.CANCELLED)
    before = tasks.get(connection, task_id, lock=True)
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status.in_([status.value for status in movable]))
        .values(
            media_path=item.media_path,
            media_files=item.files_as_json,
            metadata_path=item.metadata_path,
            edits=edits.moved(before, item.files),
            updated_at=now,
        )
    )
    if changed.rowcount == 1:
        status = Status(connection.execute(sa.select(_tasks.status).where(_tasks.id == task_id)).scalar_one())
        moves.note(connection, task_id, "moved", status, f"its file was moved to {item.media_path}", now=now)
    return changed.rowcount == 1


def regroup(connection: sa.Connection, task_id: int, item: NewItem, *, now: datetime) -> bool:
    """Give a pending album the pictures that belong to it by now; False when it is no longer pending."""
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status == Status.PENDING.value, sa.not_(tasks.IS_BEGUN))
        .values(
            media_files=item.files_as_json,
            quick_fingerprint=item.quick_fingerprint,
            media_bytes=item.media_bytes,
            updated_at=now,
        )
    )
    if changed.rowcount == 1:
        moves.note(connection, task_id, "changed", Status.PENDING, item.message, now=now)
    return changed.rowcount == 1
