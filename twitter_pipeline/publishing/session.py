"""A session: one run's work on one task, from taking the lease to the move that ends it.

Dagster's ops and plain callers use the same session. Whatever dies inside it, the lease runs out and the reaper
(`publishing.reaper`) makes the move that the session could not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings, Source
from twitter_pipeline.publishing import holding, threads
from twitter_pipeline.publishing.decide import decide
from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.publishing.outcomes import (
    Absent,
    AccountStopped,
    Adopted,
    Failed,
    MustWait,
    NotPublishable,
    Outcome,
    Posted,
    Refused,
    Unknown,
)
from twitter_pipeline.publishing.unconfirmed import who_finds_out
from twitter_pipeline.store import accounts, attempts, breaker, claims, moves, tasks
from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Move, Status
from twitter_pipeline.store.tables import content_sources
from twitter_pipeline.store.tasks import Task

_log = logging.getLogger(__name__)


class Ended(Exception):
    """Raised by a step that cannot go on; `outcome` says how it ended."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


@dataclass(frozen=True)
class Worker:
    """Who works: a Dagster run, or a process of its own."""

    #: The run's id; unique.
    run_id: str
    #: The Dagster storage that knows the run; None outside Dagster.
    instance: str | None = None
    #: The attempt the sensor queued; None when a person launched it.
    attempt: int | None = None
    #: Whether only a task that is due may be taken (a backfill): the rest keeps its slot.
    only_when_due: bool = False
    #: When a person asked for it in Dagster (aware, UTC): an item cancelled since then is not taken.
    asked_at: Callable[[], datetime] | None = None
    #: Else the task's fence as they saw it, which is another one since the item was cancelled; None for just now.
    seen_fence: int | None = None


@dataclass(frozen=True)
class Unavailable:
    """The task cannot be worked on now, and why. Nothing was changed."""

    reason: str
    #: Set when it cannot because it is posted already.
    posted: Task | None = None


def open_session(
    engine: sa.Engine, settings: Settings, project_id: str, partition_key: str, worker: Worker
) -> Session | Unavailable:
    """Take the task of a partition for `worker`."""
    now = utc_now()
    with writing(engine) as connection:
        task = tasks.by_partition(connection, project_id, partition_key)
        if task is None:
            return Unavailable(f"no publishing task belongs to partition {partition_key!r}: it is not of this database")
        if task.status is Status.COMPLETED:
            return Unavailable(f"posted already: {task.tweet_url or 'elsewhere'}", posted=task)
        if task.status is Status.UNCONFIRMED or attempts.may_be_on_x(connection, task.id):
            return Unavailable(f"it may be on X already and is not posted again: {task.error_message}")
        holds = holding.look(connection, settings, settings.project(project_id), now, lock=True)
        if (held_back := holds.of(task)) is not None:
            return Unavailable(held_back)
        if worker.only_when_due and not (task.status is Status.PENDING and task.scheduled_time <= now):
            return Unavailable(
                f"{task.status}, due at {task.scheduled_time:%Y-%m-%d %H:%M:%S} UTC; a backfill posts only what is due"
            )
        claim = claims.claim(
            connection,
            task.id,
            attempt=worker.attempt,
            holder=worker.run_id,
            instance=worker.instance,
            now=now,
            asked_at=worker.asked_at,
            seen_fence=worker.seen_fence,
        )
        if claim is None:
            return Unavailable(_why_not_claimed(tasks.get(connection, task.id), worker))
        task = tasks.get(connection, task.id)
        account = holds.accounts[task.content_source_id]
        begun = threads.begun(task, attempts.made(connection, task.id))
    return Session(engine, settings, claim, task, account, begun)


def _why_not_claimed(task: Task, worker: Worker) -> str:
    if task.status is Status.RUNNING:
        return f"held by run {task.lease_holder} until {task.lease_until:%H:%M:%S} UTC"
    if worker.attempt is not None and task.attempt != worker.attempt:
        return f"this run is attempt {worker.attempt}; the task is at attempt {task.attempt} by now"
    if task.status is Status.CANCELLED:
        return (
            "it was cancelled after this run was asked for, or hardly a minute before;"
            f" to post it: twitter-pipeline retry {task.id}"
        )
    return f"the task is {task.status}"


