"""Taking a task: who may, and that it is never two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import claims, moves
from twitter_pipeline.store.claims import LEASE, Claim
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.support.items import (
    MINUTE,
    NOW,
    carry_out,
    put_task,
    queue,
    read_lines,
    read_task,
    take,
)


def claim(engine: sa.Engine, task_id: int, attempt: int | None, holder: str = "run-1") -> Claim | None:
    with writing(engine) as connection:
        return claims.claim(connection, task_id, attempt=attempt, holder=holder, instance="here", now=NOW)


def test_the_run_of_a_queued_attempt_takes_it(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id, 1, instance="here")

    assert claim(prepared, task_id, 1) == Claim(task_id, attempt=1, fence=1, holder="run-1")

    task = read_task(prepared, task_id)
    assert (task.status, task.attempt, task.fence) == (Status.RUNNING, 1, 1)
    assert (task.lease_holder, task.lease_until) == ("run-1", NOW + LEASE)
    assert (task.run_id, task.dagster_instance) == ("run-1", "here")
    assert [line.action for line in read_lines(prepared, task_id)] == ["found", "queue", "claim"]


def test_a_run_of_an_earlier_attempt_takes_nothing(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id, 1)
    carry_out(prepared, task_id, Event.UNQUEUE)
    queue(prepared, task_id, 2)

    assert claim(prepared, task_id, 1) is None
    assert claim(prepared, task_id, 2) is not None


def test_the_run_of_an_attempt_takes_only_what_is_queued(prepared: sa.Engine) -> None:
    for status in Status:
        task_id = put_task(prepared, status, attempt=1)
        assert (claim(prepared, task_id, 1) is not None) is (status is Status.QUEUED)


@pytest.mark.parametrize("status", [Status.PENDING, Status.QUEUED, Status.FAILED, Status.SKIPPED, Status.CANCELLED])
def test_by_hand_a_new_attempt_is_made_of_what_nobody_works_on(prepared: sa.Engine, status: Status) -> None:
    task_id = put_task(prepared, status, attempt=4, fence=2)
    assert claim(prepared, task_id, None) == Claim(task_id, attempt=5, fence=3, holder="run-1")


@pytest.mark.parametrize("status", [Status.RUNNING, Status.COMPLETED, Status.UNCONFIRMED, Status.AWAITING_APPROVAL])
def test_by_hand_nothing_is_taken_that_is_held_posted_or_uncertain(prepared: sa.Engine, status: Status) -> None:
    task_id = put_task(prepared, status)
    before = read_task(prepared, task_id)

    assert claim(prepared, task_id, None) is None
    assert read_task(prepared, task_id) == before


def test_by_hand_a_cancelled_task_is_taken_only_by_whom_a_person_asked_after_that(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    carry_out(prepared, task_id, Event.STOP)
    assert not _taken_by_who_was_asked_at(prepared, task_id, NOW - MINUTE)
    assert not _taken_by_who_was_asked_at(prepared, task_id, NOW)
    assert _taken_by_who_was_asked_at(prepared, task_id, NOW + MINUTE)


def _taken_by_who_was_asked_at(engine: sa.Engine, task_id: int, asked_at: datetime) -> bool:
    with writing(engine) as connection:
        taken = claims.claim(
            connection, task_id, attempt=None, holder="run", instance="here", now=NOW, asked_at=lambda: asked_at
        )
    return taken is not None


def test_a_queued_run_comes_too_late_after_one_made_by_hand(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    queue(prepared, task_id, 1)
    by_hand = take(prepared, task_id, holder="a-person's-run")

    assert claim(prepared, task_id, 1, "the-sensor's-run") is None
    assert read_task(prepared, task_id).lease_holder == by_hand.holder


def test_a_task_that_does_not_exist_is_not_taken(prepared: sa.Engine) -> None:
    assert claim(prepared, 404, None) is None


def test_a_task_is_queued_only_when_due_and_as_the_next_attempt(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, scheduled_time=NOW + MINUTE)
    with writing(prepared) as connection:
        assert not moves.queue(connection, task_id, 1, instance="here", now=NOW)
        assert not moves.queue(connection, task_id, 2, instance="here", now=NOW + MINUTE)
        assert moves.queue(connection, task_id, 1, instance="here", now=NOW + MINUTE)
        assert not moves.queue(connection, task_id, 2, instance="here", now=NOW + MINUTE), "it is queued already"


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "queued"])
def test_of_two_that_want_a_task_at_the_same_time_exactly_one_gets_it(prepared: sa.Engine, by_hand: bool) -> None:
    rounds = 100
    task_ids = [put_task(prepared) for _ in range(rounds)]
    if not by_hand:
        for task_id in task_ids:
            queue(prepared, task_id)
    together = Barrier(2, timeout=60)

    def claim_all(holder: str) -> list[Claim | None]:
        taken = []
        for task_id in task_ids:
            together.wait()
            taken.append(claim(prepared, task_id, None if by_hand else 1, holder))
        return taken

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(claim_all, ["one", "other"])

    for first, second in zip(one, other, strict=True):
        assert (first is None) != (second is None)
    for task_id in task_ids:
        assert read_task(prepared, task_id).fence == 1
        assert [line.action for line in read_lines(prepared, task_id)].count("claim") == 1


def test_who_launches_what_failed_for_good_gets_its_retries_anew(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.FAILED, retry_count=5)
    take(prepared, task_id)
    assert read_task(prepared, task_id).retry_count == 0
