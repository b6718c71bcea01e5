"""Finding out, by reading its timeline, whether a post is on X whose answer was lost.

- The reading shows it: it is adopted, and the item is posted.
- It does not. By X's own clock, the first whole reading begins the wait, one at least `settle_time` later misses the
  post, and one more, a fifth of that later, agrees: it is absent, and the item gets its next attempt.
- It shows something that may be it, or not all: it is read again, later and later; then a person decides.
- X refuses to list anything: a person decides.
- X refuses the account (its keys, its credit): it is stopped, as by a post, and read again now and then.

One reading serves all open attempts of an account, since X charges for each post it lists; it asks only for those that
are newer than what was known when the first of them was sent. `docs/exactly-once.md` holds the argument.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.duration import format_duration
from twitter_pipeline.publishing import matching, threads
from twitter_pipeline.publishing.connecting import connected_as, posts_page
from twitter_pipeline.publishing.decide import MAX_RETRIES, decide
from twitter_pipeline.publishing.matching import Sent, Verdict
from twitter_pipeline.publishing.outcomes import Absent, Adopted, Outcome, Refused
from twitter_pipeline.publishing.session import Session
from twitter_pipeline.publishing.unconfirmed import resolving
from twitter_pipeline.store import accounts, attempts, looks, moves, tasks
from twitter_pipeline.store.attempts import AttemptState, Made
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.looks import Open
from twitter_pipeline.store.secrets import KeyLost
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.errors import XError
    from twitter_pipeline.x.posts import Listing, Post

#: Seconds before each look of the run that lost the answer: most posts are on the timeline at once.
IN_RUN = (0.5, 1.5, 3.0)
#: After so many looks that told nothing a person decides.
MOST_LOOKS = 10
#: X's largest page, and how many of them are read: an account has not posted more while an answer was lost.
PAGE, MOST_PAGES = 100, 3
#: X's clock is told in whole seconds.
RESOLUTION = timedelta(seconds=1)
#: A post sent before any post of the account was known is looked for among those of this long before, too.
MARGIN = timedelta(hours=1)
#: A tick reads no longer than this, all accounts together: Dagster ends it after a minute.
READ_WITHIN = timedelta(seconds=10)
_LONGEST_GAP = timedelta(hours=1)
_WHILE_STOPPED = timedelta(minutes=10)

_T = TypeVar("_T")


def find(session: Session, connected: XClient) -> Adopted | None:
    """Look, a few seconds long, for the post that the session has just sent; None when it is not there (yet)."""
    from twitter_pipeline.x.errors import XError

    if not session.settings.x.read_timeline:
        return None
    settle = session.settings.settle_time.total_seconds()
    for wait in IN_RUN:
        time.sleep(min(wait, settle / 5))
        try:
            with reading(session.engine) as connection:
                account = accounts.by_id(connection, session.account.id)
                unanswered = looks.unanswered(connection, account.id)
            own = [one for one in unanswered if (one.task_id, one.number) == (session.task.id, session.claim.attempt)]
            if not own:
                return None
            listing = _read(session.engine, connected, account, unanswered)
            with reading(session.engine) as connection:
                verdict = _judge(connection, unanswered, listing)[own[0].id]
                made = attempts.made(connection, session.task.id)
        except (XError, sa.exc.SQLAlchemyError):
            return None  # the ticks look again
        if verdict.found is not None:
            return _adopted(session.settings, account, own[0], made, verdict.found)
    return None


def look_where_due(engine: sa.Engine, settings: Settings, *, now: datetime) -> list[str]:
    """Read the timelines for which a look is due, and move their items on; lines for people.

    In any project's tick, for all accounts: for one that no project posts with any more nobody else would. What is not
    reached within `READ_WITHIN` comes first in the next tick.
    """
    with reading(engine) as connection:
        due = looks.due(connection, now)
    said: list[str] = []
    until = time.monotonic() + READ_WITHIN.total_seconds()
    for account_id in due:
        left = timedelta(seconds=until - time.monotonic())
        if left < READ_WITHIN / 2:  # a reading that is cut short tells nothing, and counts as one in vain
            break
        said += look(engine, settings, account_id, now=now, within=left)
    return said


def look(
    engine: sa.Engine, settings: Settings, account_id: int, *, now: datetime, within: timedelta = READ_WITHIN
) -> list[str]:
    """Read the timeline of an account once, for all of its attempts that are due; what came of each, for people."""
    from twitter_pipeline.x.errors import XError

    def read() -> tuple[accounts.AccountRow, Listing]:
        with connected_as(engine, settings, account_id, read_timeout=within) as connected:
            with reading(engine) as connection:
                account = accounts.by_id(connection, account_id)
            return account, _read(engine, connected, account, unanswered)

    with writing(engine) as connection:
        taken = looks.begin(connection, account_id, now=now, again=now + settings.settle_time)
        unanswered = looks.unanswered(connection, account_id)
    opened = [one for one in unanswered if one.id in taken and one.unconfirmed]
    if not opened:
        return []
    if not settings.x.read_timeline:
        return [_leave_to_a_person(engine, one, "x.read_timeline is no", now) for one in opened]
    try:
        account, listing = _in_time(read, within)
    except XError as error:
        return _unread(engine, settings, account_id, opened, error, now)
    except KeyLost as error:
        return [_leave_to_a_person(engine, one, f"the timeline cannot be read: {error}", now) for one in opened]
    with reading(engine) as connection:
        verdicts = _judge(connection, unanswered, listing)
    return [_act(engine, settings, account, one, verdicts[one.id], listing, now) for one in opened]


def _in_time(work: Callable[[], _T], within: timedelta) -> _T:
    """What `work` gives, done in a thread that nobody waits for any longer. Raises XError then.

    Timeouts alone are no bound: they hold for each piece of an answer, and for no name that is looked up.
    """
    from twitter_pipeline.x.errors import Transient

    result: list[_T] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as raised:  # noqa: BLE001 - handed to the caller
            error.append(raised)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="look", daemon=True)
    thread.start()
    thread.join(within.total_seconds())
    if error:
        raise error[0]
    if not result:
        raise Transient(f"It was not read within {within.total_seconds():.0f} s.", is_outage=True)
    return result[0]


def _read(engine: sa.Engine, connected: XClient, account: accounts.AccountRow, unanswered: Sequence[Open]) -> Listing:
    """Everything that may be one of these posts. Raises XError."""
    from twitter_pipeline.x.posts import Listing, timeline

    floors = [matching.floor_of(one.after_id) for one in unanswered]
    since = min(floors)
    listing = timeline(
        connected,
        str(account.x_user_id),
        since_id=str(since) if since else None,
        max_results=PAGE,
        # Without a beginning the newest are enough, or a long history would be paid for.
        most_pages=MOST_PAGES if since else 1,
    )
    with writing(engine) as connection:
        looks.count_reading(connection, account.id, len(listing.posts), now=utc_now())
    if not since and listing.posts and not listing.has_gaps:
        # One page of a long history is whole once it goes back to before the first request.
        oldest = min(post.created_at for post in listing.posts)
        reaches = oldest < min(one.sent_at for one in unanswered) - MARGIN
        return Listing(listing.posts, listing.whole or reaches, listing.at)
    return listing


def _judge(connection: sa.Connection, unanswered: Sequence[Open], listing: Listing) -> dict[int, Verdict]:
    known = looks.known(connection, [post.id for post in listing.posts])
    sent = [
        Sent(one.id, one.text_key or matching.text_key(one.text), one.media_ids, one.media_keys, one.after_id)
        for one in unanswered
    ]
    return matching.judge(sent, listing.posts, known)


def _act(
    engine: sa.Engine,
    settings: Settings,
    account: accounts.AccountRow,
    one: Open,
    verdict: Verdict,
    listing: Listing,
    now: datetime,
) -> str:
    """Do what a reading says about one attempt."""
    if verdict.found is not None:
        return _adopt(engine, settings, account, one, verdict.found, now)
    if verdict.unclear is not None:
        seen = f"{posts_page(settings, account.x_username)}/{verdict.unclear.id}"
        return _look_later(engine, settings, one, f"{seen} has its words, and may be it or another's", now)
    if not listing.whole:
        return _look_later(engine, settings, one, "the timeline could not be read as far back as needed", now)
    # It is not there. That counts only settle_time after a reading that surely came after the request.
    settle, agree = settings.settle_time + RESOLUTION, settings.settle_time / 5 + RESOLUTION
    if one.looked_from is None:
        return _keep(engine, one, now + settle, "not on the timeline so far", now, looked_from=listing.at)
    if one.missed_at is None:
        if (left := one.looked_from + settle - listing.at) > timedelta(0):
            return _keep(engine, one, now + left, None, now)
        return _keep(engine, one, now + agree, "still not on the timeline; read once more", now, missed_at=listing.at)
    if (left := one.missed_at + agree - listing.at) > timedelta(0):
        return _keep(engine, one, now + left, None, now)
    return _absent(engine, settings, one, now)


def _adopt(
    engine: sa.Engine, settings: Settings, account: accounts.AccountRow, one: Open, post: Post, now: datetime
) -> str:
    with writing(engine) as connection:
        task = tasks.get(connection, one.task_id, lock=True)
        if not looks.is_free(connection, account.id, post.id):
            return f"{task.partition_key}: {post.id} is another item's by now"
        if not looks.close(connection, one, AttemptState.ADOPTED, now=now, tweet_id=post.id):
            return f"{task.partition_key}: its answer came meanwhile"
        found = _adopted(settings, account, one, attempts.made(connection, task.id), post)
        decided = decide(found, task, now)
        decided = moves.resolve(connection, one.task_id, decided, now=now) or decided
        looks.give(connection, account.id, post.id, one.task_id)
    return f"{task.partition_key}: {decided.message}"


def _absent(engine: sa.Engine, settings: Settings, one: Open, now: datetime) -> str:
    with writing(engine) as connection:
        task = tasks.get(connection, one.task_id, lock=True)
        # Of this very attempt: a reader that was held up must say nothing about the next one.
        if not looks.close(connection, one, AttemptState.ABSENT, now=now):
            return f"{task.partition_key}: its answer came meanwhile"
        decided = decide(_of_absent(one, settings, now), task, now, max_retries=_max_retries(settings, task))
        decided = moves.resolve(connection, one.task_id, decided, now=now) or decided
    return f"{task.partition_key}: {decided.message}"


def _max_retries(settings: Settings, task: Task) -> int:
    """Its project's, or where config.yaml has none of that id any more the usual."""
    return next((project.max_retries for project in settings.projects if project.id == task.project_id), MAX_RETRIES)


