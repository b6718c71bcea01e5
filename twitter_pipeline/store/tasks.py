"""Reading publishing tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts, publishing_tasks

_tasks = publishing_tasks.c
_attempts = publishing_attempts.c

#: Of a row of `publishing_tasks`: whether it is a thread that is on X in part, of which nothing changes any more.
IS_BEGUN = (
    sa.exists()
    .where(
        _attempts.task_id == _tasks.id,
        _attempts.state.in_(["confirmed", "adopted"]),
        _attempts.part < _attempts.parts,
    )
    .correlate(publishing_tasks)
)


@dataclass(frozen=True)
class Task:
    """A row of `publishing_tasks` as it was when read. Times are aware UTC."""

    id: int
    project_id: str
    content_source_id: int
    #: What the item is known by: its file, an album's folder, an entry of a batch. Relative to the project's folder.
    media_path: str
    #: See `files`.
    media_files: list[str] | None
    metadata_path: str | None
    status: Status
    #: What the run made of the sidecar: text, media, sizes; frozen once it was claimed.
    content_data: dict[str, Any]
    #: Why it stands as it does, for people.
    error_message: str | None
    #: Failures so far; waiting does not count.
    retry_count: int
    scheduled_time: datetime
    executed_time: datetime | None
    created_at: datetime
    updated_at: datetime
    not_before: datetime
    #: The item's partition of `<project>/tweets`.
    partition_key: str
    quick_fingerprint: str | None
    content_hash: str | None
    media_bytes: int | None
    #: What a person wrote in place of its words: `store.edits` reads it.
    edits: dict[str, Any] | None
    #: The time a person gave it (aware UTC): it goes out by itself no sooner. None without.
    wanted_time: datetime | None
    attempt: int
    run_id: str | None
    dagster_instance: str | None
    registered_in: str | None
    #: When a person cancelled it that could not be at once (aware UTC); None without.
    stop_asked_at: datetime | None
    lease_holder: str | None
    lease_until: datetime | None
    fence: int
    tweet_id: str | None
    tweet_url: str | None

    @property
    def files(self) -> tuple[str, ...]:
        """The media of the item in their order, relative to the project's folder; none for a text."""
        return files_of(self.media_path, self.media_files)


def files_of(media_path: str, media_files: list[str] | None) -> tuple[str, ...]:
    """The media of an item, as the table has them."""
    return (media_path,) if media_files is None else tuple(media_files)


_COLUMNS = [_tasks[field.name] for field in fields(Task)]


def select(*where: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Tasks, oldest first; add `.limit` or another order as needed and read it with `read`."""
    return sa.select(*_COLUMNS).where(*where).order_by(_tasks.id)


def read(connection: sa.Connection, query: sa.Select[Any]) -> list[Task]:
    """The tasks of a `select`."""
    return [Task(**{**row._mapping, "status": Status(row._mapping["status"])}) for row in connection.execute(query)]


def get(connection: sa.Connection, task_id: int, *, lock: bool = False) -> Task:
    """The task with this id; with `lock`, nobody else changes it until the transaction ends. Raises LookupError."""
    query = select(_tasks.id == task_id)
    found = read(connection, query.with_for_update() if lock else query)
    if not found:
        raise LookupError(f"no publishing task {task_id}")
    return found[0]


def lock(connection: sa.Connection, task_id: int) -> None:
    """Wait until nobody changes the task, and let nobody until the transaction ends.

    Before its attempts are changed: who locks the two in the other order waits for one who waits for it.
    """
    connection.execute(sa.select(_tasks.id).where(_tasks.id == task_id).with_for_update())


def keep(connection: sa.Connection, task_id: int, fence: int, **values: Any) -> None:
    """Write into the task's row, while the holder of that fence has it."""
    connection.execute(sa.update(publishing_tasks).where(_tasks.id == task_id, _tasks.fence == fence).values(**values))


def by_partition(connection: sa.Connection, project_id: str, partition_key: str) -> Task | None:
    """The task of a partition of `<project>/tweets`."""
    found = read(connection, select(_tasks.project_id == project_id, _tasks.partition_key == partition_key))
    return found[0] if found else None


def due(
    connection: sa.Connection,
    project_id: str,
    *,
    now: datetime,
    limit: int,
    where: Sequence[sa.ColumnElement[bool]] = (),
) -> list[Task]:
    """Pending tasks whose time has come and that are as `where` says, earliest first."""
    query = select(
        _tasks.project_id == project_id,
        _tasks.status == Status.PENDING.value,
        _tasks.scheduled_time <= now,
        *where,
    )
    return read(connection, query.order_by(None).order_by(_tasks.scheduled_time, _tasks.id).limit(limit))


def counts(connection: sa.Connection) -> dict[str, dict[Status, int]]:
    """How many tasks each project has in each state."""
    found: dict[str, dict[Status, int]] = {}
    query = sa.select(_tasks.project_id, _tasks.status, sa.func.count()).group_by(_tasks.project_id, _tasks.status)
    for project_id, status, number in connection.execute(query):
        found.setdefault(project_id, {})[Status(status)] = number
    return found
