"""Every change of a publishing task's status, each with its line of the publishing log in the same transaction.

A move is a conditional update: it names the states it may start in (`status.TRANSITIONS`) and, for one who holds a
lease, the fence. When the row has moved on meanwhile nothing happens and the caller is told. Callers open the
transaction (`engine.writing`) and pass the time.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import tasks
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.status import TRANSITIONS, Event, Move, Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks

#: What leads from these to those has not posted the task.
_AT_WORK = frozenset((Status.RUNNING, Status.UNCONFIRMED))
_NOT_POSTED = (Status.PENDING, Status.SKIPPED, Status.FAILED, Status.CANCELLED)

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class NewItem:
    """A media item as the scan found it."""

    project_id: str
    content_source_id: int
    #: Relative to the project.
    media_path: str
    #: Relative to the project; None while there is none.
    metadata_path: str | None
    #: Aware UTC.
    not_before: datetime
    message: str
    quick_fingerprint: str | None = None
    media_bytes: int | None = None
    #: Its files in their order where `media_path` is none of them, or not the only one; none for a text.
    media_files: tuple[str, ...] | None = None
    #: What its partition is called after; without it, the file.
    name: str | None = None
    content_data: Mapping[str, Any] = field(default_factory=dict)
    #: Why it cannot be published at all: it is recorded as skipped.
    skip_reason: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Its files in their order; none for a text."""
        return (self.media_path,) if self.media_files is None else self.media_files

    @property
    def files_as_json(self) -> list[str] | None:
        """`media_files` as the table keeps it."""
        return None if self.media_files is None else list(self.media_files)


def record(connection: sa.Connection, item: NewItem, *, now: datetime) -> int | None:
    """Create the task of an item, `pending` (or `skipped` with its reason). None when the file has one already."""
    status = Status.PENDING if item.skip_reason is None else Status.SKIPPED
    for digits in (4, 8, 16):  # a longer name only in the rare case that the short one is taken
        task_id = connection.scalar(
            insert_into(connection, publishing_tasks)
            .values(
                project_id=item.project_id,
                content_source_id=item.content_source_id,
                media_path=item.media_path,
                media_files=item.files_as_json,
                metadata_path=item.metadata_path,
                status=status.value,
                error_message=item.skip_reason,
                content_data=dict(item.content_data),
                quick_fingerprint=item.quick_fingerprint,
                media_bytes=item.media_bytes,
                not_before=item.not_before,
                scheduled_time=item.not_before,
                created_at=now,
                updated_at=now,
                partition_key=partition_key(item, now, digits),
            )
            .on_conflict_do_nothing()
            .returning(_tasks.id)
        )
        if task_id is not None:
            note(connection, task_id, "found", status, item.skip_reason or item.message, now=now)
            return int(task_id)
        known = sa.select(_tasks.id).where(
            _tasks.content_source_id == item.content_source_id, _tasks.media_path == item.media_path
        )
        if connection.scalar(known) is not None:
            return None
    raise RuntimeError(f"no free partition key for {item.media_path}")


def skipped_again(connection: sa.Connection, task_id: int, item: NewItem, *, now: datetime) -> None:
    """A skipped task's file is another one, and cannot be published either: keep how it looks and why.

    Nothing of a thread that is on X in part.
    """
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status == Status.SKIPPED.value, sa.not_(tasks.IS_BEGUN))
        .values(
            media_bytes=item.media_bytes,
            media_files=item.files_as_json,
            quick_fingerprint=item.quick_fingerprint,
            error_message=item.skip_reason,
            updated_at=now,
        )
    )
    if changed.rowcount == 1:
        note(connection, task_id, "looked_at", Status.SKIPPED, f"still skipped: {item.skip_reason}", now=now)


def no_longer_skipped(
    connection: sa.Connection,
    task_id: int,
    message: str,
    *,
    not_before: datetime,
    now: datetime,
    values: Mapping[str, Any],
) -> None:
    """skipped → pending, since what stood in its way is gone; nothing when a person has cancelled it meanwhile.

    A thread that is on X in part is of the file as it was, and a person's to go on with.
    """
    again = Move(Event.RETRY, message, not_before=not_before)
    is_skipped = [_tasks.status == Status.SKIPPED.value, sa.not_(tasks.IS_BEGUN)]
    move(connection, task_id, again, now=now, where=is_skipped, values=values)


def partition_key(item: NewItem, now: datetime, digits: int) -> str:
    """A readable name that is the item's alone, such as `2026-11-24-cat-video-a1b2`."""
    stem = unicodedata.normalize("NFC", item.name or PurePosixPath(item.media_path).stem).lower()
    slug = re.sub(r"[\W_]+", "-", stem).strip("-")[:40].strip("-") or "item"
    name = f"{item.content_source_id}:{item.media_path}"
    return f"{now:%Y-%m-%d}-{slug}-{hashlib.sha256(name.encode()).hexdigest()[:digits]}"


