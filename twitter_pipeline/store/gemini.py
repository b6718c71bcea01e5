"""What Gemini was asked: each question's answer, one row for each request, and the budget these count against.

A request is written down before it leaves, in one transaction with the look at the budget and at the stored answer;
what came of it, after. Both times `gemini_requests` comes before the answer's row, so that no two wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from twitter_pipeline.store import gemini_limits
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import gemini_answers, gemini_requests, projects, publishing_tasks

#: The same question is sent at most so often, when it got no answer. What costs nothing does not count.
MOST_TRIES = 3

_requests = gemini_requests.c
_answers = gemini_answers.c
_tasks = publishing_tasks.c


class Key(NamedTuple):
    """A question: who asks the same of the same media gets the same answer, whichever their task."""

    #: Of all that is asked but the media: SHA-256 in hexadecimal.
    digest: str
    #: Of the media; empty for a text.
    content: str


@dataclass(frozen=True)
class Stored:
    """What came of a question."""

    key: Key
    model: str
    #: `enhancing.answer.Outcome`: asked while nothing is known.
    outcome: str
    #: Why there is no answer, for people.
    why: str
    #: The words of the answer, as JSON; None without.
    words: dict[str, Any] | None
    input_tokens: int | None
    output_tokens: int | None
    #: How many pictures it was shown.
    seen: int
    #: How often this question was sent and may have cost something.
    tries: int
    #: Who asked last (a run's id), the row of that request, and when (aware UTC).
    by: str
    request: int
    asked_at: datetime


@dataclass(frozen=True)
class Begun:
    """The request may leave; `finish` it with this."""

    request: int
    key: Key


@dataclass(frozen=True)
class UnderWay:
    """Somebody else has asked the same a moment ago: wait for that answer."""


@dataclass(frozen=True)
class Spent:
    """Today's budget is used up: nothing may leave."""


@dataclass(frozen=True)
class Waits:
    """Google's limit was reached: nothing may leave before `until` (aware UTC)."""

    until: datetime


def stored(connection: sa.Connection, key: Key) -> Stored | None:
    """What is known of a question; None when it was never sent."""
    row = connection.execute(sa.select(gemini_answers).where(*_is(key))).one_or_none()
    return None if row is None else _read(row)


def last_asked(connection: sa.Connection, task_id: int) -> Key | None:
    """The question last asked about a task; None when there was none, or by a release that kept it otherwise."""
    kept = connection.scalar(sa.select(_tasks.enhanced).where(_tasks.id == task_id))
    try:
        return None if kept is None else Key(**kept)
    except TypeError:
        return None


def begin(
    connection: sa.Connection,
    task_id: int,
    *,
    key: Key,
    model: str,
    by: str,
    budget: int,
    again: frozenset[str],
    patience: timedelta,
    now: datetime,
    seen: int = 0,
) -> Begun | Stored | UnderWay | Spent | Waits:
    """Write down that Gemini is about to be asked; the caller commits, and only then asks.

    Returns what is stored instead when this question needs not, or may not, be sent: it has its answer, an outcome
    not among `again`, or was sent `MOST_TRIES` times. Somebody else's request is waited for no longer than `patience`.
    """
    if connection.dialect.name == "postgresql":  # on SQLite the transaction is the only writer already
        connection.execute(sa.text("LOCK TABLE gemini_requests IN SHARE ROW EXCLUSIVE MODE"))
    if last_asked(connection, task_id) != key:
        connection.execute(sa.update(publishing_tasks).where(_tasks.id == task_id).values(enhanced=key._asdict()))
    known = stored(connection, key)
    if known is not None:
        under_way = known.outcome == "asked" and known.by != by
        # Either way: the clock may have been set back since.
        if under_way and abs(now - known.asked_at) < patience:
            return UnderWay()
        if known.outcome not in again or known.tries >= MOST_TRIES:
            return known
    if gemini_limits.used(connection, now) >= budget:
        return Spent()
    if (until := gemini_limits.waits_until(connection, model, now)) is not None:
        return Waits(until)
    row = sa.insert(gemini_requests).values(task_id=task_id, model=model, outcome="asked", created_at=now)
    request = connection.execute(row.returning(_requests.id)).scalar_one()
    values = {"outcome": "asked", "why": "", "seen": seen, "asked_by": by, "request": request, "asked_at": now}
    if known is None:
        connection.execute(sa.insert(gemini_answers).values(**key._asdict(), model=model, tries=1, **values))
    else:
        connection.execute(sa.update(gemini_answers).where(*_is(key)).values(tries=known.tries + 1, **values))
    return Begun(request, key)


def finish(
    connection: sa.Connection,
    begun: Begun,
    *,
    outcome: str,
    now: datetime,
    why: str = "",
    words: Mapping[str, Any] | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    limited: bool = False,
    wait: timedelta | None = None,
    free: bool = False,
) -> None:
    """Write down what came of a request, unless the same was asked anew meanwhile.

    `limited`: Google's limit was reached, and after `wait` it may be asked again; None where Google named no time.
    `free`: it cost nothing, and is none of the `MOST_TRIES`.
    """
    tokens = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    until = gemini_limits.until(connection, begun.request, wait, now) if limited else None
    connection.execute(
        sa.update(gemini_requests)
        .where(_requests.id == begun.request)
        .values(outcome=outcome, wait_until=until, **tokens)
    )
    connection.execute(
        sa.update(gemini_answers)
        .where(*_is(begun.key), _answers.request == begun.request, _answers.outcome == "asked")
        .values(
            outcome=outcome,
            why=why,
            words=None if words is None else dict(words),
            tries=_answers.tries - int(free),
            **tokens,
        )
    )


def forget(connection: sa.Connection, *, before: datetime, most: int) -> int:
    """Delete requests made before then, and answers to what was asked before then, so many of each at most.

    How many answers went. Those of tasks that are not posted stay, however old: asked anew, Gemini would use other
    words. Requests are needed for a day: for the budget, and while Google wants to be left alone.
    """
    old_requests = sa.select(_requests.id).where(_requests.created_at < before).limit(most)
    connection.execute(sa.delete(gemini_requests).where(_requests.id.in_(old_requests)))
    digest, content = (_tasks.enhanced[name].as_string() for name in Key._fields)
    needed = sa.select(digest, content).where(
        _tasks.project_id.in_(sa.select(projects.c.id)),  # with which the index finds them
        _tasks.status.in_([status.value for status in Status if status is not Status.COMPLETED]),
        digest.is_not(None),
        content.is_not(None),
    )
    key = sa.tuple_(_answers.digest, _answers.content)
    old = sa.select(_answers.digest, _answers.content).where(_answers.asked_at < before, key.not_in(needed))
    found = connection.execute(old.limit(most)).all()
    if found:
        connection.execute(sa.delete(gemini_answers).where(key.in_([tuple(row) for row in found])))
    return len(found)


def _is(key: Key) -> tuple[sa.ColumnElement[bool], ...]:
    return _answers.digest == key.digest, _answers.content == key.content


def _read(row: sa.Row[Any]) -> Stored:
    said = dict(row._mapping)
    key = Key(said.pop("digest"), said.pop("content"))
    return Stored(key=key, by=said.pop("asked_by"), **said)
