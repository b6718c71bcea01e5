"""What is written down before a post leaves, and after the answer."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.publishing.reaper import Reaped, reap
from twitter_pipeline.store import attempts, claims, tasks
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.claims import LEASE, Claim
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline_tests.support import items
from twitter_pipeline_tests.support.items import NOW, PROJECT, carry_out, put_task, read_task, take


def prepare(engine: sa.Engine, claim: Claim, text: str = "Cats. 🐈") -> None:
    with writing(engine) as connection:
        items.prepare(connection, claim, text, ("7100", "7101"))


def mark_sent(engine: sa.Engine, claim: Claim, *, after: Any = LEASE / 2) -> bool:
    with writing(engine) as connection:
        return attempts.mark_sent(connection, claim, now=NOW + after)


def answer(engine: sa.Engine, claim: Claim, state: AttemptState, **said: Any) -> None:
    with writing(engine) as connection:
        attempts.answer(connection, claim, state, now=NOW, **said)


def rows(engine: sa.Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(publishing_attempts))]


def not_yet(future: Future[Any]) -> bool:
    """Whether it is still waiting; one that waits for nothing is done long before."""
    return not wait([future], timeout=0.3).done


def may_be_on_x(engine: sa.Engine, task_id: int) -> bool:
    with reading(engine) as connection:
        return attempts.may_be_on_x(connection, task_id)


@pytest.fixture
def claim(prepared: sa.Engine) -> Claim:
    return take(prepared, put_task(prepared))


def test_exactly_what_is_about_to_be_sent_is_written_down(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)

    (row,) = rows(prepared)
    assert (row["text"], row["media_ids"]) == ("Cats. 🐈", ["7100", "7101"])
    assert (row["task_id"], row["number"], row["fence"], row["run_id"]) == (claim.task_id, 1, 1, "run-1")
    assert (row["state"], row["prepared_at"], row["sent_at"]) == ("prepared", NOW, None)


def test_a_later_try_of_an_attempt_replaces_what_was_not_sent(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim, "first")
    prepare(prepared, claim, "second")
    assert [row["text"] for row in rows(prepared)] == ["second"]


def test_what_was_sent_is_never_replaced(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim, "first")
    assert mark_sent(prepared, claim)

    with pytest.raises(sa.exc.IntegrityError):
        prepare(prepared, claim, "second")
    assert [row["text"] for row in rows(prepared)] == ["first"]


def test_an_attempt_is_sent_only_once(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    assert mark_sent(prepared, claim)
    assert not mark_sent(prepared, claim)


def test_nothing_is_sent_that_was_not_written_down(prepared: sa.Engine, claim: Claim) -> None:
    assert not mark_sent(prepared, claim)


def test_nothing_is_sent_once_the_lease_ran_out(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    assert not mark_sent(prepared, claim, after=LEASE)
    assert rows(prepared)[0]["state"] == "prepared"


def test_nothing_is_sent_once_the_task_was_taken_back(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    carry_out(prepared, claim.task_id, Event.BACK_OFF)
    assert not mark_sent(prepared, claim)

    take(prepared, claim.task_id, holder="run-2")
    assert not mark_sent(prepared, claim)


@pytest.mark.parametrize(
    ("state", "uncertain"),
    [
        (AttemptState.SENT, True),
        (AttemptState.UNKNOWN, True),
        (AttemptState.CONFIRMED, True),
        (AttemptState.REFUSED, False),
        (AttemptState.PREPARED, False),
    ],
)
def test_a_task_may_be_on_x_unless_its_request_surely_was_not(
    prepared: sa.Engine, claim: Claim, state: AttemptState, uncertain: bool
) -> None:
    prepare(prepared, claim)
    assert not may_be_on_x(prepared, claim.task_id)
    mark_sent(prepared, claim)
    assert may_be_on_x(prepared, claim.task_id)

    answer(prepared, claim, state)

    assert may_be_on_x(prepared, claim.task_id) is uncertain


def test_one_uncertain_attempt_is_enough_whatever_came_after(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)
    carry_out(prepared, claim.task_id, Event.FAIL)
    later = take(prepared, claim.task_id, holder="run-2")
    prepare(prepared, later)
    assert may_be_on_x(prepared, claim.task_id)


def test_an_answer_and_who_takes_the_task_back_at_that_moment_do_not_wait_for_each_other(
    prepared: sa.Engine, claim: Claim
) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)
    with ThreadPoolExecutor(1) as pool:
        with writing(prepared) as reaper:
            tasks.lock(reaper, claim.task_id)
            answered = pool.submit(answer, prepared, claim, AttemptState.UNKNOWN)
            assert not_yet(answered)
            attempts.look_for(reaper, claim.task_id, at=NOW)
        answered.result(timeout=20)
    assert rows(prepared)[0]["state"] == "unknown"


def test_another_task_is_not_concerned(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)
    assert not may_be_on_x(prepared, put_task(prepared))


def test_what_x_said_is_kept(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)

    answer(prepared, claim, AttemptState.CONFIRMED, tweet_id="1859", said="posted")

    (row,) = rows(prepared)
    assert (row["state"], row["tweet_id"], row["answer"]) == ("confirmed", "1859", "posted")
    assert (row["sent_at"], row["answered_at"]) == (NOW + LEASE / 2, NOW)


def test_an_answer_to_what_was_never_sent_changes_nothing(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    answer(prepared, claim, AttemptState.CONFIRMED, tweet_id="1859")
    assert rows(prepared)[0]["state"] == "prepared"


def test_a_definite_answer_is_final(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)
    answer(prepared, claim, AttemptState.CONFIRMED, tweet_id="1859")
    answer(prepared, claim, AttemptState.REFUSED)
    assert rows(prepared)[0]["state"] == "confirmed"


def test_a_request_that_never_left_may_be_sent_again_by_the_same_attempt(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)
    mark_sent(prepared, claim)
    answer(prepared, claim, AttemptState.PREPARED, said="connection refused")

    prepare(prepared, claim)
    assert mark_sent(prepared, claim)


def test_what_takes_a_task_back_waits_for_a_request_that_is_about_to_leave(prepared: sa.Engine, claim: Claim) -> None:
    # Each looks at what the other writes: the second must see what the first did.
    prepare(prepared, claim)

    def reap_it() -> Reaped:
        return reap(prepared, PROJECT, instance="here", run_states=lambda _: [], now=NOW + LEASE)

    with ThreadPoolExecutor(1) as other:
        with writing(prepared) as connection:
            assert attempts.mark_sent(connection, claim, now=NOW)
            reaped = other.submit(reap_it)
            assert not_yet(reaped)
        assert len(reaped.result(timeout=30).moved) == 1

    assert read_task(prepared, claim.task_id).status is Status.UNCONFIRMED


def test_a_request_that_is_about_to_leave_waits_for_what_takes_its_task_back(prepared: sa.Engine, claim: Claim) -> None:
    prepare(prepared, claim)

    with ThreadPoolExecutor(1) as other:
        with writing(prepared) as connection:
            assert claims.take_back(connection, claim.task_id, claim.fence, Move(Event.BACK_OFF, "it died"), now=NOW)
            sent = other.submit(mark_sent, prepared, claim)
            assert not_yet(sent)
        assert not sent.result(timeout=30)
