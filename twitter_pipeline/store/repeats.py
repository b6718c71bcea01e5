"""Which words an account has sent not long ago: X refuses the same ones twice."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store.attempts import MADE, UNANSWERED
from twitter_pipeline.store.tables import publishing_attempts, timeline_posts

_attempts = publishing_attempts.c
_seen = timeline_posts.c


@dataclass(frozen=True)
class Repeat:
    """Words that an account has sent, or may have."""

    #: When (aware UTC).
    at: datetime
    #: None while it is not known whether X has them.
    post_id: str | None


def keys(connection: sa.Connection, account_id: int, *, since: datetime) -> set[str]:
    """All words that the account has sent since, or may have: what is not among them is no repetition."""
    sent = sa.select(_attempts.text_key).where(
        _attempts.account_id == account_id, _attempts.text_key.is_not(None), _attempts.sent_at >= since
    )
    seen = sa.select(_seen.text_key).where(_seen.account_id == account_id, _seen.posted_at >= since)
    return set(connection.scalars(sent.union(seen)))


def recent(
    connection: sa.Connection, account_id: int, text_keys: Collection[str], *, since: datetime, but: int
) -> dict[str, Repeat]:
    """Those of the words that another task than `but`, or nobody here, has posted since, each with its newest post.

    One whose outcome is open only where nothing certain is known.
    """
    sent = sa.select(_attempts.text_key, _attempts.sent_at, _attempts.tweet_id, _attempts.state).where(
        _attempts.account_id == account_id,
        _attempts.text_key.in_(text_keys),
        _attempts.state.in_([state.value for state in (*UNANSWERED, *MADE)]),
        _attempts.sent_at >= since,
        _attempts.task_id != but,
    )
    seen = sa.select(_seen.text_key, _seen.posted_at, _seen.post_id).where(
        _seen.account_id == account_id,
        _seen.text_key.in_(text_keys),
        _seen.posted_at >= since,
        sa.or_(_seen.task_id.is_(None), _seen.task_id != but),
    )
    found: dict[str, list[Repeat]] = {}
    for key, sent_at, tweet_id, state in connection.execute(sent):
        is_open = state in [open_state.value for open_state in UNANSWERED]
        found.setdefault(key, []).append(Repeat(sent_at, None if is_open else tweet_id))
    for key, posted_at, post_id in connection.execute(seen):
        found.setdefault(key, []).append(Repeat(posted_at, post_id))
    return {key: max(repeats, key=_by_certainty) for key, repeats in found.items()}


def _by_certainty(repeat: Repeat) -> tuple[bool, datetime]:
    return repeat.post_id is not None, repeat.at