def _of_absent(one: Open, settings: Settings, now: datetime) -> Outcome:
    if one.http_status == 403:  # of the answers in the four hundreds only this one leaves it open
        why = (
            "X refused it as a repetition, and its timeline does not show it among what came after: the account has"
            " posted these words before"
        )
        if one.part == 1:
            return Refused(f"{why}; change the text to post it")
        window = settings.x.repeat_window
        if not window:
            return Refused(
                f"{why}; its thread keeps its words: try again later with twitter-pipeline retry {one.task_id}"
            )
        return Absent(f"{why}; its thread keeps its words, and goes on later", not_before=now + window)
    return Absent(
        f"sent at {one.sent_at:%H:%M:%S} UTC and not on X: the timeline did not show it"
        f" {format_duration(settings.settle_time)} later, twice",
        was_busy=one.http_status == 503,
    )


def _adopted(settings: Settings, account: accounts.AccountRow, one: Open, made: Made, post: Post) -> Adopted:
    page, said = posts_page(settings, account.x_username), " (X's answer was lost; found on the timeline)"
    found = threads.on_x(Adopted, page, post.id, one.part, one.parts, made, said)
    return replace(found, posted_at=post.created_at)


def _unread(
    engine: sa.Engine, settings: Settings, account_id: int, opened: Sequence[Open], error: XError, now: datetime
) -> list[str]:
    """The timeline could not be read. Limits are waited for; what X refuses a person must do something about."""
    from twitter_pipeline.x.errors import AccountRefused, Refused, WaitUntil

    if isinstance(error, WaitUntil):
        return [_keep(engine, one, error.until, None, now) for one in opened]
    if isinstance(error, AccountRefused) and error.status in (401, 402):
        # As by a post: a person is told. It is read again all the same, so that the look goes on once X lets it.
        with writing(engine) as connection:
            is_known = accounts.by_id(connection, account_id).stopped_reason is not None
            if not is_known:
                accounts.stop(connection, account_id, str(error))
        said = None if is_known else f"the timeline cannot be read, and the account is stopped: {error.message}"
        return [_keep(engine, one, now + _WHILE_STOPPED, said, now) for one in opened]
    if isinstance(error, Refused):
        why = f"the timeline cannot be read: {error.message}"
        return [_leave_to_a_person(engine, one, why, now) for one in opened]
    why = f"the timeline could not be read: {error.message}"
    return [_look_later(engine, settings, one, why, now) for one in opened]


