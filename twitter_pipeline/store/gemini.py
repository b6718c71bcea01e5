"""What Gemini was asked: the answer kept with the task, one row for each request, and the budget they count against.

A request is written down before it leaves, in one transaction with the look at the budget and at the stored answer;
what came of it, after. Both times `gemini_requests` comes before the task's row, so that no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.tables import gemini_requests, publishing_tasks

#: The same question is sent at most so often, when it got no answer.
MOST_TRIES = 3

_requests = gemini_requests.c
_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Stored:
    """What stands in `publishing_tasks.enhanced`: the latest question, and what came of it."""

    #: Of all that was asked; other words have another.
    digest: str
    model: str
    #: `enhancing.answer.Outcome`: asked while nothing is known.
    outcome: str
    #: Why there is no answer, for people.
    why: str
    #: The words of the answer, as JSON; None without.
    words: dict[str, Any] | None
    input_tokens: int | None
    output_tokens: int | None
    #: How often this question was sent.
    tries: int
    #: Who asked last (a run's id), the row of that request, and when, as ISO 8601 in UTC.
    by: str
    request: int
    asked_at: str


@dataclass(frozen=True)
class Begun:
    """The request may leave; `finish` it with this."""

    request: int


@dataclass(frozen=True)
class UnderWay:
    """Somebody else has asked the same a moment ago: wait for that answer."""


@dataclass(frozen=True)
class Spent:
    """Today's budget is used up: nothing may leave."""


def stored(connection: sa.Connection, task_id: int) -> Stored | None:
    """What is kept with a task; None when it never was asked for, or by another release."""
    return _read(connection.scalar(sa.select(_tasks.enhanced).where(_tasks.id == task_id)))


def begin(
    connection: sa.Connection,
    task_id: int,
    *,
    digest: str,
    model: str,
    by: str,
    budget: int,
    again: frozenset[str],
    patience: timedelta,
    now: datetime,
) -> Begun | Stored | UnderWay | Spent:
    """Write down that Gemini is about to be asked; the caller commits, and only then asks.

    Returns what is stored instead when this question needs not, or may not, be sent: it has its answer, an outcome
    not among `again`, or was sent `MOST_TRIES` times. Somebody else's request is waited for no longer than `patience`.
    """
    if connection.dialect.name == "postgresql":  # on SQLite the transaction is the only writer already
        connection.execute(sa.text("LOCK TABLE gemini_requests IN SHARE ROW EXCLUSIVE MODE"))
    kept = _read(connection.scalar(sa.select(_tasks.enhanced).where(_tasks.id == task_id).with_for_update()))
    known = kept if kept is not None and kept.digest == digest else None
    if known is not None:
        under_way = known.outcome == "asked" and known.by != by
        # Either way: the clock may have been set back since.
        if under_way and abs(now - datetime.fromisoformat(known.asked_at)) < patience:
            return UnderWay()
        if known.outcome not in again or known.tries >= MOST_TRIES:
            return known
    if used(connection, now) >= budget:
        return Spent()
    row = sa.insert(gemini_requests).values(task_id=task_id, model=model, outcome="asked", created_at=now)
    request = connection.execute(row.returning(_requests.id)).scalar_one()
    tries = 1 if known is None else known.tries + 1
    asked_at = now.astimezone(timezone.utc).isoformat()
    _write(connection, task_id, Stored(digest, model, "asked", "", None, None, None, tries, by, request, asked_at))
    return Begun(request)


def finish(
    connection: sa.Connection,
    task_id: int,
    begun: Begun,
    *,
    outcome: str,
    why: str = "",
    words: Mapping[str, Any] | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
) -> None:
    """Write down what came of a request. The task keeps it unless another question was begun meanwhile."""
    connection.execute(
        sa.update(gemini_requests)
        .where(_requests.id == begun.request)
        .values(outcome=outcome, input_tokens=input_tokens, output_tokens=output_tokens)
    )
    kept = _read(connection.scalar(sa.select(_tasks.enhanced).where(_tasks.id == task_id).with_for_update()))
    if kept is None or kept.request != begun.request:
        return
    came = {"outcome": outcome, "why": why, "words": None if words is None else dict(words)}
    tokens = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    _write(connection, task_id, Stored(**{**asdict(kept), **came, **tokens}))


def used(connection: sa.Connection, now: datetime) -> int:
    """How many requests were begun on `now`'s day in UTC, over all projects."""
    midnight = now.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    today = (_requests.created_at >= midnight, _requests.created_at < midnight + timedelta(days=1))
    return connection.scalar(sa.select(sa.func.count()).select_from(gemini_requests).where(*today)) or 0


def _read(value: Any) -> Stored | None:
    try:
        return None if value is None else Stored(**value)
    except TypeError:
        return None  # written by another release: asked anew


def _write(connection: sa.Connection, task_id: int, row: Stored) -> None:
    connection.execute(sa.update(publishing_tasks).where(_tasks.id == task_id).values(enhanced=asdict(row)))
