"""Attempts whose outcome nobody knows, and the readings of the timeline that are to find out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import accounts, tasks
from twitter_pipeline.store.attempts import IS_UNANSWERED, AttemptState
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import (
    publishing_attempts,
    publishing_tasks,
    timeline_posts,
    timeline_readings,
)

_attempts = publishing_attempts.c
_tasks = publishing_tasks.c
_seen = timeline_posts.c


@dataclass(frozen=True)
class Open:
    """An attempt that was sent and not answered. Times are aware UTC."""

    id: int
    task_id: int
    #: Of the task's attempts.
    number: int
    #: None for what was sent before it was kept.
    account_id: int | None
    text: str
    #: None for what was sent before it was kept.
    text_key: str | None
    media_ids: tuple[str, ...]
    media_keys: tuple[str, ...]
    #: Which post of a thread it is, from 1, and of how many.
    part: int
    parts: int
    #: The newest post of the account known before it was sent.
    after_id: str | None
    sent_at: datetime
    #: What X answered with, where it answered.
    http_status: int | None
    #: When the timeline is read for it next; None: a person decides.
    look_at: datetime | None
    #: Looks that told nothing.
    looks: int
    #: By X's clock: the first whole reading after the request that did not show it, and the first late enough to count.
    looked_from: datetime | None
    missed_at: datetime | None
    #: What was said then; None where nobody knows.
    answer: str | None
    #: Whether its task is `unconfirmed`: nobody works on it any more.
    unconfirmed: bool


_COLUMNS = [*(_attempts[field.name] for field in fields(Open) if field.name != "unconfirmed"), _tasks.status]


def unanswered(connection: sa.Connection, account_id: int) -> list[Open]:
    """The unanswered attempts of an account: those of runs under way, and those of `unconfirmed` tasks."""
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .join(publishing_tasks, _tasks.id == _attempts.task_id)
        .where(_attempts.account_id == account_id, IS_UNANSWERED)
        .where(_tasks.status.in_([Status.RUNNING.value, Status.UNCONFIRMED.value]))
        .order_by(_attempts.id)
    )
    return [_read(row) for row in rows.mappings()]


def open_of(connection: sa.Connection, task_ids: Collection[int]) -> dict[int, Open]:
    """The unanswered attempts of these tasks, by task; none for a task that has sent nothing, or all was answered."""
    query = (
        sa.select(*_COLUMNS)
        .join(publishing_tasks, _tasks.id == _attempts.task_id)
        .where(_attempts.task_id.in_(task_ids), IS_UNANSWERED)
        .order_by(_attempts.id)
    )
    return {one.task_id: one for one in map(_read, connection.execute(query).mappings())}


def _read(row: sa.RowMapping) -> Open:
    kept = {str(name): value for name, value in row.items()}
    status = kept.pop("status")
    lists = {name: tuple(kept[name] or ()) for name in ("media_ids", "media_keys")}
    return Open(**{**kept, **lists}, unconfirmed=status == Status.UNCONFIRMED.value)


def due(connection: sa.Connection, now: datetime | None = None) -> list[int]:
    """The accounts whose timeline is to be read, whether anything is posted with them any more or not.

    Now, those first that have been due for longest; or ever, without `now`.
    """
    is_due = _attempts.look_at.is_not(None) if now is None else _attempts.look_at <= now
    query = (
        sa.select(_attempts.account_id)
        .where(_attempts.account_id.is_not(None), IS_UNANSWERED, is_due)
        .group_by(_attempts.account_id)
        .order_by(sa.func.min(_attempts.look_at), _attempts.account_id)
    )
    return list(connection.scalars(query))


def begin(connection: sa.Connection, account_id: int, *, now: datetime, again: datetime) -> set[int]:
    """Take the looks of an account that are due, so that nobody else does: the ids of their attempts.

    Should the reading die, they are due `again`.
    """
    taken = connection.scalars(
        sa.update(publishing_attempts)
        .where(_attempts.account_id == account_id, IS_UNANSWERED, _attempts.look_at <= now)
        .values(look_at=again)
        .returning(_attempts.id)
    )
    return set(taken)


def keep(connection: sa.Connection, one: Open, **values: Any) -> None:
    """Write down what a look has told of an attempt that stays unanswered; nothing when it was sent anew meanwhile."""
    tasks.lock(connection, one.task_id)
    connection.execute(
        sa.update(publishing_attempts)
        .where(_attempts.id == one.id, _attempts.sent_at == one.sent_at, IS_UNANSWERED)
        .values(**values)
    )


def close(
    connection: sa.Connection, one: Open, state: AttemptState, *, now: datetime, tweet_id: str | None = None
) -> bool:
    """End an unconfirmed task's attempt as adopted or absent; False when it was answered, or sent anew, meanwhile.

    The caller has locked the task.
    """
    unconfirmed = sa.select(_tasks.id).where(_tasks.id == one.task_id, _tasks.status == Status.UNCONFIRMED.value)
    closed = connection.execute(
        sa.update(publishing_attempts)
        .where(_attempts.id == one.id, _attempts.sent_at == one.sent_at, IS_UNANSWERED, unconfirmed.exists())
        .values(state=state.value, answered_at=now, tweet_id=tweet_id, look_at=None)
    )
    return closed.rowcount == 1


def look_now(connection: sa.Connection, task_ids: Collection[int], now: datetime) -> int:
    """Let the timeline be read at once for unanswered attempts of these tasks; how many they are."""
    changed = connection.execute(
        sa.update(publishing_attempts)
        .where(_attempts.task_id.in_(task_ids), _attempts.account_id.is_not(None), IS_UNANSWERED)
        .values(look_at=now, looks=0)
    )
    return changed.rowcount


def known(connection: sa.Connection, post_ids: Collection[str], *, but_of: int = 0) -> set[str]:
    """Those of the posts that an attempt made, or that are known as a task's post; of other tasks than `but_of`."""
    made, of_task = _attempts.tweet_id, _tasks.tweet_id
    by_attempts = sa.select(made).where(made.in_(post_ids), _attempts.task_id != but_of)
    of_tasks = sa.select(of_task).where(of_task.in_(post_ids), _tasks.id != but_of)
    return {str(id) for id in connection.scalars(by_attempts.union(of_tasks))}


