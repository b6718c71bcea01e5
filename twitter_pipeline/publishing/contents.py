"""What an item that is on X already takes for itself: no other task of its project may post the same content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.publishing import drafting
from twitter_pipeline.publishing.identity import salted
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning.fingerprint import full, together
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import IS_BEGUN, Task

_tasks = publishing_tasks.c


def content_of(item: Item, on_bytes: Callable[[int], None] = lambda _: None) -> str | None:
    """What no other task of the project may post from now on; None where its files cannot be read any more.

    `on_bytes` is told how many bytes were read since it was told last: hashing films takes its time.
    """
    try:
        if not item.task.files:
            return drafting.content_identity(item, ())
        digests = [_hash(item.project.path / file, on_bytes) for file in item.task.files]
        return salted(together(digests), item.project, item.source())
    except (OSError, Ended):
        return None


def _hash(path: Path, on_bytes: Callable[[int], None]) -> str:
    told = 0

    def on_chunk(done: int) -> None:
        nonlocal told
        on_bytes(done - told)
        told = done

    return full(path, on_chunk)


def taken(connection: sa.Connection, task: Task, content: str | None) -> str | None:
    """`content`, taken from a task that was not posted; None where a posted one has it, or may have."""
    if content is None:
        return None
    holder = connection.execute(
        sa.select(_tasks.id, _tasks.status, IS_BEGUN.label("is_begun"))
        .where(_tasks.project_id == task.project_id, _tasks.content_hash == content, _tasks.id != task.id)
        .with_for_update()
    ).one_or_none()
    if holder is None:
        return content
    if holder.is_begun or holder.status in (Status.COMPLETED.value, Status.RUNNING.value, Status.UNCONFIRMED.value):
        return None
    connection.execute(sa.update(publishing_tasks).where(_tasks.id == holder.id).values(content_hash=None))
    return content