def _look_later(engine: sa.Engine, settings: Settings, one: Open, why: str, now: datetime) -> str:
    """A look told nothing: look again, each time twice as long after the last."""
    if one.looks + 1 >= MOST_LOOKS:
        return _leave_to_a_person(engine, one, f"{why}, {one.looks + 1} times", now)
    gap = min(settings.settle_time * 2**one.looks, _LONGEST_GAP)
    return _keep(engine, one, now + gap, why, now, looks=one.looks + 1)


def _leave_to_a_person(engine: sa.Engine, one: Open, why: str, now: datetime) -> str:
    return _keep(engine, one, None, f"{why}; {resolving(one.task_id)}", now)


def _keep(
    engine: sa.Engine, one: Open, look_at: datetime | None, said: str | None, now: datetime, **values: object
) -> str:
    """Keep an attempt open, to be looked for again at `look_at`; `said` is told to people and in the log."""
    with writing(engine) as connection:
        looks.keep(connection, one, look_at=look_at, **values)
        task = tasks.get(connection, one.task_id)
        if said is not None and task.status is Status.UNCONFIRMED:
            moves.explain(connection, one.task_id, "looked", _what_next(said, look_at), now=now)
    return f"{task.partition_key}: {said or 'the timeline is read again'}"


def _what_next(said: str, look_at: datetime | None) -> str:
    return said if look_at is None else f"{said}; read again at {look_at:%Y-%m-%d %H:%M:%S} UTC"