class Item:
    """A task with what it takes to look at its files: all of it reading."""

    def __init__(self, engine: sa.Engine, settings: Settings, task: Task) -> None:
        self.engine = engine
        self.settings = settings
        #: As it was when read.
        self.task = task
        self.project: Project = settings.project(task.project_id)

    def text_limit(self, source: Source) -> int:
        """The longest text that its account may post, weighted."""
        return self.settings.text_limit_of(self.settings.account_of(self.project, source))

    def source(self) -> Source:
        """The content source the item was found in. Raises Ended when config.yaml holds it no more."""
        with reading(self.engine) as connection:
            key = connection.scalar(
                sa.select(content_sources.c.key).where(content_sources.c.id == self.task.content_source_id)
            )
        for source in self.project.sources:
            if source.key == key:
                return source
        raise Ended(NotPublishable(f"its content source {key!r} is no longer in config.yaml"))


class Session(Item):
    """Work on one claimed task. `close` it, whatever happens; a context manager does."""

    def __init__(
        self,
        engine: sa.Engine,
        settings: Settings,
        claim: Claim,
        task: Task,
        account: accounts.AccountRow,
        begun: Draft | None = None,
    ) -> None:
        super().__init__(engine, settings, task)
        self.claim = claim
        #: What it posts with, as it was when the task was taken.
        self.account = account
        #: What an earlier session began to post: a thread of which some posts are on X.
        self.begun = begun
        #: The move that ended the claim; None while it lasts.
        self.ended: Move | None = None
        #: What this session has posted.
        self.posted: Posted | None = None
        self._stop_renewing = threading.Event()
        threading.Thread(target=self._renew, name="lease", daemon=True).start()

    def note(self, action: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        """Write a line into the publishing log: something was done that moves nothing."""
        with writing(self.engine) as connection:
            moves.note(
                connection,
                self.task.id,
                action,
                Status.RUNNING,
                message,
                now=utc_now(),
                details=details,
                run_id=self.claim.holder,
            )

    def settle(self, outcome: Outcome, *, along: Callable[[sa.Connection], None] | None = None) -> Move:
        """End the claim as `decide` says, once. `along` writes what belongs into the same transaction.

        When the lease was lost meanwhile the task is somebody else's, and its row does not change.
        """
        if self.ended is not None:
            return self.ended
        now = utc_now()
        with writing(self.engine) as connection:
            if along is not None:
                along(connection)
            decided = self._settle(connection, outcome, now)
        self.ended = decided
        self._stop_renewing.set()
        self._judge_x(outcome)
        return decided

    def _judge_x(self, outcome: Outcome) -> None:
        """Count what it says of X. In a transaction of its own: the task's row is locked in the one that settles it.

        Never fails for the database: what became of the post is written down, and the next attempt tells of X again.
        """
        try:
            self._count(outcome, utc_now())
        except sa.exc.OperationalError as error:
            _log.warning("whether X answers account %s was not kept: %s", self.account.name, error.orig)

    def _count(self, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, (Failed, Unknown)) and outcome.x_is_out:
            with writing(self.engine) as connection:
                breaker.found_no_x(connection, self.account, self.task.id, now=now)
        elif isinstance(outcome, (Posted, Refused)):
            with reading(self.engine) as connection:
                errors = accounts.errors_in_a_row(connection, self.account.id)
            if errors:  # hardly ever
                with writing(self.engine) as connection:
                    breaker.answered(connection, self.account, now=now)

    def keep_part(self, outcome: Posted, *, along: Callable[[sa.Connection], None]) -> None:
        """Write down that a post of the task's thread is on X and more are to come: the session goes on with them.

        `along` as for `settle`.
        """
        with writing(self.engine) as connection:
            along(connection)
            self._keep_part(connection, outcome, utc_now())
        self._judge_x(outcome)

    def _keep_part(self, connection: sa.Connection, outcome: Posted, now: datetime) -> None:
        accounts.knows_post(connection, self.account.id, outcome.tweet_id)
        decided = decide(outcome, self.task, now)
        if claims.renew(connection, self.claim, now=now):
            moves.note(
                *(connection, self.task.id, "posted", Status.RUNNING, outcome.reason),
                now=now,
                details=decided.details,
                run_id=self.claim.holder,
            )
        else:  # it came late: should the task be `unconfirmed` for it by now, it goes on
            moves.resolve(connection, self.task.id, decided, now=now, attempt=self.claim.attempt)

    def _settle(self, connection: sa.Connection, outcome: Outcome, now: datetime) -> Move:
        unanswered = attempts.is_unanswered(connection, self.claim)
        what_next, look_at = who_finds_out(self.task.id, read_timeline=self.settings.x.read_timeline, now=now)
        outcome = self._in_truth(connection, outcome, what_next if unanswered else None)
        decided = decide(outcome, self.task, now, max_retries=self.project.max_retries)
        if (moved := claims.settle(connection, self.claim, decided, now=now)) is not None:
            decided = moved
        elif not self._settle_late(connection, outcome, now):
            _log.error("task %d was taken from %s; not recorded: %s", self.task.id, self.claim.holder, decided.message)
        if unanswered:
            attempts.look_for(connection, self.task.id, at=look_at)
        self._keep_of_account(connection, outcome)
        return decided

    def _in_truth(self, connection: sa.Connection, outcome: Outcome, unanswered: str | None) -> Outcome:
        """The outcome by what is known of the posts. `unanswered`: who finds out of one that was sent, for people."""
        if isinstance(outcome, Posted):
            return outcome
        if unanswered is not None:
            # Interrupted, or broken, between the request and what came of it.
            sent = "; before that the post was sent, and X's answer is not known"
            return Unknown(f"{outcome.reason}{'' if isinstance(outcome, Unknown) else sent}{unanswered}")
        if not isinstance(outcome, Unknown) and (made := attempts.made(connection, self.task.id)).is_begun:
            return replace(outcome, reason=f"{made}; {outcome.reason}")
        return outcome

    def _keep_of_account(self, connection: sa.Connection, outcome: Outcome) -> None:
        """Write down what the outcome says of the account."""
        if isinstance(outcome, Posted):
            accounts.knows_post(connection, self.account.id, outcome.tweet_id)
        elif isinstance(outcome, AccountStopped):
            accounts.stop(connection, self.account.id, outcome.reason)
        elif isinstance(outcome, MustWait) and outcome.whole_account:
            accounts.wait(connection, self.account.id, outcome.until, outcome.reason)

    def _settle_late(self, connection: sa.Connection, outcome: Outcome, now: datetime) -> bool:
        """The lease was lost meanwhile: what X has said of the post is the truth even so."""
        if isinstance(outcome, Posted):
            late = Adopted(f"{outcome.reason} (X's answer came late)", outcome.tweet_id, outcome.url, head=outcome.head)
            decided = decide(late, self.task, now)
            return moves.adopt(connection, self.task.id, decided, now=now, run_id=self.claim.holder)
        return False

    def late_no(self, connection: sa.Connection, outcome: Outcome, now: datetime) -> None:
        """X has said that it did not make the post: should the task be `unconfirmed` for it by now, it goes on."""
        no = outcome if isinstance(outcome, Refused) else Absent(f"X's answer came late: {outcome.reason}")
        decided = decide(no, self.task, now, max_retries=self.project.max_retries)
        moves.resolve(connection, self.task.id, decided, now=now, attempt=self.claim.attempt)

    def close(self) -> None:
        """Stop renewing the lease. A claim that nothing settled is left to run out."""
        self._stop_renewing.set()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _renew(self) -> None:
        while not self._stop_renewing.wait(claims.LEASE.total_seconds() / 3):
            try:
                with writing(self.engine) as connection:
                    if not claims.renew(connection, self.claim, now=utc_now()):
                        return
            except sa.exc.SQLAlchemyError:
                continue  # the database is away: `create` looks at the lease itself before it posts