def is_free(connection: sa.Connection, account_id: int, post_id: str, *, but_of: int = 0) -> bool:
    """Whether a post may be given to a task: none (`but_of`) has it, nor can take it before the transaction ends.

    The caller has locked the task. This locks the account, and keeps the post as one that it has made.
    """
    accounts.knows_post(connection, account_id, post_id)
    return not known(connection, [post_id], but_of=but_of)


def count_reading(connection: sa.Connection, account_id: int, posts: int, *, now: datetime) -> None:
    """Add a reading to what the day's readings cost: X charges for each post listed."""
    table = timeline_readings
    connection.execute(
        insert_into(connection, table)
        .values(account_id=account_id, day=now.date(), readings=1, posts=posts)
        .on_conflict_do_update(
            index_elements=["account_id", "day"],
            set_={"readings": table.c.readings + 1, "posts": table.c.posts + posts},
        )
    )


def cost(connection: sa.Connection, account_id: int, day: Any) -> tuple[int, int]:
    """Readings of a day (UTC) and the posts they listed."""
    row = connection.execute(
        sa.select(timeline_readings.c.readings, timeline_readings.c.posts).where(
            timeline_readings.c.account_id == account_id, timeline_readings.c.day == day
        )
    ).one_or_none()
    return (0, 0) if row is None else (row.readings, row.posts)


@dataclass(frozen=True)
class Seen:
    """A post of an account's timeline that is not known here."""

    account_id: int
    post_id: str
    text_key: str
    text: str
    #: How many media it has.
    media: int
    #: Aware UTC.
    posted_at: datetime


def see(connection: sa.Connection, posts: Collection[Seen], *, now: datetime) -> None:
    """Keep posts that are not known here."""
    if not posts:
        return
    rows = [{**vars(post), "seen_at": now} for post in posts]
    connection.execute(insert_into(connection, timeline_posts).on_conflict_do_nothing(), rows)


def seen(connection: sa.Connection, account_id: int, *, text_keys: Collection[str] | None = None) -> list[Seen]:
    """Posts of an account that are not known here and no item has, oldest first; those with these words only."""
    query = sa.select(
        *(_seen.account_id, _seen.post_id, _seen.text_key, _seen.text, _seen.media, _seen.posted_at)
    ).where(_seen.account_id == account_id, _seen.task_id.is_(None))
    if text_keys is not None:
        query = query.where(_seen.text_key.in_(text_keys))
    return [Seen(*row) for row in connection.execute(query.order_by(_seen.posted_at, _seen.post_id))]


def give(connection: sa.Connection, account_id: int, post_id: str, task_id: int) -> None:
    """Keep which item a post was found to be."""
    connection.execute(
        sa.update(timeline_posts)
        .where(_seen.account_id == account_id, _seen.post_id == post_id)
        .values(task_id=task_id)
    )
