"""Posts on an account's timeline that are not known here: another machine's, a person's own hand's, or our own.

Our own are unknown when the database is an older copy. So each account's timeline is looked through before its first
post after a start, and an item whose words are on it already is left to a person.

Reading costs money: of what came since the last look all is read, each post once. The first look takes one page.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import matching
from twitter_pipeline.publishing.connecting import connected_as, posts_page
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.outcomes import AccountStopped, MustWait, Outcome
from twitter_pipeline.publishing.session import Ended, Item, Session
from twitter_pipeline.store import accounts, log, looks
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.looks import Seen
from twitter_pipeline.store.status import Event

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.posts import Post

#: X's largest page, and how many of them it lists of a timeline: 3,200 posts.
PAGE, MOST_PAGES = 100, 32
#: Older than any post: what was seen of an empty timeline.
BEFORE_ALL = "1"
#: How long an item waits for another one whose post may be the one that was seen.
UNDER_WAY_WAIT = timedelta(seconds=30)
#: By so much the clock here, which files have their times from, may be ahead of X's: it refuses what is signed with one
#: that is further off.
CLOCKS_DIFFER = timedelta(minutes=5)
#: After so many looks in a row that got a list with gaps a person decides; each waits twice as long as the last.
MOST_GAPS = 5
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


class HasGaps(Exception):
    """X's list of the account's posts lacks some of them, as X says itself."""

    def __init__(self) -> None:
        super().__init__("X's list of its posts lacks some of them, as X says itself")


@dataclass(frozen=True)
class Foreign:
    """What an account has posted since the last look and not from here."""

    account: str
    number: int
    #: Whether there may be more than X lists.
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
            " machine posts with this account, or the database here is an older copy: stop one of the two, or see with"
            " twitter-pipeline reconcile --dry-run which items are on X already"
        )


def look(engine: sa.Engine, settings: Settings, account_id: int, *, now: datetime) -> Foreign | None:
    """Look once; None when all posts are ours, and at the first look. Raises KeyLost, XError and HasGaps.

    Posts made after `now`, by a run under way perhaps, are left for the next look.
    """
    with connected_as(engine, settings, account_id) as connected:
        return _look(engine, settings, account_id, connected, until=now).told


def read(engine: sa.Engine, settings: Settings, account_id: int, *, whole: bool = False) -> int:
    """Read what is new on a timeline, or all that X lists of it, and keep what is not known here.

    How many posts were listed: X charges for each. Raises KeyLost, XError, and HasGaps when what it lists is kept.
    """
    with connected_as(engine, settings, account_id) as connected:
        return _look(engine, settings, account_id, connected, whole=whole).listed


def look_through(session: Session, connected: XClient) -> None:
    """Look before an account's first post since the start. Raises Ended to wait while that cannot be done."""
    from twitter_pipeline.x.errors import NotSent, Refused, WaitUntil, XError

    if not session.settings.x.read_timeline:
        return
    with reading(session.engine) as connection:
        account = accounts.by_id(connection, session.account.id)
    if account.looked_at is not None:
        return
    # It was stopped for them, and a person has resumed it.
    goes_on = account.timeline_gaps >= MOST_GAPS and account.stopped_reason is None
    try:
        _look(session.engine, session.settings, session.account.id, connected, gaps_are_known=goes_on)
    except HasGaps as error:
        raise Ended(_after_gaps(session, error)) from error
    except WaitUntil as error:
        raise Ended(MustWait(str(error), error.until)) from error
    except Refused as error:
        if error.status in (401, 402):
            raise
        with writing(session.engine) as connection:  # its plan does not allow it: nothing can be known
            accounts.looked_through(connection, session.account.id, now=utc_now())
    except NotSent:
        raise  # X is away as a whole
    except XError as error:
        raise Ended(
            MustWait(
                "the account's timeline must be looked through first, in case the database is an older copy"
                f" (x.read_timeline: no posts without): {error}",
                utc_now() + session.settings.settle_time,
            )
        ) from error


def _after_gaps(session: Session, error: HasGaps) -> Outcome:
    """All of the account waits for a list without gaps, and then for a person: each reading costs money."""
    now = utc_now()
    with writing(session.engine) as connection:
        account = accounts.found_gaps(connection, session.account.id, now=now)
        if account.timeline_gaps >= MOST_GAPS:
            reason = (
                f"{error}, {account.timeline_gaps} times: an item that would go out may be among these. Look at its"
                " timeline, or see twitter-pipeline reconcile --dry-run (once resumed, posts go out without them)"
            )
            accounts.stop(connection, account.id, reason)
            return AccountStopped(reason)
        reason = f"{error}, and it must be looked through first, in case the database is an older copy"
        until = now + session.settings.settle_time * 2 ** (account.timeline_gaps - 1)
        accounts.wait(connection, account.id, until, reason)
        return MustWait(reason, until, whole_account=True)


