"""Posts on an account's timeline that are not ours: another machine, a restored backup, or a person's own hand.

Reading costs money: one page, of what came since the last look. The first look only remembers where the timeline is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing.connecting import connected_as, posts_page
from twitter_pipeline.store import accounts
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import publishing_attempts, publishing_tasks

#: X's largest page, and its smallest: enough to see where a timeline is.
PAGE = 100
FIRST_PAGE = 5
#: Older than any post: what was seen of an empty timeline.
BEFORE_ALL = "1"


@dataclass(frozen=True)
class Foreign:
    """What an account has posted since the last look and not from here."""

    account: str
    number: int
    #: Whether the page was full: there may be more.
    or_more: bool
    #: Of the newest (aware UTC), and its address.
    newest_at: datetime
    newest: str
    #: Whether X's answer to one of our own posts was lost: it may be among them.
    maybe_ours: bool

    def __str__(self) -> str:
        posts = "1 post" if self.number == 1 else f"{self.number}{' or more' if self.or_more else ''} posts"
        own = " One of them may be the item that is unconfirmed here." if self.maybe_ours else ""
        return (
            f"account {self.account}: {posts} since the last start {'is' if self.number == 1 else 'are'} not from here,"
            f" the newest of {self.newest_at:%Y-%m-%d %H:%M} UTC: {self.newest}.{own} If nobody posted by hand, another"
            " machine posts with this account, or the database here is an older copy: then the same media may go out"
            " twice; stop one of the two"
        )


def look(engine: sa.Engine, settings: Settings, account_id: int, *, now: datetime) -> Foreign | None:
    """Look once; None when all posts are ours, and at the first look. Posts made after `now` are left for the next.

    Raises KeyLost and XError.
    """
    from twitter_pipeline.x.posts import timeline

    with connected_as(engine, settings, account_id) as connected:
        with reading(engine) as connection:
            account = accounts.by_id(connection, account_id)
        since = account.timeline_seen_id
        size = FIRST_PAGE if since is None else PAGE
        listed = timeline(connected, str(account.x_user_id), since_id=since, max_results=size)
    posts = [post for post in listed if post.created_at <= now]
    with writing(engine) as connection:
        newest = max((post.id for post in posts), key=int, default=since or BEFORE_ALL)
        accounts.seen_timeline(connection, account_id, newest)
        ours = _ours(connection, [post.id for post in posts])
        maybe_ours = _is_unanswered(connection)
    others = [post for post in posts if post.id not in ours]
    if since is None or not others:
        return None
    last = max(others, key=lambda post: int(post.id))
    address = f"{posts_page(settings, account.x_username)}/{last.id}"
    return Foreign(account.name, len(others), len(listed) >= size, last.created_at, address, maybe_ours)


def _ours(connection: sa.Connection, ids: Collection[str]) -> set[str]:
    """Those that an attempt of ours made, or that are known as a task's post."""
    made, known = publishing_attempts.c.tweet_id, publishing_tasks.c.tweet_id
    query = sa.select(made).where(made.in_(ids)).union(sa.select(known).where(known.in_(ids)))
    return {str(id) for id in connection.scalars(query)}


def _is_unanswered(connection: sa.Connection) -> bool:
    states = [AttemptState.SENT.value, AttemptState.UNKNOWN.value]
    query = sa.select(publishing_attempts.c.id).where(publishing_attempts.c.state.in_(states)).limit(1)
    return connection.scalar(query) is not None
