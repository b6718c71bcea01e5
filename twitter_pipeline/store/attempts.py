"""What was sent to X and what it said: durable before the request leaves, and after the answer.

prepared ──▶ sent ──▶ confirmed | refused
   ▲           ├────▶ unknown      (never sent again)
   └───────────┘ the request surely never left
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import sqlalchemy as sa

from twitter_pipeline.store.moves import Claim
from twitter_pipeline.store.tables import publishing_attempts, publishing_tasks

_attempts = publishing_attempts.c


class AttemptState(str, Enum):
    """How far an attempt to create a post got."""

    PREPARED = "prepared"
    #: The request may have left. What follows is an answer, or nothing is known.
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    #: Found on the timeline, or by a person.
    ADOPTED = "adopted"
    #: Surely not on X: two whole readings of the timeline, late enough, did not show it; or a person says so.
    ABSENT = "absent"


#: X's answer to these is not known.
_UNANSWERED = (AttemptState.SENT, AttemptState.UNKNOWN)
#: In these the post is, or may be, on X.
MAY_BE_POSTED = (*_UNANSWERED, AttemptState.CONFIRMED, AttemptState.ADOPTED)


def may_be_posted(connection: sa.Connection, task_id: int) -> bool:
    """Whether some attempt of the task was sent, and X did not surely refuse it.

    Whoever then acts on a No locks the task first (`tasks.get`, `lock`): a request about to leave is waited for.
    """
    found = connection.scalar(
        sa.select(_attempts.id)
        .where(_attempts.task_id == task_id, _attempts.state.in_([state.value for state in MAY_BE_POSTED]))
        .limit(1)
    )
    return found is not None


def prepare(connection: sa.Connection, claim: Claim, *, text: str, media_ids: Sequence[str], now: datetime) -> None:
    """Write down what is about to be sent: the exact text and media. A later try of the same attempt replaces it."""
    connection.execute(
        sa.delete(publishing_attempts).where(
            _attempts.task_id == claim.task_id,
            _attempts.number == claim.attempt,
            _attempts.state == AttemptState.PREPARED.value,
        )
    )
    connection.execute(
        sa.insert(publishing_attempts).values(
            task_id=claim.task_id,
            number=claim.attempt,
            fence=claim.fence,
            run_id=claim.holder,
            state=AttemptState.PREPARED.value,
            text=text,
            media_ids=list(media_ids),
            prepared_at=now,
        )
    )


def mark_sent(connection: sa.Connection, claim: Claim, *, now: datetime) -> bool:
    """prepared → sent, only while the claim's lease lasts. The caller commits, and only then sends.

    Locks the task's row until then, or PostgreSQL would let the reaper take it back meanwhile, not seeing `sent`.
    """
    holds = connection.scalar(
        sa.select(publishing_tasks.c.id)
        .where(
            publishing_tasks.c.id == claim.task_id,
            publishing_tasks.c.fence == claim.fence,
            publishing_tasks.c.lease_holder == claim.holder,
            publishing_tasks.c.lease_until > now,
        )
        .with_for_update()
    )
    if holds is None:
        return False
    changed = connection.execute(
        sa.update(publishing_attempts)
        .where(*_of(claim), _attempts.state == AttemptState.PREPARED.value)
        .values(state=AttemptState.SENT.value, sent_at=now)
    )
    return changed.rowcount == 1


def answer(
    connection: sa.Connection,
    claim: Claim,
    state: AttemptState,
    *,
    now: datetime,
    tweet_id: str | None = None,
    said: str | None = None,
) -> None:
    """sent → what came of it. PREPARED: the request never left."""
    connection.execute(
        sa.update(publishing_attempts)
        .where(*_of(claim), _attempts.state.in_([s.value for s in _UNANSWERED]))
        .values(state=state.value, answered_at=now, tweet_id=tweet_id, answer=said)
    )


def _of(claim: Claim) -> list[sa.ColumnElement[bool]]:
    return [_attempts.task_id == claim.task_id, _attempts.number == claim.attempt]
