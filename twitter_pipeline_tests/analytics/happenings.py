"""What happened at which time, put into the database for the tests of figures."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.publishing.matching import text_key
from twitter_pipeline.store import accounts, attempts, claims, moves
from twitter_pipeline.store.attempts import AttemptState, Content
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Move
from twitter_pipeline_tests.support.items import carry_out, put_task, take

HOUR = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
ONE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

_ids = itertools.count(1)


def post(engine: sa.Engine, task_id: int, now: datetime, *, has_link: bool = False, parts: int = 1) -> None:
    """Have a task posted, as a thread of so many posts; only its last holds the link."""
    claim = take(engine, task_id, holder=f"run-{task_id}", now=now)
    with writing(engine) as connection:
        (account, *_) = accounts.listing(connection)
        for part in range(1, parts + 1):
            words = f"words {task_id} {part}"
            content = Content(words, text_key(words), has_link=has_link and part == parts, part=part, parts=parts)
            attempts.prepare(connection, claim, content, account_id=account.id, now=now)
            assert attempts.mark_sent(connection, claim, now=now)
            tweet_id = f"{next(_ids)}"
            attempts.answer(connection, claim, AttemptState.CONFIRMED, now=now, tweet_id=tweet_id)
        assert claims.settle(connection, claim, Move(Event.POST, "posted", tweet_id=tweet_id), now=now)


def put(engine: sa.Engine, found: datetime, posted: datetime | None = None, *, has_link: bool = False) -> int:
    """A task found then, and posted then."""
    task_id = put_task(engine, created_at=found)
    if posted is not None:
        post(engine, task_id, posted, has_link=has_link)
    return task_id


def adopt(engine: sa.Engine, task_id: int, *, found: datetime, posted: datetime) -> None:
    """Have it found on the timeline."""
    move = Move(Event.ADOPT, "it is there", tweet_id=f"{next(_ids)}", posted_at=posted)
    with writing(engine) as connection:
        assert moves.adopt(connection, task_id, move, now=found)


def a_day_at_work(engine: sa.Engine) -> None:
    """Three found at noon; one posted then, one with a link an hour later, one failed twice."""
    put(engine, HOUR + MINUTE, HOUR + 5 * MINUTE)
    put(engine, HOUR + MINUTE, HOUR + 65 * MINUTE, has_link=True)
    task_id = put(engine, HOUR + MINUTE)
    for minute in (10, 20):
        take(engine, task_id, holder=f"run-{minute}", now=HOUR + minute * MINUTE)
        carry_out(engine, task_id, Event.FAIL, now=HOUR + minute * MINUTE)
