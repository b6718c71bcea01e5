"""What was sent to X and what it said: durable before the request leaves, and after the answer.

A thread has a row for each of its posts; the next is prepared once the one before it is confirmed or adopted.

prepared ──▶ sent ──▶ confirmed | refused
   ▲           ├────▶ unknown ──▶ adopted (found on the timeline) | absent (surely not there)
   └───────────┘ the request surely never left

`docs/exactly-once.md` tells why this is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import sqlalchemy as sa

from twitter_pipeline.store import accounts, claims, tasks
from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts, publishing_tasks
from twitter_pipeline.store.tasks import Task

_attempts = publishing_attempts.c


@dataclass(frozen=True)
class Content:
    """What is sent, exactly, and what it is found by on the timeline."""

    text: str
    text_key: str
    media_ids: tuple[str, ...] = ()
    media_keys: tuple[str, ...] = ()
    #: Whether the text holds what X makes a link of: such a post costs more.
    has_link: bool = False
    #: Which post of a thread it is, from 1, and of how many.
    part: int = 1
    parts: int = 1
    #: Of its first post the words of those that follow.
    more: tuple[str, ...] = ()
    #: The id of the post before it in the thread; None for the first.
    reply_to: str | None = None
    #: X's names of the labels that it carries, such as `made_with_ai`.
    labels: tuple[str, ...] = ()


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
UNANSWERED = (AttemptState.SENT, AttemptState.UNKNOWN)
#: The same in SQL, as it stands in the index over them: SQLite uses that for no values that come separately.
IS_UNANSWERED = _attempts.state.in_(
    sa.bindparam("unanswered", [state.value for state in UNANSWERED], expanding=True, literal_execute=True)
)
#: In these the post is on X.
MADE = (AttemptState.CONFIRMED, AttemptState.ADOPTED)
_IS_MADE = _attempts.state.in_([state.value for state in MADE])


def may_be_on_x(connection: sa.Connection, task_id: int) -> bool:
    """Whether the post may be on X, so that nothing is sent: some attempt is unanswered, or all of its posts are there.

    No for a thread that is on X in part: its next post may be sent. Whoever acts on a No locks the task first
    (`tasks.get`, `lock`): a request about to leave is waited for.
    """
    is_whole = sa.and_(_IS_MADE, _attempts.part == _attempts.parts)
    found = connection.scalar(
        sa.select(_attempts.id).where(_attempts.task_id == task_id, sa.or_(IS_UNANSWERED, is_whole)).limit(1)
    )
    return found is not None


@dataclass(frozen=True)
class Made:
    """What of a task is on X for certain."""

    #: The ids of its posts by their place in the thread, from 1.
    ids: Mapping[int, str] = field(default_factory=dict)
    #: The words of all posts there are to be; none as long as nothing is on X.
    texts: tuple[str, ...] = ()
    #: Who posted the first; None where that is not known.
    account_id: int | None = None

    @property
    def is_begun(self) -> bool:
        """Whether it is a thread of which some posts are on X, and others are not."""
        return 0 < len(self.ids) < len(self.texts)

    def __str__(self) -> str:
        return f"{len(self.ids)} of {len(self.texts)} posts of its thread are on X"


def made(connection: sa.Connection, task_id: int) -> Made:
    """Which of the task's posts some attempt made for certain."""
    columns = (_attempts.part, _attempts.tweet_id, _attempts.text, _attempts.more, _attempts.account_id)
    query = sa.select(*columns).where(_attempts.task_id == task_id, _IS_MADE).order_by(_attempts.part, _attempts.id)
    rows = connection.execute(query).all()
    if not rows:
        return Made()
    first = rows[0]
    return Made({row.part: row.tweet_id for row in rows}, (first.text, *(first.more or ())), first.account_id)


def begun(connection: sa.Connection, project_id: str, statuses: Collection[Status]) -> set[int]:
    """The tasks of a project, in these states, whose thread is on X in part."""
    rows = connection.scalars(
        sa.select(publishing_tasks.c.id).where(
            publishing_tasks.c.project_id == project_id,
            publishing_tasks.c.status.in_([status.value for status in statuses]),
            tasks.IS_BEGUN,
        )
    )
    return set(rows)


def prepare(connection: sa.Connection, claim: Claim, content: Content, *, account_id: int, now: datetime) -> None:
    """Write down what is about to be sent. A later try of the same attempt replaces it.

    Locks the account's row: what is sent after it knows of everything sent before.
    """
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
            part=content.part,
            parts=content.parts,
            more=list(content.more) or None,
            reply_to=content.reply_to,
            fence=claim.fence,
            run_id=claim.holder,
            state=AttemptState.PREPARED.value,
            text=content.text,
            media_ids=list(content.media_ids),
            media_keys=list(content.media_keys),
            text_key=content.text_key,
            has_link=content.has_link,
            labels=list(content.labels),
            account_id=account_id,
            after_id=accounts.newest_post(connection, account_id),
            prepared_at=now,
        )
    )


