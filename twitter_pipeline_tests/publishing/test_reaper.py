"""What nobody works on any more is moved on: each state of a run against each state of its task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.publishing.decide import MAX_RETRIES
from twitter_pipeline.publishing.due import Launch
from twitter_pipeline.publishing.outcomes import TOOK_TOO_LONG
from twitter_pipeline.publishing.reaper import ORPHANED_AFTER, QUEUE_GRACE, Reaped, RunState, reap
from twitter_pipeline.store import attempts, claims, looks, moves
from twitter_pipeline.store.claims import LEASE, Claim
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import TRANSITIONS, Event, Move, Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import (
    MINUTE,
    NOW,
    PROJECT,
    carry_out,
    prepare,
    put_task,
    queue,
    read_lines,
    read_task,
)

ALIVE, CANCELED, TOO_LONG, OVER, NONE = RunState
SECOND = timedelta(seconds=1)
AFTER_GRACE = QUEUE_GRACE + SECOND


def clean_up(engine: sa.Engine, *, run: RunState | None, after: timedelta) -> Reaped:
    """Reap at NOW + `after`, all runs of this instance being in that state; None: nobody may ask for one."""

    def run_states(suspects: Sequence[Task]) -> list[RunState]:
        assert run is not None, "no run of another instance may be judged"
        return [run for _ in suspects]

    return reap(engine, PROJECT, instance="here", run_states=run_states, now=NOW + after)


def hold(engine: sa.Engine, *, instance: str | None = "here", **values: object) -> Claim:
    """A task a run of that instance works on."""
    task_id = put_task(engine, **values)  # type: ignore[arg-type]
    with writing(engine) as connection:
        claim = claims.claim(connection, task_id, attempt=None, holder="run-1", instance=instance, now=NOW)
    assert claim is not None
    return claim


def send(engine: sa.Engine, claim: Claim) -> None:
    """Let the request that creates the post of a claim leave."""
    with writing(engine) as connection:
        prepare(connection, claim)
        assert attempts.mark_sent(connection, claim, now=NOW)


# A queued task: the sensor asked for a run.


@pytest.mark.parametrize(
    ("run", "status", "action"),
    [
        (ALIVE, Status.QUEUED, "queue"),
        (NONE, Status.QUEUED, "queue"),
        (CANCELED, Status.CANCELLED, "stop"),
        (TOO_LONG, Status.PENDING, "unqueue"),
        (OVER, Status.PENDING, "unqueue"),
    ],
)
def test_a_queued_task_follows_its_run(prepared: sa.Engine, run: RunState, status: Status, action: str) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id)

    reaped = clean_up(prepared, run=run, after=AFTER_GRACE)

    task = read_task(prepared, task_id)
    assert (task.status, task.retry_count) == (status, 0)
    assert read_lines(prepared, task_id)[-1].action == action
    assert not reaped.moved or "reaper" in TRANSITIONS[Event(action)].who
    assert len(reaped.moved) == (status is not Status.QUEUED)
    again = [Launch(task_id, 1, task.partition_key, "sandbox")]
    assert reaped.again == (again if run is NONE else [])


def test_a_queued_task_is_left_alone_while_its_tick_may_still_be_asking(prepared: sa.Engine) -> None:
    queue(prepared, put_task(prepared))
    assert clean_up(prepared, run=None, after=QUEUE_GRACE) == Reaped([], [])


def test_a_run_that_ended_without_taking_its_task_leaves_it_to_the_next_attempt(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id)
    clean_up(prepared, run=OVER, after=AFTER_GRACE)
    queue(prepared, task_id, 2, now=NOW + AFTER_GRACE)
    assert read_task(prepared, task_id).attempt == 2


def test_a_queued_task_of_another_dagster_is_given_up_only_after_long(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id, instance="elsewhere")

    assert clean_up(prepared, run=None, after=ORPHANED_AFTER - SECOND) == Reaped([], [])
    assert clean_up(prepared, run=None, after=ORPHANED_AFTER).again == []
    assert read_task(prepared, task_id).status is Status.PENDING


def test_a_person_who_ended_a_queued_run_is_told_how_to_go_on(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id)
    (line,) = clean_up(prepared, run=CANCELED, after=AFTER_GRACE).moved
    assert line == (
        f"{read_task(prepared, task_id).partition_key}: its run was ended by a person;"
        f" to post it: twitter-pipeline retry {task_id}"
    )


# A running task: a run holds its lease.


@pytest.mark.parametrize(
    ("run", "lease_is_over", "status", "retries"),
    [
        (ALIVE, False, Status.RUNNING, 0),
        (ALIVE, True, Status.PENDING, 1),
        (CANCELED, False, Status.CANCELLED, 0),
        (CANCELED, True, Status.CANCELLED, 0),
        (TOO_LONG, False, Status.PENDING, 1),
        (OVER, False, Status.PENDING, 1),
        (OVER, True, Status.PENDING, 1),
        (NONE, False, Status.PENDING, 1),
        (NONE, True, Status.PENDING, 1),
    ],
)
@pytest.mark.parametrize("sent", [False, True], ids=["nothing sent", "sent"])
def test_a_running_task_follows_its_run_and_its_lease(
    prepared: sa.Engine, run: RunState, lease_is_over: bool, status: Status, retries: int, sent: bool
) -> None:
    claim = hold(prepared)
    if sent:
        send(prepared, claim)
        status, retries = (Status.RUNNING if status is Status.RUNNING else Status.UNCONFIRMED), 0

    reaped = clean_up(prepared, run=run, after=LEASE if lease_is_over else LEASE - SECOND)

    task = read_task(prepared, claim.task_id)
    assert (task.status, task.retry_count) == (status, retries)
    assert reaped.again == []
    assert len(reaped.moved) == (status is not Status.RUNNING)
    assert task.lease_holder == ("run-1" if status is Status.RUNNING else None)
    last = Event(read_lines(prepared, claim.task_id)[-1].action)
    assert last is Event.CLAIM or "reaper" in TRANSITIONS[last].who


@pytest.mark.parametrize("instance", ["elsewhere", None], ids=["another Dagster", "no Dagster"])
def test_what_runs_elsewhere_is_judged_by_its_lease_alone(prepared: sa.Engine, instance: str | None) -> None:
    claim = hold(prepared, instance=instance)

    assert clean_up(prepared, run=None, after=LEASE - SECOND) == Reaped([], [])
    assert read_task(prepared, claim.task_id).status is Status.RUNNING
    clean_up(prepared, run=None, after=LEASE)
    assert read_task(prepared, claim.task_id).status is Status.PENDING


def test_a_holder_that_was_taken_for_dead_can_change_nothing_but_report_its_post(prepared: sa.Engine) -> None:
    claim = hold(prepared)
    send(prepared, claim)
    clean_up(prepared, run=ALIVE, after=LEASE)

    with writing(prepared) as connection:
        assert not claims.settle(connection, claim, Move(Event.FAIL, "late"), now=NOW + LEASE)
        assert not claims.settle(connection, claim, Move(Event.POST, "posted", tweet_id="1"), now=NOW + LEASE)
        assert moves.adopt(connection, claim.task_id, Move(Event.ADOPT, "posted", tweet_id="1"), now=NOW + LEASE)
    assert read_task(prepared, claim.task_id).status is Status.COMPLETED


def test_an_earlier_attempt_that_was_sent_makes_a_later_death_uncertain(prepared: sa.Engine) -> None:
    first = hold(prepared)
    send(prepared, first)
    carry_out(prepared, first.task_id, Event.FAIL)  # what should not happen
    with writing(prepared) as connection:
        assert claims.claim(connection, first.task_id, attempt=None, holder="run-2", instance="here", now=NOW)

    clean_up(prepared, run=OVER, after=SECOND)

    assert read_task(prepared, first.task_id).status is Status.UNCONFIRMED


@pytest.mark.parametrize(("run", "how"), [(OVER, "attempt 1 died"), (TOO_LONG, TOOK_TOO_LONG)])
def test_a_task_that_dies_again_and_again_is_failed_in_the_end(prepared: sa.Engine, run: RunState, how: str) -> None:
    claim = hold(prepared, retry_count=MAX_RETRIES)
    clean_up(prepared, run=run, after=SECOND)
    task = read_task(prepared, claim.task_id)
    assert (task.status, task.retry_count) == (Status.FAILED, MAX_RETRIES)
    assert task.error_message == f"{how} before anything was posted (given up after {MAX_RETRIES} retries)"


def test_the_timeline_is_looked_at_for_a_post_that_may_be_on_x(prepared: sa.Engine) -> None:
    claim = hold(prepared)
    send(prepared, claim)
    (line,) = clean_up(prepared, run=OVER, after=SECOND).moved
    assert "it may be on X; the account's timeline is read for it" in line
    with reading(prepared) as connection:
        assert looks.due(connection, NOW + SECOND) == [1]


def test_without_leave_to_read_the_timeline_a_person_is_asked_at_once(prepared: sa.Engine) -> None:
    claim = hold(prepared)
    send(prepared, claim)
    dead: list[RunState] = [OVER]
    (line,) = reap(
        prepared, PROJECT, instance="here", run_states=lambda _: dead, now=NOW + SECOND, read_timeline=False
    ).moved
    assert f"twitter-pipeline tasks resolve {claim.task_id}" in line
    with reading(prepared) as connection:
        assert looks.due(connection, NOW + timedelta(days=9)) == []


def test_whose_timeline_is_due_is_found_among_what_is_unanswered_only(prepared: sa.Engine) -> None:
    asked: list[tuple[str, object]] = []
    sa.event.listen(prepared, "before_cursor_execute", lambda _c, _u, said, given, *_: asked.append((said, given)))
    with reading(prepared) as connection:
        looks.due(connection, NOW)
        statement, parameters = next(one for one in asked if "look_at" in one[0])
        if prepared.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the table is empty
        explain = "EXPLAIN QUERY PLAN" if prepared.dialect.name == "sqlite" else "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()  # type: ignore[arg-type]
    assert "ix_publishing_attempts_unanswered" in str(plan)


# Everything else.


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.QUEUED, Status.RUNNING)])
def test_a_task_nobody_should_be_working_on_is_not_touched(prepared: sa.Engine, status: Status) -> None:
    task_id = put_task(prepared, status, dagster_instance="here", lease_until=NOW - MINUTE)
    before = read_task(prepared, task_id)
    assert clean_up(prepared, run=None, after=timedelta(days=9)) == Reaped([], [])
    assert read_task(prepared, task_id) == before


def test_tasks_of_another_project_are_not_touched(prepared: sa.Engine) -> None:
    claim = hold(prepared)
    nothing = reap(prepared, "dogs", instance="here", run_states=lambda _: [], now=NOW + 2 * LEASE)
    assert nothing == Reaped([], [])
    assert read_task(prepared, claim.task_id).status is Status.RUNNING


def test_a_task_that_is_settled_while_its_run_is_looked_up_stays_settled(prepared: sa.Engine) -> None:
    claim, queued = hold(prepared), put_task(prepared)
    queue(prepared, queued)

    def finish_meanwhile(suspects: Sequence[Task]) -> list[RunState]:
        with writing(prepared) as connection:
            posted = Move(Event.POST, "posted", tweet_id="1")
            assert claims.settle(connection, claim, posted, now=NOW)
            assert claims.claim(connection, queued, attempt=1, holder="run-2", instance="here", now=NOW)
        return [OVER for _ in suspects]

    reaped = reap(prepared, PROJECT, instance="here", run_states=finish_meanwhile, now=NOW + AFTER_GRACE)

    assert reaped == Reaped([], [])
    assert read_task(prepared, claim.task_id).status is Status.COMPLETED
    assert read_task(prepared, queued).status is Status.RUNNING


def test_the_states_of_all_runs_are_asked_for_at_once_in_order(prepared: sa.Engine) -> None:
    held = [hold(prepared).task_id for _ in range(2)]
    hold(prepared, instance="elsewhere")
    task_id = put_task(prepared)
    queue(prepared, task_id)
    asked: list[list[int]] = []

    def run_states(suspects: Sequence[Task]) -> list[RunState]:
        asked.append([task.id for task in suspects])
        return [ALIVE, OVER, NONE]

    reaped = reap(prepared, PROJECT, instance="here", run_states=run_states, now=NOW + AFTER_GRACE)

    assert asked == [[*held, task_id]]
    assert [read_task(prepared, task).status for task in held] == [Status.RUNNING, Status.PENDING]
    assert [launch.task_id for launch in reaped.again] == [task_id]
