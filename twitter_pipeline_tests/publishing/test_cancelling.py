"""An item that a person cancels goes out no more, whatever is under way; unless its post has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import by_hand, due, post, resolving, unconfirmed
from twitter_pipeline.publishing.outcomes import Failed, Interrupted, MustWait, NotPublishable, Outcome, Refused
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.scanning.pairing import go_on
from twitter_pipeline.store import claims, moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import NOW, carry_out, read_lines
from twitter_pipeline_tests.support.world import MakeWorld, World

LATER = timedelta(days=1)


@pytest.fixture
def here(world: MakeWorld) -> World:
    made = world()
    made.put(title="A nap")
    made.scan()
    return made


def cancel(here: World) -> by_hand.Cancelled:
    with writing(here.engine) as connection:
        return by_hand.cancel(connection, here.task().id, now=utc_now(), actor="ann")


def goes_out_later(here: World) -> bool:
    took = due.take(here.engine, here.settings, here.project, instance="x", now=utc_now() + LATER)
    return bool(took.launches)


@pytest.mark.parametrize(
    "outcome",
    [Failed("no connection"), MustWait("a limit", NOW), NotPublishable("no words"), Refused("not like this")],
    ids=lambda outcome: outcome.reason,
)
def test_while_a_run_is_at_work_it_ends_cancelled_however_the_run_ends(here: World, outcome: Outcome) -> None:
    session = here.open()
    done = cancel(here)
    assert (done.changed, done.run_id) == (False, session.claim.holder)
    session.settle(outcome)
    task = here.task()
    assert (task.status, task.stop_asked_at, task.retry_count) == (Status.CANCELLED, None, 0)
    how = f"it was cancelled by hand; to post it: twitter-pipeline retry {task.id}"
    assert task.error_message == f"{outcome.reason}; {how}"
    assert not goes_out_later(here)
    assert [line.action for line in read_lines(here.engine, task.id)] == ["found", "claim", "asked", "stop"]


def test_a_run_at_work_posts_it_no_more(here: World) -> None:
    with here.open() as session:
        cancel(here)
        post.publish(session)
    assert here.posted_texts() == []
    assert here.task().status is Status.CANCELLED
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, here.task().id, now=utc_now())
    with here.open() as session:
        post.publish(session)
    assert here.posted_texts() == ["A nap"]


def test_of_a_run_that_died_it_ends_cancelled(here: World) -> None:
    here.open().close()
    cancel(here)
    reap(here.engine, here.project.id, instance="other", run_states=_nothing, now=utc_now() + claims.LEASE)
    assert here.task().status is Status.CANCELLED
    assert not goes_out_later(here)


def test_what_may_be_on_x_goes_out_no_more_where_it_is_not(here: World) -> None:
    here.send_and_die()
    done = cancel(here)
    assert (done.changed, done.later, done.run_id, here.task().status) == (False, True, None, Status.UNCONFIRMED)
    here.look_until_settled()
    assert here.task().status is Status.CANCELLED
    assert here.posted_texts() == []


def test_a_person_who_says_that_it_is_not_on_x_does_not_send_it_either(here: World) -> None:
    here.send_and_die()
    cancel(here)
    with reading(here.engine) as connection:
        assert "it was cancelled, and goes out no more" in str(unconfirmed.of(connection, here.task()))
    said = resolving.not_posted(here.engine, here.settings, here.task(), force=True, now=utc_now(), actor="ann")
    assert said.endswith(f"it was cancelled by hand; to post it: twitter-pipeline retry {here.task().id}")
    assert here.task().status is Status.CANCELLED


def test_the_cancel_of_what_may_be_on_x_can_be_taken_back(here: World) -> None:
    here.send_and_die()
    cancel(here)
    with writing(here.engine) as connection:
        assert by_hand.retry(connection, here.task().id, now=utc_now(), actor="ann")
    here.look_until_settled()
    assert here.task().status is Status.PENDING


def test_while_its_run_is_told_to_end_a_cancelled_item_cannot_be_retried(here: World) -> None:
    session = here.open()
    cancel(here)
    with writing(here.engine) as connection:
        assert not by_hand.retry(connection, here.task().id, now=utc_now(), actor="ann")
    session.settle(Interrupted("ended by a person", by_person=True))
    assert here.task().status is Status.CANCELLED


def test_a_second_cancel_holds_for_a_run_that_was_asked_for_between(here: World) -> None:
    cancel(here)
    seen = here.task()
    assert cancel(here).changed
    assert isinstance(by_run(here, seen_fence=seen.fence), Unavailable)


def test_a_scan_that_looked_before_does_not_let_a_skipped_item_go_on(here: World) -> None:
    here.open().close()
    carry_out(here.engine, here.task().id, Event.SKIP)
    cancel(here)
    with writing(here.engine) as connection:
        go_on(connection, here.task().id, Status.SKIPPED, "its metadata came", now=utc_now(), values={})
    assert here.task().status is Status.CANCELLED


def test_what_is_cancelled_after_somebody_asked_for_its_post_does_not_go_out(here: World) -> None:
    seen = here.task()
    cancel(here)
    with reading(here.engine) as connection:
        why_not = by_hand.why_not_now(connection, here.settings, seen, now=utc_now())
    assert why_not == "it was cancelled meanwhile"
    assert isinstance(by_run(here, seen_fence=seen.fence), Unavailable)
    with reading(here.engine) as connection:
        assert by_hand.why_not_now(connection, here.settings, here.task(), now=utc_now()) is None
    taken = by_run(here, seen_fence=here.task().fence)
    assert isinstance(taken, Session)
    taken.close()


@pytest.mark.parametrize("event", [Event.FAIL, Event.SKIP])
def test_a_run_that_waits_does_not_take_what_had_failed_or_was_skipped(here: World, event: Event) -> None:
    here.open().close()
    carry_out(here.engine, here.task().id, event)
    asked = utc_now()
    assert cancel(here).changed
    assert isinstance(by_run(here, asked_at=lambda: asked), Unavailable)


@pytest.mark.parametrize(
    "outcome", [None, Failed("no connection"), Interrupted("ended by a person", by_person=True)], ids=str
)
def test_whose_clock_goes_wrong_by_less_than_a_minute_takes_nothing(here: World, outcome: Outcome | None) -> None:
    session = here.open() if outcome is not None else None
    before = utc_now()
    cancel(here)
    if session is not None:
        session.settle(outcome)
    after = utc_now()
    taken = by_run(here, asked_at=lambda: before + timedelta(seconds=55))
    assert isinstance(taken, Unavailable)
    assert f"twitter-pipeline retry {here.task().id}" in taken.reason
    taken = by_run(here, asked_at=lambda: after + timedelta(seconds=65))
    assert isinstance(taken, Session)
    taken.close()


def test_what_had_used_up_its_retries_gets_them_anew_when_it_is_launched_after_a_cancel(here: World) -> None:
    here.open().close()
    carry_out(here.engine, here.task().id, Event.BACK_OFF, counts_as_retry=True, not_before=utc_now())
    assert here.task().retry_count == 1
    cancel(here)
    here.open().close()
    assert (here.task().status, here.task().retry_count) == (Status.RUNNING, 0)


def test_the_end_of_a_run_undoes_no_retry_of_what_was_queued(here: World) -> None:
    with writing(here.engine) as connection:
        assert moves.queue(connection, here.task().id, 1, instance="here", now=utc_now())

    def meanwhile(queued: Sequence[Task]) -> list[RunState]:
        cancel(here)
        with writing(here.engine) as connection:
            assert by_hand.retry(connection, here.task().id, now=utc_now())
        return [RunState.CANCELED for _ in queued]

    later = utc_now() + timedelta(minutes=2)
    reap(here.engine, here.project.id, instance="here", run_states=meanwhile, now=later)
    assert here.task().status is Status.PENDING


def by_run(here: World, **asked: Any) -> Session | Unavailable:
    task, worker = here.task(), Worker("run-9", **asked)
    return open_session(here.engine, here.settings, task.project_id, task.partition_key, worker)


def _nothing(tasks: Sequence[Task]) -> list[RunState]:
    return [RunState.NONE for _ in tasks]