def words_in_flight(connection: sa.Connection, account_id: int, content: Content, *, but: int) -> bool:
    """Whether another task's attempt with the same words is unanswered, and nothing else tells the two apart."""
    if content.media_ids:
        return False
    found = connection.scalar(
        sa.select(_attempts.id)
        .join(publishing_tasks, publishing_tasks.c.id == _attempts.task_id)
        .where(
            _attempts.account_id == account_id,
            _attempts.text_key == content.text_key,
            IS_UNANSWERED,
            _attempts.task_id != but,
            publishing_tasks.c.status.in_([Status.RUNNING.value, Status.UNCONFIRMED.value]),
        )
        .limit(1)
    )
    return found is not None


def mark_sent(connection: sa.Connection, claim: Claim, *, now: datetime) -> bool:
    """prepared → sent, only while the claim's lease lasts, which is renewed. The caller commits, and only then sends.

    Locks the task's row until then, or PostgreSQL would let the reaper take it back meanwhile, not seeing `sent`.
    """
    if not claims.renew(connection, claim, now=now):
        return False
    changed = connection.execute(
        sa.update(publishing_attempts)
        .where(*_of(claim), _attempts.state == AttemptState.PREPARED.value)
        # What readings told of an earlier try of it says nothing of this one.
        .values(state=AttemptState.SENT.value, sent_at=now, look_at=None, looks=0, looked_from=None, missed_at=None)
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
    http_status: int | None = None,
) -> None:
    """sent → what came of it. PREPARED: the request never left.

    An answer that comes late counts even when the post had been taken for absent.
    """
    tasks.lock(connection, claim.task_id)
    open_states = [*UNANSWERED, AttemptState.ABSENT] if state is AttemptState.CONFIRMED else UNANSWERED
    connection.execute(
        sa.update(publishing_attempts)
        .where(*_of(claim), _attempts.state.in_([s.value for s in open_states]))
        .values(state=state.value, answered_at=now, tweet_id=tweet_id, answer=said, http_status=http_status)
    )


def find(connection: sa.Connection, claim: Claim, *, now: datetime, tweet_id: str) -> None:
    """sent, unknown, absent → adopted: what this very claim has sent was found on the timeline.

    Not what another claim has sent since: that may be the next post of the same thread.
    """
    tasks.lock(connection, claim.task_id)
    connection.execute(
        sa.update(publishing_attempts)
        .where(*_of(claim), _attempts.state.in_([s.value for s in (*UNANSWERED, AttemptState.ABSENT)]))
        .values(state=AttemptState.ADOPTED.value, answered_at=now, tweet_id=tweet_id, look_at=None)
    )


def is_unanswered(connection: sa.Connection, claim: Claim) -> bool:
    """Whether a post of the claim's attempt was sent and nobody knows what came of it."""
    return connection.scalar(sa.select(_attempts.id).where(*_of(claim), IS_UNANSWERED).limit(1)) is not None


def look_for(connection: sa.Connection, task_id: int, *, at: datetime | None) -> None:
    """Let the timeline be read, from `at` on, for the task's unanswered attempt; None: a person decides."""
    connection.execute(
        sa.update(publishing_attempts).where(_attempts.task_id == task_id, IS_UNANSWERED).values(look_at=at)
    )


def resolve(
    connection: sa.Connection, task_id: int, state: AttemptState, *, now: datetime, tweet_id: str | None = None
) -> None:
    """sent, unknown → adopted or absent: every unanswered attempt of the task (there is one at most)."""
    connection.execute(
        sa.update(publishing_attempts)
        .where(_attempts.task_id == task_id, IS_UNANSWERED)
        .values(state=state.value, answered_at=now, tweet_id=tweet_id, look_at=None)
    )


def record(
    connection: sa.Connection, task: Task, content: Content, tweet_id: str, *, account_id: int, now: datetime
) -> None:
    """Write down that a post of the task is on X which no attempt of this database made."""
    values = {
        "state": AttemptState.ADOPTED.value,
        "text": content.text,
        "text_key": content.text_key,
        "parts": content.parts,
        "more": list(content.more) or None,
        "reply_to": content.reply_to,
        "account_id": account_id,
        "answered_at": now,
        "tweet_id": tweet_id,
    }
    own = (_attempts.task_id == task.id, _attempts.number == task.attempt, _attempts.part == content.part)
    if connection.execute(sa.update(publishing_attempts).where(*own).values(values)).rowcount:
        return
    rest = {"number": task.attempt, "part": content.part, "fence": task.fence, "run_id": "", "media_ids": []}
    connection.execute(sa.insert(publishing_attempts).values(task_id=task.id, prepared_at=now, **rest, **values))


def _of(claim: Claim) -> list[sa.ColumnElement[bool]]:
    # Of a thread's rows of one attempt only the last can be open: a claim has one request under way.
    return [_attempts.task_id == claim.task_id, _attempts.number == claim.attempt]
