"""The real table, and the real code that moves it, under moves in any order.

Only what other tests look at is left out: HTTP, files, Dagster.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import by_hand, due, post, reconciling, resolving
from twitter_pipeline.publishing.outcomes import Failed, Interrupted, Unknown
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.publishing.session import Ended, Session, Worker, open_session
from twitter_pipeline.store import accounts, claims, looks, moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import (
    publishing_attempts,
)
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.x import errors
from twitter_pipeline_tests.model.table import (
    CONTENT,
    PAGE,
    PICK,
    SIGNATURE_LASTS,
    UPLOADED,
    Process,
    Reading,
    TableWorld,
)
from twitter_pipeline_tests.support.items import PROJECT


class TableMachine(TableWorld):
    """Every move that a sensor, a run, a reader, X or a person makes."""

    # Time.

    @rule(seconds=st.sampled_from([1, 15, 61, 130, 610, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.x_now += timedelta(seconds=seconds)
        self._set_clock()

    @rule(off=st.sampled_from([-200, 0, 200]))
    def our_clock_jumps(self, off: int) -> None:
        self.off = timedelta(seconds=off)
        self._set_clock()

    def _set_clock(self) -> None:
        self.traveller.move_to(self.x_now + self.off)

    # The sensor, Dagster and people begin runs.

    @rule()
    def what_is_due_is_queued(self) -> None:
        due.take(self.engine, self.settings, self.settings.project(PROJECT), instance="here", now=utc_now())

    @rule(which=PICK, by_hand=st.booleans())
    def a_run_begins(self, which: int, by_hand: bool) -> None:
        task = self._task(which)
        self.runs += 1
        attempt = None if by_hand else task.attempt
        worker = Worker(f"run-{self.runs}", "here", attempt)
        session = open_session(self.engine, self.settings, PROJECT, task.partition_key, worker)
        if isinstance(session, Session):
            session.close()  # it renews its lease only by the rule below
            with writing(self.engine) as connection:  # `steps.prepare`
                tasks.keep(connection, task.id, session.claim.fence, content_hash=f"of {task.id}")
            self.processes.append(Process(session))
            assert by_hand or task.id not in self.cancelled
            self.cancelled.discard(task.id)

    @precondition(lambda self: self.processes)
    @rule(which=PICK)
    def a_lease_is_renewed(self, which: int) -> None:
        with writing(self.engine) as connection:
            claims.renew(connection, self._process(which).session.claim, now=utc_now())

    # A run posts, as `post.create` does.

    @precondition(lambda self: self._at("held"))
    @rule(which=PICK)
    def a_run_commits_sent(self, which: int) -> None:
        process = self._process(which, "held")
        try:
            made = post._allow(process.session, CONTENT, UPLOADED, PAGE)
        except Ended as ended:
            process.session.settle(ended.outcome)
            self.processes.remove(process)
            return
        if made is not None:
            post._posted(process.session, made)
            self.processes.remove(process)
            return
        assert process.session.task.id not in self.cancelled
        process.at, process.allowed_at = "allowed", self.x_now

    @precondition(lambda self: self._at("allowed"))
    @rule(
        which=PICK,
        how=st.sampled_from(["yes", "yes", "lost after", "lost", "delayed", "duplicate", "400", "429", "no way"]),
    )
    def its_request_leaves(self, which: int, how: str) -> None:
        process = self._process(which, "allowed")
        process.at, process.answer = "told", self._answer(process, how)

    @precondition(lambda self: self.in_flight)
    @rule()
    def a_delayed_request_arrives(self) -> None:
        request = self.in_flight.pop(0)
        if self.x_now - request.allowed_at <= post.MUST_LEAVE_WITHIN + SIGNATURE_LASTS:
            self._lands(request.task_id)

    @precondition(lambda self: self._at("told"))
    @rule(which=PICK)
    def its_answer_is_written_down(self, which: int) -> None:
        process = self._process(which, "told")
        assert process.answer is not None
        state, outcome, status = process.answer
        post._write_down(process.session, post._Answer(state, outcome, status))
        if isinstance(outcome, Unknown):
            process.at = "looking"
        elif isinstance(outcome, Failed):
            process.at = "held"  # Dagster's RetryPolicy
        else:
            self.processes.remove(process)

    @precondition(lambda self: self._at("looking"))
    @rule(which=PICK)
    def it_looks_for_its_post(self, which: int) -> None:
        process = self._process(which, "looking")
        session = process.session
        with reading(self.engine) as connection:
            account = accounts.by_id(connection, self.account_id)
            unanswered = looks.unanswered(connection, self.account_id)
            own = [one for one in unanswered if one.task_id == session.task.id]
            verdict = reconciling._judge(connection, unanswered, self._listing(True))[own[0].id] if own else None
        assert process.answer is not None
        if verdict is not None and verdict.found is not None:
            post._posted(session, reconciling._adopted(self.settings, account, verdict.found))
        else:
            session.settle(process.answer[1])
        self.processes.remove(process)

    @precondition(lambda self: self.processes)
    @rule(which=PICK, by_person=st.booleans(), broken=st.booleans())
    def a_run_is_ended(self, which: int, by_person: bool, broken: bool) -> None:
        process = self._process(which)
        process.session.settle(Failed("the database was away") if broken else Interrupted("ended", by_person))
        self.processes.remove(process)

    @precondition(lambda self: self.processes)
    @rule(which=PICK)
    def a_run_is_killed(self, which: int) -> None:
        self.processes.remove(self._process(which))

    @rule(gone=st.sampled_from([None, RunState.OVER, RunState.CANCELED]))
    def the_reaper_comes(self, gone: RunState | None) -> None:
        """With `gone`, Dagster says of every run that it is: a person may have it mark runs as ended that live on."""
        alive = {process.session.claim.holder for process in self.processes}

        def states(suspects: Any) -> list[RunState]:
            return [gone or (RunState.ALIVE if task.run_id in alive else RunState.OVER) for task in suspects]

        reap(self.engine, PROJECT, instance="here", run_states=states, now=utc_now())

    # The timeline is read, as `reconciling.look` does.

    @rule()
    def a_reading_begins(self) -> None:
        now = utc_now()
        with writing(self.engine) as connection:
            again = now + self.settings.settle_time
            taken = looks.begin(connection, self.account_id, now=now, again=again)
            unanswered = looks.unanswered(connection, self.account_id)
        opened = [one for one in unanswered if one.id in taken and one.unconfirmed]
        if opened:
            self.readings.append(Reading(opened, unanswered))

    @precondition(lambda self: any(one.listing is None for one in self.readings))
    @rule(whole=st.booleans())
    def x_lists_posts(self, whole: bool) -> None:
        one = next(one for one in self.readings if one.listing is None)
        one.listing = self._listing(whole)

    @precondition(lambda self: any(one.listing is None for one in self.readings))
    @rule(forbidden=st.booleans())
    def x_lists_nothing(self, forbidden: bool) -> None:
        one = next(one for one in self.readings if one.listing is None)
        self.readings.remove(one)
        error = errors.AccountRefused("no", status=403) if forbidden else errors.Transient("not now", status=503)
        reconciling._unread(self.engine, self.settings, self.account_id, one.taken, error, utc_now())

    @precondition(lambda self: any(one.listing is not None for one in self.readings))
    @rule(which=PICK)
    def a_reading_is_judged(self, which: int) -> None:
        answered = [one for one in self.readings if one.listing is not None]
        one = answered[which % len(answered)]
        self.readings.remove(one)
        self._judge(one)

    def _judge(self, one: Reading) -> None:
        assert one.listing is not None
        with reading(self.engine) as connection:
            account = accounts.by_id(connection, self.account_id)
            verdicts = reconciling._judge(connection, one.unanswered, one.listing)
        for opened in one.taken:
            verdict = verdicts[opened.id]
            reconciling._act(self.engine, self.settings, account, opened, verdict, one.listing, utc_now())

    # People.

    @rule(which=PICK)
    def a_person_retries(self, which: int) -> None:
        task = self._task(which)
        with writing(self.engine) as connection:
            if by_hand.retry(connection, task.id, now=utc_now(), actor="ann"):
                self.cancelled.discard(task.id)

    @rule(which=PICK)
    def a_person_cancels(self, which: int) -> None:
        task = self._task(which)
        with writing(self.engine) as connection:
            by_hand.cancel(connection, task.id, now=utc_now(), actor="ann")
        self.cancelled.add(task.id)

    @rule(which=PICK)
    def a_person_imports(self, which: int) -> None:
        task = self._task(which)
        if any(post.task_id == task.id for post in self.on_x) or task.status is Status.UNCONFIRMED:
            return  # that one is resolved
        with writing(self.engine) as connection:
            if moves.move(connection, task.id, Move(Event.IMPORT, "posted before, elsewhere"), now=utc_now()):
                self.imported.add(task.id)

    @rule(which=PICK)
    def a_person_resolves(self, which: int) -> None:
        self._resolve(self._task(which))

    def _resolve(self, task: Task) -> None:
        """The person takes the time that the program would take, and sees what is there."""
        with reading(self.engine) as connection:
            sent = connection.scalars(
                sa.select(publishing_attempts.c.sent_at).where(publishing_attempts.c.task_id == task.id)
            ).all()
        last = max((at for at in sent if at is not None), default=None)
        if task.status is not Status.UNCONFIRMED or (last and self.x_now < last + timedelta(minutes=20)):
            return
        posted = next((one.id for one in self.on_x if one.task_id == task.id), None)
        resolving.decided_by_a_person(self.engine, self.settings, task, posted=posted, now=utc_now(), actor="ann")
