"""The one place that posts. A thread goes through it post by post.

    1  in one transaction: not paused? not cancelled? nothing sent before that may be on X? the lease still ours? Then
       exactly what is about to be sent is written down, as an attempt that is `sent`
    2  the request leaves, once; the clock is asked right before its first byte
    3  what X said is written down, and in the same transaction what becomes of the task. Nothing interrupts 2 and 3
    4  where X gave no definite answer, the timeline is looked at (`reconciling`)

A crash before 1 is committed leaves nothing sent. After it and before 3 nobody knows: the attempt stays `sent`, the
task becomes `unconfirmed`, and nothing of it is sent before the timeline has shown that it is not there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import (
    drafting,
    foreign,
    reconciling,
    repeats,
    steps,
    threads,
    unconfirmed,
    uploading,
)
from twitter_pipeline.publishing.connecting import posts_page
from twitter_pipeline.publishing.drafts import UploadedMedia
from twitter_pipeline.publishing.keeping import keep_trying
from twitter_pipeline.publishing.outcomes import (
    Adopted,
    Failed,
    Interrupted,
    MustWait,
    Outcome,
    Posted,
    Refused,
    Unknown,
)
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import accounts, attempts, looks, pauses, tasks, uploads
from twitter_pipeline.store.attempts import AttemptState, Content, Made
from twitter_pipeline.store.engine import reading, writing

#: How soon after it was allowed the request must leave: well before the lease, which is renewed then, could be over.
MUST_LEAVE_WITHIN = timedelta(seconds=20)
#: How long an item waits for another one with the same words whose outcome is not known.
SAME_WORDS_WAIT = timedelta(seconds=30)

T = TypeVar("T")

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.errors import XError


class _Since:
    """How long ago it was made, in seconds, by whichever clock says more.

    A laptop's sleep stops one clock, a correction of the time the other.
    """

    _CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)

    def __init__(self) -> None:
        self._wall, self._up = time.time(), time.clock_gettime(self._CLOCK)

    def seconds(self) -> float:
        return max(time.time() - self._wall, time.clock_gettime(self._CLOCK) - self._up)


def create(session: Session, uploaded: UploadedMedia) -> Posted:
    """Create the post and settle the task. Raises Ended when it was not created, or nobody knows.

    Called again in a session that has posted (its op broke afterwards and is tried again), it only says so. Of a thread
    it creates the posts that are not on X yet.
    """
    if session.posted is not None:
        return session.posted
    if session.begun is not None:
        uploaded = UploadedMedia(draft=session.begun, media_ids=(), expires_at=None)
    else:
        drafting.refuse_outdated(session.task, uploaded.draft)
    if uploaded.expires_at is not None and uploaded.expires_at <= utc_now():
        raise Ended(Failed("X has forgotten the uploaded media by now; it is uploaded again by the next run"))
    with steps.x_errors(), steps.client(session) as connected:
        foreign.look_through(session, connected)
        # Before the request: once X has answered, nothing may stand between the answer and its being written down.
        page = _posts_page(session)
        while (posted := _create_next(session, uploaded, connected, page)).left:
            pass
    session.posted = posted
    return posted


def _create_next(session: Session, uploaded: UploadedMedia, connected: XClient, page: str) -> Posted:
    """Create the first post of the item that is not on X yet. Raises Ended when it was not created, or nobody knows."""
    from twitter_pipeline.x.session import HeldBack

    with reading(session.engine) as connection:
        made = attempts.made(connection, session.task.id)
    content = threads.next_content(made, uploaded.draft, uploaded.media_ids, uploaded.media_keys)
    allowed = _Since()
    if (there := _allow(session, content, uploaded, page)) is not None:
        return _posted(session, there)

    def last_check() -> None:
        if allowed.seconds() > MUST_LEAVE_WITHIN.total_seconds():
            raise HeldBack("this process was held up before the request could leave; nothing was sent")

    def request() -> Outcome:
        answer = _send(connected, content, made, page)
        _write_down(session, answer)
        return answer.outcome

    connected.check_before_posting(last_check)
    outcome, interrupt = shielded(request)
    if isinstance(outcome, Unknown):
        # An interrupt from here on finds the attempt unanswered, and settles it as such.
        outcome = (None if interrupt else reconciling.find(session, connected)) or outcome
        if isinstance(outcome, Adopted):
            try:
                return _posted(session, outcome)
            except Ended as taken:
                outcome = taken.outcome
        session.settle(outcome)
    if isinstance(outcome, Posted) and not (outcome.left and interrupt):
        return outcome
    if interrupt is not None:
        raise interrupt  # told to stop: no other try
    raise Ended(outcome)


@dataclass(frozen=True)
class _Answer:
    """What came of the request."""

    state: AttemptState
    outcome: Outcome
    #: Kept where the outcome is open and X itself has answered; a gateway's page says nothing of X.
    http_status: int | None = None
    #: X does not know the media ids that it was named.
    ids_unknown: bool = False


def _send(connected: XClient, content: Content, made: Made, page: str) -> _Answer:
    """Step 2: the one request. Never raises."""
    from twitter_pipeline.x.errors import XError
    from twitter_pipeline.x.posts import create as send

    try:
        created = send(connected, content.text, content.media_ids, content.labels, reply_to=content.reply_to)
    except XError as error:
        return _answer_of(error)
    except Exception as error:  # noqa: BLE001 - a bug after the request left must not pass for "not sent"
        return _Answer(AttemptState.UNKNOWN, Unknown(f"something broke while X answered: {error!r}"))
    posted = threads.on_x(Posted, page, created.id, content.part, content.parts, made)
    return _Answer(AttemptState.CONFIRMED, posted)


def _answer_of(error: XError) -> _Answer:
    """How the attempt stands after an error of X, and what it means for the task."""
    from twitter_pipeline.x.errors import DuplicateText, MediaNotReady, OutcomeUnknown, Transient

    outcome = steps.outcome_of(error)
    if isinstance(error, OutcomeUnknown):
        return _Answer(AttemptState.UNKNOWN, outcome, error.status if (error.status or 0) >= 500 else None)
    if isinstance(error, DuplicateText):
        # What it is held for a repetition of may be this very request: the first copy landed, and X repeated it inside.
        return _Answer(AttemptState.UNKNOWN, Unknown(f"{error.message} The first copy may be this one"), error.status)
    if isinstance(error, Transient):
        return _Answer(AttemptState.PREPARED, outcome, ids_unknown=isinstance(error, MediaNotReady))
    return _Answer(AttemptState.REFUSED, outcome)


def _posted(session: Session, found: Adopted) -> Adopted:
    """Settle the task with a post that was there already; or go on with its thread."""

    def adopt(connection: sa.Connection) -> None:
        tasks.lock(connection, session.task.id)
        if not looks.is_free(connection, session.account.id, found.tweet_id, but_of=session.task.id):
            raise Ended(Unknown(f"the timeline shows {found.url}, which is another item's by now"))
        attempts.find(connection, session.claim, now=utc_now(), tweet_id=found.tweet_id)

    if found.left:
        session.keep_part(found, along=adopt)
    else:
        session.settle(found, along=adopt)
    return found


def _allow(session: Session, content: Content, uploaded: UploadedMedia, page: str) -> Adopted | None:
    """Step 1. When this returns None, the request may leave; otherwise there is a post of the task already."""
    with writing(session.engine) as connection:
        now = utc_now()
        task = tasks.get(connection, session.task.id, lock=True)
        paused = pauses.pause_reason(connection, project=session.project.id, account=session.account.name)
        if paused is not None:
            raise Ended(MustWait(paused, now))
        made = attempts.made(connection, task.id)
        if (post_id := made.ids.get(content.part)) is not None:
            late = (post_id, content.part, len(made.texts), made, " (X's answer came late)")
            return threads.on_x(Adopted, page, *late)
        if attempts.may_be_on_x(connection, task.id):
            raise Ended(Unknown("an earlier attempt may have been posted"))
        if task.stop_asked_at is not None:
            raise Ended(Interrupted("its run ended before the post left", by_person=False))
        if made.is_begun and made.account_id not in (None, session.account.id):
            raise Ended(Refused("its thread was begun with another account: let its source post with that again"))
        attempts.prepare(connection, session.claim, content, account_id=session.account.id, now=now)
        if content.part == 1:  # a re-execution may send another draft than the one prepared last
            drafting.refuse_not_its_own(session, task, uploaded.draft)
            sent = uploaded.draft.model_dump(mode="json")
            tasks.keep(connection, task.id, session.claim.fence, content_data=sent)
        if attempts.words_in_flight(connection, session.account.id, content, but=task.id):
            raise Ended(
                MustWait("an item with the same words may be on X, and only its words tell it", now + SAME_WORDS_WAIT)
            )
        if (seen := foreign.is_seen(connection, session, uploaded.draft, content)) is not None:
            raise Ended(
                Unknown(
                    f"the timeline shows a post with its words that is not known here: {page}/{seen.post_id};"
                    f" {unconfirmed.resolving(task.id)}"
                )
            )
        # After that: a post that may be its own is no repetition to wait for.
        repeats.refuse_said(connection, session, content, page=page, now=now)
        if not attempts.mark_sent(connection, session.claim, now=now):
            raise Ended(Failed("the lease ran out before the post was sent"))
    return None


def _write_down(session: Session, answer: _Answer) -> None:
    """Step 3. `Failed` and `Unknown` leave the task to the caller, who tries again or looks at the timeline.

    So does a post of a thread that others follow.
    """
    state, outcome = answer.state, answer.outcome
    tweet_id = outcome.tweet_id if isinstance(outcome, Posted) else None

    def write(connection: sa.Connection) -> None:
        now = utc_now()
        attempts.answer(
            connection,
            session.claim,
            state,
            now=now,
            tweet_id=tweet_id,
            said=outcome.reason,
            http_status=answer.http_status,
        )
        if answer.ids_unknown:
            uploads.disbelieve(connection, session.claim, now=now)
        if state in (AttemptState.PREPARED, AttemptState.REFUSED):
            session.late_no(connection, outcome, now)

    def settle() -> None:
        if isinstance(outcome, (Failed, Unknown)):
            with writing(session.engine) as connection:
                write(connection)
        elif isinstance(outcome, Posted) and outcome.left:
            session.keep_part(outcome, along=write)
        else:
            session.settle(outcome, along=write)

    keep_trying(settle)  # it is all that is known


def _posts_page(session: Session) -> str:
    """What the address of each post of the account begins with."""
    with reading(session.engine) as connection:
        return posts_page(session.settings, accounts.by_id(connection, session.account.id).x_username)


def shielded(request: Callable[[], T]) -> tuple[T, BaseException | None]:
    """Run `request` once, in a thread, to its end; what it returned, and what wanted to interrupt it meanwhile.

    Dagster ends a run by raising in the main thread, where it would leave a request half told. Not `thread.join`: an
    interrupt makes that return early (tried: it posted twice).
    """
    done = threading.Event()
    once = threading.Lock()
    result: list[T] = []
    error: list[BaseException] = []

    def work() -> None:
        if not once.acquire(blocking=False):
            return  # an interrupt inside `start` may have started two threads
        try:
            result.append(request())
        except BaseException as raised:  # noqa: BLE001 - handed to the caller
            error.append(raised)
        finally:
            done.set()

    interrupt: BaseException | None = None
    thread = threading.Thread(target=work, name="post")
    while not done.is_set():
        try:
            if thread.ident is None:
                thread.start()
            done.wait(0.1)
        except Exception:
            raise  # no thread could be started
        except BaseException as told:  # noqa: BLE001 - kept for the caller
            interrupt = told
    if error:
        raise error[0]
    return result[0], interrupt


def publish(session: Session) -> Outcome:
    """Post one claimed task from beginning to end without Dagster, and settle it. Returns how it ended."""
    try:
        return create(session, uploading.upload(session, steps.enhance(session, steps.prepare(session))))
    except Ended as ended:
        session.settle(ended.outcome)
        return ended.outcome