def move(
    connection: sa.Connection,
    task_id: int,
    decided: Move,
    *,
    now: datetime,
    run_id: str | None = None,
    actor: str | None = None,
    where: Sequence[sa.ColumnElement[bool]] = (),
    values: Mapping[str, Any] | None = None,
) -> Move | None:
    """Carry out one move; None, and nothing changed, when the task is in no state for it, or not as `where` says.

    `actor` is the person who makes it; without one the pipeline does. Returns the move that was made: what a person has
    cancelled meanwhile (`ask_to_stop`) ends so, unless it is posted.
    """
    transition = TRANSITIONS[decided.event]
    froms = transition.froms
    if transition.to in _NOT_POSTED and froms & _AT_WORK and _is_stop_asked(connection, task_id):
        why = f"{decided.because or decided.message}; it was cancelled by hand"
        decided = Move(
            Event.STOP,
            f"{why}; to post it: twitter-pipeline retry {task_id}",
            because=why,
            details={"instead_of": decided.event.value},
        )
        transition = TRANSITIONS[Event.STOP]
    changes: dict[str, Any] = {"status": transition.to.value, "updated_at": now, **(values or {})}
    if decided.not_before is not None:
        changes |= from_then_on(decided.not_before)
    if decided.counts_as_retry:
        changes["retry_count"] = _tasks.retry_count + 1
    if transition.to is Status.SKIPPED:
        # It does not stand in the way of the same content elsewhere, unless its first post shows that.
        changes["content_hash"] = sa.case((tasks.IS_BEGUN, _tasks.content_hash), else_=None)
    if transition.to is not Status.RUNNING:
        changes |= {"lease_holder": None, "lease_until": None}
    if transition.to is not Status.UNCONFIRMED:
        changes["stop_asked_at"] = None
    if transition.to is Status.CANCELLED:
        changes["fence"] = _tasks.fence + 1  # who asked for a run before that has seen another one
    if decided.event not in (Event.QUEUE, Event.CLAIM):
        changes["error_message"] = None if transition.to is Status.COMPLETED else decided.message
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status.in_([status.value for status in froms]), *where)
        .values(**changes)
    )
    if changed.rowcount != 1:
        return None
    note(
        connection,
        task_id,
        decided.event.value,
        transition.to,
        decided.message,
        now=now,
        details=decided.details,
        run_id=run_id,
        actor=actor,
    )
    return decided


def from_then_on(moment: datetime) -> dict[str, Any]:
    """What lets a task go out from then on, but no sooner than at the time that a person gave it."""
    start = sa.case(
        (_tasks.wanted_time > moment, _tasks.wanted_time), else_=sa.literal(moment, _tasks.wanted_time.type)
    )
    return {"not_before": start, "scheduled_time": start}


def note(
    connection: sa.Connection,
    task_id: int,
    action: str,
    status: Status,
    message: str,
    *,
    now: datetime,
    details: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    actor: str | None = None,
) -> None:
    """Write a line of the publishing log that goes with no move (uploaded, tried in vain, …) or with one just made."""
    connection.execute(
        sa.insert(publishing_log).values(
            task_id=task_id,
            action=action,
            status=status.value,
            message=message,
            details=dict(details or {}),
            created_at=now,
            run_id=run_id,
            actor=actor,
        )
    )


def ask_to_stop(
    connection: sa.Connection, task: tasks.Task, message: str, *, now: datetime, actor: str | None, stop: bool = True
) -> None:
    """Let a task that a run works on, or that may be on X, end as cancelled unless it is posted; or no more (`stop`).

    Its run asks once more right before a post leaves. The task is locked.
    """
    connection.execute(
        sa.update(publishing_tasks).where(_tasks.id == task.id).values(stop_asked_at=now if stop else None)
    )
    note(connection, task.id, "asked", task.status, message, now=now, actor=actor)


def _is_stop_asked(connection: sa.Connection, task_id: int) -> bool:
    asked = sa.select(_tasks.stop_asked_at).where(_tasks.id == task_id).with_for_update()
    return connection.scalar(asked) is not None


def explain(connection: sa.Connection, task_id: int, action: str, message: str, *, now: datetime) -> None:
    """Say anew why a task is `unconfirmed`, and what comes next."""
    connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == task_id, _tasks.status == Status.UNCONFIRMED.value)
        .values(error_message=message, updated_at=now)
    )
    note(connection, task_id, action, Status.UNCONFIRMED, message, now=now)


def queue(connection: sa.Connection, task_id: int, attempt: int, *, instance: str, now: datetime) -> bool:
    """pending → queued as attempt number `attempt` (one more than the task's), to be run by that Dagster instance."""
    moved = move(
        connection,
        task_id,
        Move(Event.QUEUE, f"due; run requested (attempt {attempt})", details={"attempt": attempt}),
        now=now,
        where=[_tasks.attempt == attempt - 1, _tasks.scheduled_time <= now],
        values={"attempt": attempt, "dagster_instance": instance, "run_id": None},
    )
    return moved is not None


def adopt(
    connection: sa.Connection,
    task_id: int,
    decided: Move,
    *,
    now: datetime,
    run_id: str | None = None,
    actor: str | None = None,
) -> bool:
    """Complete a task with a post that was made, whoever works on it by now. False when it is completed already.

    `run_id`: the run that made it, and tells Dagster; without one the next tick does.
    """
    values = {**of_post(decided, now), "run_id": run_id}
    return move(connection, task_id, decided, now=now, run_id=run_id, actor=actor, values=values) is not None


def resolve(
    connection: sa.Connection,
    task_id: int,
    decided: Move,
    *,
    now: datetime,
    attempt: int | None = None,
    actor: str | None = None,
) -> Move | None:
    """Move an `unconfirmed` task on, whose outcome is known by now. None when it is not (of `attempt`)."""
    where = [_tasks.status == Status.UNCONFIRMED.value]
    if attempt is not None:
        where.append(_tasks.attempt == attempt)
    values = {**of_post(decided, now), "run_id": None}  # no run tells Dagster of it: the next tick does
    return move(connection, task_id, decided, now=now, actor=actor, where=where, values=values)


def of_post(decided: Move, now: datetime) -> dict[str, Any]:
    """What a move that completes a task writes into its row."""
    if decided.event not in (Event.POST, Event.ADOPT):
        return {}
    return {
        "tweet_id": decided.tweet_id,
        "tweet_url": decided.details.get("url"),
        "executed_time": decided.posted_at or now,
        # Dagster has yet to be told: the run does it, or the relay when the run dies first.
        "registered_in": None,
    }