@dataclass(frozen=True)
class _Looked:
    #: What is to be told of it; None for nothing.
    told: Foreign | None
    #: Posts that X listed.
    listed: int


def _look(
    engine: sa.Engine,
    settings: Settings,
    account_id: int,
    connected: XClient,
    *,
    until: datetime | None = None,
    whole: bool = False,
    gaps_are_known: bool = False,
) -> _Looked:
    from twitter_pipeline.x.posts import timeline

    with reading(engine) as connection:
        account = accounts.by_id(connection, account_id)
    since = account.timeline_seen_id
    listing = timeline(
        connected,
        str(account.x_user_id),
        since_id=None if whole else since,
        max_results=PAGE,
        # Without a beginning a long history would be paid for.
        most_pages=MOST_PAGES if whole or since else 1,
    )
    posts = [post for post in listing.posts if until is None or post.created_at <= until]
    with writing(engine) as connection:
        now = utc_now()
        looks.count_reading(connection, account_id, len(listing.posts), now=now)
        # A request under way may have made one of them: its words tell which.
        under_way = {one.text_key for one in looks.unanswered(connection, account_id)}
        ours = looks.known(connection, [post.id for post in posts])
        others = [post for post in posts if post.id not in ours]
        looks.see(connection, [_seen(account_id, post) for post in others], now=now)
        may_lack = listing.has_gaps and not gaps_are_known
        if not may_lack:
            newest = max((*(post.id for post in posts), since or BEFORE_ALL), key=int)
            accounts.seen_timeline(connection, account_id, newest)
        if not may_lack and len(posts) == len(listing.posts):
            accounts.looked_through(connection, account_id, now=now)
    if may_lack:
        raise HasGaps
    if since is None or not others:
        return _Looked(None, len(listing.posts))
    last = max(others, key=lambda post: int(post.id))
    address = f"{posts_page(settings, account.x_username)}/{last.id}"
    maybe_ours = any(matching.text_key_of(post) in under_way for post in others)
    told = Foreign(account.name, len(others), not listing.whole, last.created_at, address, maybe_ours)
    return _Looked(told, len(listing.posts))


def _seen(account_id: int, post: Post) -> Seen:
    return Seen(account_id, post.id, matching.text_key_of(post), post.words, len(post.media_keys), post.created_at)


def is_seen(connection: sa.Connection, item: Session, draft: Draft, content: Content) -> Seen | None:
    """A post with the item's words that is not known here and may be the item's; None without.

    Raises Ended to wait while another item's post with these words is under way: it may be that one.
    """
    # A varied text may have gone out in other words of the same item.
    keys = {content.text_key, *(draft.other_words if content.part == 1 else ())}
    found = own_of(connection, item, item.account.id, draft, keys, with_media=bool(content.media_ids))
    others = [one for one in looks.unanswered(connection, item.account.id) if one.task_id != item.task.id]
    if found is not None and not keys.isdisjoint(one.text_key for one in others):
        until = utc_now() + UNDER_WAY_WAIT
        raise Ended(MustWait("an item with the same words may be on X, and the post that the timeline shows", until))
    return found


def own_of(
    connection: sa.Connection,
    item: Item,
    account_id: int,
    draft: Draft,
    text_keys: Collection[str],
    *,
    with_media: bool,
) -> Seen | None:
    """A post of the account, in one of these words, that is not known here and may be the item's; None without."""
    seen = looks.seen(connection, account_id, text_keys=text_keys)
    # An album may have been shared out to posts otherwise: how many pictures it shows does not count.
    alike = [post for post in seen if (post.media > 0) == with_media]
    if not alike:
        return None
    ours = looks.known(connection, [post.post_id for post in alike])
    made, denied = made_at(item, draft.sidecar), denied_at(connection, item.task.id)
    may_be = (post for post in alike if post.posted_at >= denied and post.posted_at + CLOCKS_DIFFER >= made)
    return next((post for post in may_be if post.post_id not in ours), None)


def denied_at(connection: sa.Connection, task_id: int) -> datetime:
    """When a person said that the item is not on X (aware UTC): what was posted until then is not its post."""
    lines = log.of_task(connection, task_id)
    said = [line.created_at for line in lines if line.action == Event.REOPEN.value and line.details.get("by_person")]
    return max(said, default=_NEVER)


def made_at(item: Item, sidecar: str | None) -> datetime:
    """When the item came to be (aware UTC): its post cannot be older. Raises Ended."""
    if not item.task.files and not item.source().repeat:
        return _NEVER  # the file of a text may be a list that grows; X takes the same words only once anyway
    times = [item.task.created_at]
    for path in (*item.task.files, *([sidecar] if sidecar else [])):
        try:
            modified = (item.project.path / path).stat().st_mtime
        except OSError:
            continue
        times.append(datetime.fromtimestamp(modified, timezone.utc))
    return min(times)
