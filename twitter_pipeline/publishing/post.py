"""The one place that posts.

    1  in one transaction: not paused? nothing sent before that may be on X? the lease still ours? Then exactly what is
       about to be sent is written down, as an attempt that is `sent`
    2  the request leaves, once, shielded from being interrupted
    3  in one transaction: what X said, and what becomes of the task

A crash before 1 is committed leaves nothing sent. After it and before 3 nobody can know: the attempt stays `sent`, and
the task becomes `unconfirmed` and is never sent again by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from twitter_pipeline.publishing import steps, uploading
from twitter_pipeline.publishing.connecting import posts_page
from twitter_pipeline.publishing.drafts import UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed, MustWait, Outcome, Posted, Unknown
from twitter_pipeline.publishing.session import Ended, Session, utc_now
from twitter_pipeline.store import accounts, attempts, pauses
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.engine import reading, writing

#: How long the answer of X is tried to be written down when the database is away: it is all that is known.
KEEP_TRYING = timedelta(seconds=30)

T = TypeVar("T")

if TYPE_CHECKING:
    from twitter_pipeline.x.errors import XError


def create(session: Session, uploaded: UploadedMedia) -> Posted:
    """Create the post and settle the task. Raises Ended when it was not created, or nobody can know.

    Called again in a session that has posted (its op broke afterwards and is tried again), it only says so.
    """
    if session.posted is not None:
        return session.posted
    from twitter_pipeline.x.errors import XError
    from twitter_pipeline.x.posts import create as send

    text, media_ids = uploaded.draft.text, uploaded.media_ids
    if uploaded.expires_at is not None and uploaded.expires_at <= utc_now():
        raise Ended(Failed("X has forgotten the uploaded media by now; it is uploaded again by the next run"))
    with steps.x_errors(), steps.client(session) as connected:
        # Before the request: once X has answered, nothing may stand between the answer and its being written down.
        page = _posts_page(session)
        _allow(session, uploaded)

        def request() -> tuple[AttemptState, Outcome]:
            try:
                created = send(connected, text, media_ids)
            except XError as error:
                return _state_after(error), steps.outcome_of(error)
            except Exception as error:  # noqa: BLE001 - a bug after the request left must not pass for "not sent"
                return AttemptState.UNKNOWN, Unknown(f"something broke while X answered: {error!r}")
            url = f"{page}/{created.id}"
            return AttemptState.CONFIRMED, Posted(f"posted: {url}", created.id, url)

        (state, outcome), interrupt = shielded(request)
    _write_down(session, state, outcome)
    if isinstance(outcome, Posted):
        session.posted = outcome
        return outcome
    if interrupt is not None:
        raise interrupt  # told to stop: no other try
    raise Ended(outcome)


def _state_after(error: XError) -> AttemptState:
    from twitter_pipeline.x.errors import OutcomeUnknown, Transient

    if isinstance(error, OutcomeUnknown):
        return AttemptState.UNKNOWN
    return AttemptState.PREPARED if isinstance(error, Transient) else AttemptState.REFUSED


def _allow(session: Session, uploaded: UploadedMedia) -> None:
    """Step 1. When this returns, the request may leave."""
    with writing(session.engine) as connection:
        now = utc_now()
        paused = pauses.pause_reason(connection, project=session.project.id, account=session.account.name)
        if paused is not None:
            raise Ended(MustWait(paused, now))
        if attempts.may_be_posted(connection, session.task.id):
            raise Ended(Unknown("an earlier attempt may have been posted"))
        attempts.prepare(connection, session.claim, text=uploaded.draft.text, media_ids=uploaded.media_ids, now=now)
        if not attempts.mark_sent(connection, session.claim, now=now):
            raise Ended(Failed("the lease ran out before the post was sent"))


def _write_down(session: Session, state: AttemptState, outcome: Outcome) -> None:
    """Step 3. A `Failed` leaves the task to the caller, who may try again within the attempt."""

    def answer(connection: sa.Connection) -> None:
        tweet_id = outcome.tweet_id if isinstance(outcome, Posted) else None
        attempts.answer(connection, session.claim, state, now=utc_now(), tweet_id=tweet_id, said=outcome.reason)

    give_up = time.monotonic() + KEEP_TRYING.total_seconds()
    while True:
        try:
            if isinstance(outcome, Failed):
                with writing(session.engine) as connection:
                    answer(connection)
            else:
                session.settle(outcome, along=answer)
            return
        except sa.exc.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.5)


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
