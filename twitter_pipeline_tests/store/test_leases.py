"""The lease and its fence: an old holder changes nothing."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from twitter_pipeline.store import attempts, claims, moves
from twitter_pipeline.store.claims import LEASE, Claim
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline_tests.support.items import (
    MINUTE,
    NOW,
    carry_out,
    prepare,
    put_task,
    read_lines,
    read_task,
    take,
)

POSTED = Move(Event.POST, "posted", tweet_id="1859", details={"url": "https://x.com/cats/status/1859"})
FAILED = Move(Event.FAIL, "refused")


def renew(engine: sa.Engine, claim: Claim, after: object) -> bool:
    with writing(engine) as connection:
        return claims.renew(connection, claim, now=NOW + after)  # type: ignore[operator]


def settle(engine: sa.Engine, claim: Claim, move: Move) -> bool:
    with writing(engine) as connection:
        return claims.settle(connection, claim, move, now=NOW + MINUTE)


def test_a_lease_that_is_renewed_lasts_from_then(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))

    assert renew(prepared, claim, LEASE / 3)
    assert read_task(prepared, claim.task_id).lease_until == NOW + LEASE / 3 + LEASE


def test_a_lease_that_ran_out_cannot_be_renewed(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))

    assert not renew(prepared, claim, LEASE)
    assert read_task(prepared, claim.task_id).lease_until == NOW + LEASE


def test_a_holder_whose_lease_ran_out_still_settles_what_nobody_took(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    with writing(prepared) as connection:
        assert claims.settle(connection, claim, FAILED, now=NOW + 2 * LEASE)
    assert read_task(prepared, claim.task_id).status is Status.FAILED


def test_an_old_holder_changes_nothing(prepared: sa.Engine) -> None:
    old = take(prepared, put_task(prepared), holder="old")
    carry_out(prepared, old.task_id, Event.BACK_OFF)
    new = take(prepared, old.task_id, holder="new")
    before, lines_before = read_task(prepared, new.task_id), read_lines(prepared, new.task_id)

    assert not renew(prepared, old, MINUTE / 2)
    assert not settle(prepared, old, POSTED)
    assert not settle(prepared, old, FAILED)
    with writing(prepared) as connection:
        assert not claims.take_back(connection, old.task_id, old.fence, FAILED, now=NOW)
        prepare(connection, old, "late")
        assert not attempts.mark_sent(connection, old, now=NOW)

    assert read_task(prepared, new.task_id) == before
    assert read_lines(prepared, new.task_id) == lines_before


def test_a_claim_of_the_right_fence_but_another_holder_is_worth_nothing(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    forged = dataclasses.replace(claim, holder="somebody else")

    assert not renew(prepared, forged, MINUTE / 2)
    assert not settle(prepared, forged, FAILED)


def test_a_claim_is_settled_once(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    assert settle(prepared, claim, FAILED)
    assert not settle(prepared, claim, POSTED)
    assert read_task(prepared, claim.task_id).status is Status.FAILED


def test_a_posted_task_knows_its_post_and_dagster_has_yet_to_be_told(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared, registered_in="here"))

    assert settle(prepared, claim, POSTED)

    task = read_task(prepared, claim.task_id)
    assert (task.status, task.tweet_id, task.tweet_url) == (Status.COMPLETED, "1859", POSTED.details["url"])
    assert task.executed_time == NOW + MINUTE
    assert task.registered_in is None


def test_an_answer_that_came_after_the_task_was_given_up_completes_it(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    carry_out(prepared, claim.task_id, Event.LOSE_TRACK)
    late = dataclasses.replace(POSTED, event=Event.ADOPT)

    assert not settle(prepared, claim, POSTED), "the lease is lost"
    with writing(prepared) as connection:
        assert moves.adopt(connection, claim.task_id, late, now=NOW)
        assert not moves.adopt(connection, claim.task_id, late, now=NOW), "it is completed"
    assert read_task(prepared, claim.task_id).tweet_id == "1859"


def test_a_task_that_was_given_up_is_resolved_for_its_own_attempt_only(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    carry_out(prepared, claim.task_id, Event.LOSE_TRACK)
    reopen = Move(Event.REOPEN, "not on X", not_before=NOW)

    with writing(prepared) as connection:
        assert not moves.resolve(connection, claim.task_id, reopen, now=NOW, attempt=claim.attempt + 1)
        assert moves.resolve(connection, claim.task_id, reopen, now=NOW, attempt=claim.attempt)
    assert read_task(prepared, claim.task_id).status is Status.PENDING


def test_the_reaper_takes_a_claim_back_by_its_fence(prepared: sa.Engine) -> None:
    claim = take(prepared, put_task(prepared))
    with writing(prepared) as connection:
        assert claims.take_back(
            connection, claim.task_id, claim.fence, Move(Event.BACK_OFF, "it died", not_before=NOW), now=NOW
        )
    assert read_task(prepared, claim.task_id).status is Status.PENDING
