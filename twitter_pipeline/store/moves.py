"""Every change of a publishing task's status, each with its line of the publishing log in the same transaction.

A move is a conditional update: it names the states it may start in (`status.TRANSITIONS`) and, for one who holds a
lease, the fence. When the row has moved on meanwhile nothing happens and the caller is told. Callers open the
transaction (`engine.writing`) and pass the time.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import tasks
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.status import TRANSITIONS, Event, Move, Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks

#: How long a lease lasts without being renewed. The holder renews it three times as often.
LEASE = timedelta(seconds=60)

#: How far the clocks may be apart of the machine that cancels a task and of the one that asks for a run.
CLOCKS_DIFFER = timedelta(minutes=1)

#: What leads from these to those has not posted the task.
_AT_WORK = frozenset((Status.RUNNING, Status.UNCONFIRMED))
_NOT_POSTED = (Status.PENDING, Status.SKIPPED, Status.FAILED, Status.CANCELLED)

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Claim:
    """The right to work on a task, and to create its post, while the lease lasts. Only `claim` makes one."""

    task_id: int
    #: Number of the attempt, from 1.
    attempt: int
    #: Grows with each holder: a write with an old fence changes nothing.
    fence: int
    #: The Dagster run, or the process, that holds it.
    holder: str


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


def claim(
    connection: sa.Connection,
    task_id: int,
    *,
    attempt: int | None,
    holder: str,
    instance: str | None,
    now: datetime,
    asked_at: Callable[[], datetime] | None = None,
    seen_fence: int | None = None,
) -> Claim | None:
    """Take the task for `holder`; None when it is somebody else's, done, or not to be published.

    With `attempt`, only the attempt that was queued under this number; without, a new attempt made by hand: even of a
    task that was cancelled, if that is surely not after somebody asked for it. Who did has `seen_fence`, which is
    another one then; or, in Dagster, it was `asked_at` a time. With neither it was asked for just now.
    """
    row = connection.execute(
        sa.select(_tasks.attempt, _tasks.fence, _tasks.status).where(_tasks.id == task_id).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    taken = Claim(task_id, row.attempt + 1 if attempt is None else attempt, row.fence + 1, holder)
    where = [_tasks.fence == row.fence]
    values: dict[str, Any] = {}
    if attempt is not None:
        where += [_tasks.attempt == attempt, _tasks.status == Status.QUEUED.value]
    elif row.status == Status.CANCELLED.value and not _is_asked_since(
        connection, task_id, row.fence, asked_at, seen_fence
    ):
        return None
    elif row.status in (Status.FAILED.value, Status.CANCELLED.value):
        values["retry_count"] = 0  # who launches what had ended wants it tried as if anew
    moved = move(
        connection,
        task_id,
        Move(Event.CLAIM, f"attempt {taken.attempt} began", details={"attempt": taken.attempt, "was": row.status}),
        now=now,
        run_id=holder,
        where=where,
        values={
            "attempt": taken.attempt,
            "fence": taken.fence,
            "lease_holder": holder,
            "lease_until": now + LEASE,
            "run_id": holder,
            "dagster_instance": instance,
            **values,
        },
    )
    return taken if moved else None


def _is_asked_since(
    connection: sa.Connection,
    task_id: int,
    fence: int,
    asked_at: Callable[[], datetime] | None,
    seen_fence: int | None,
) -> bool:
    """Whether somebody surely asked for the run of a cancelled task after it was cancelled."""
    if seen_fence is not None:
        return seen_fence == fence
    return asked_at is None or asked_at() > _surely_stopped(connection, task_id)


def _surely_stopped(connection: sa.Connection, task_id: int) -> datetime:
    """When the task was cancelled for the last time, by the clock of Dagster's webserver."""
    lines = publishing_log.c
    stopped = sa.select(lines.created_at, lines.actor, lines.details)
    stopped = stopped.where(lines.task_id == task_id, lines.action == Event.STOP.value)
    last = connection.execute(stopped.order_by(lines.id.desc()).limit(1)).one()
    # Where its run was ended in Dagster a person asks for the next one there, too, and may at once.
    by_hand = last.actor is not None or "instead_of" in last.details
    at: datetime = last.created_at + CLOCKS_DIFFER if by_hand else last.created_at
    return at


def _held(claim: Claim) -> list[sa.ColumnElement[bool]]:
    return [_tasks.fence == claim.fence, _tasks.lease_holder == claim.holder]


def renew(connection: sa.Connection, claim: Claim, *, now: datetime) -> bool:
    """Make the lease last LEASE from `now`; False when it is lost: it ran out, or the task was taken away."""
    changed = connection.execute(
        sa.update(publishing_tasks)
        .where(_tasks.id == claim.task_id, *_held(claim), _tasks.lease_until > now)
        .values(lease_until=now + LEASE)
    )
    return changed.rowcount == 1


def settle(connection: sa.Connection, claim: Claim, decided: Move, *, now: datetime) -> Move | None:
    """End the claim with a move; the one made. None when the task was taken away meanwhile: then nothing changes."""
    values = _of_post(decided, now)
    return move(connection, claim.task_id, decided, now=now, run_id=claim.holder, where=_held(claim), values=values)


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
    values = {**_of_post(decided, now), "run_id": run_id}
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
    values = {**_of_post(decided, now), "run_id": None}  # no run tells Dagster of it: the next tick does
    return move(connection, task_id, decided, now=now, actor=actor, where=where, values=values)


def _of_post(decided: Move, now: datetime) -> dict[str, Any]:
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


def take_back(connection: sa.Connection, task_id: int, fence: int, decided: Move, *, now: datetime) -> Move | None:
    """End the claim of a holder that is gone, known by its fence; the move made. None when it ended by itself."""
    is_held = [_tasks.fence == fence, _tasks.status == Status.RUNNING.value]
    return move(connection, task_id, decided, now=now, where=is_held)
