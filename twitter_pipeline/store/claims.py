"""Taking a task, and letting go of it: who works on it, and that it is never two.

Who holds a task has a lease, and a fence that grows with each holder: what is written with an old one changes nothing.
Callers open the transaction (`engine.writing`) and pass the time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.clock import CLOCKS_DIFFER
from twitter_pipeline.store.moves import move, of_post
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks

#: How long a lease lasts without being renewed. The holder renews it three times as often.
LEASE = timedelta(seconds=60)

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
    values = of_post(decided, now)
    return move(connection, claim.task_id, decided, now=now, run_id=claim.holder, where=_held(claim), values=values)


def take_back(connection: sa.Connection, task_id: int, fence: int, decided: Move, *, now: datetime) -> Move | None:
    """End the claim of a holder that is gone, known by its fence; the move made. None when it ended by itself."""
    is_held = [_tasks.fence == fence, _tasks.status == Status.RUNNING.value]
    return move(connection, task_id, decided, now=now, where=is_held)
