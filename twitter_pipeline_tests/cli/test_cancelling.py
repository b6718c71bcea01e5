"""`twitter-pipeline cancel ITEM …`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import claims, moves
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline_tests.api.test_acting import one
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]
RESOLVE = "twitter-pipeline tasks resolve"


def test_a_cancelled_item_goes_out_only_after_retry(world: MakeWorld, command: WithWorld) -> None:
    here = one(world)
    would = command(here)("cancel", "cat.mp4", "--dry-run")
    assert (would.code, "would be cancelled" in would.out, here.task().status) == (0, True, Status.PENDING)

    said = command(here)("cancel", "cat.mp4")
    assert (said.code, here.task().status) == (0, Status.CANCELLED)
    assert f"retry {here.task().partition_key}" in said.out
    assert command(here)("cancel", "cat.mp4").code == 0

    assert command(here)("retry", "cat.mp4").code == 0
    assert here.task().status is Status.PENDING


def test_several_are_cancelled_and_nothing_is_when_one_is_not_there(world: MakeWorld, command: WithWorld) -> None:
    here = one(world)
    here.put("dog.mp4", title="Dog")
    here.scan()
    assert command(here)("cancel", "cat.mp4", "cow.mp4").code == 2
    assert {task.status for task in here.tasks()} == {Status.PENDING}
    assert command(here)("cancel", "cat.mp4", "dog.mp4").code == 0
    assert {task.status for task in here.tasks()} == {Status.CANCELLED}


@pytest.mark.parametrize("event", [Event.FAIL, Event.SKIP])
def test_what_failed_or_was_skipped_can_be_cancelled(world: MakeWorld, command: WithWorld, event: Event) -> None:
    here = ended(world, event)
    assert command(here)("cancel", "cat.mp4").code == 0
    assert here.task().status is Status.CANCELLED


def test_of_what_may_be_on_x_it_is_told_what_settles_it(world: MakeWorld, command: WithWorld) -> None:
    here = ended(world, Event.LOSE_TRACK)
    told = command(here)("cancel", "cat.mp4")
    assert (told.code, here.task().status) == (3, Status.UNCONFIRMED)
    assert f"may be on X already; where it is not, it goes out no more. To settle it: {RESOLVE}" in told.out


def test_what_is_posted_is_told_with_its_link(world: MakeWorld, command: WithWorld) -> None:
    here = one(world)
    here.publish()
    told = command(here)("cancel", "cat.mp4")
    assert (told.code, f"not cancelled: it is posted already: {here.task().tweet_url}" in told.out) == (3, True)


def test_a_run_at_work_that_nobody_can_tell_is_named(world: MakeWorld, command: WithWorld) -> None:
    here = one(world)
    with writing(here.engine) as connection:
        assert claims.claim(connection, here.task().id, attempt=None, holder="run-7", instance=None, now=utc_now())
    told = command(here)("cancel", "cat.mp4")
    assert told.code == 3
    assert "is cancelled when its run is over, unless its post has left (run run-7 was not told to end" in told.out
    assert here.task().status is Status.RUNNING


def ended(world: MakeWorld, event: Event) -> World:
    here = one(world)
    with writing(here.engine) as connection:
        assert claims.claim(connection, here.task().id, attempt=None, holder="run", instance=None, now=utc_now())
        assert moves.move(connection, here.task().id, Move(event, "so it was"), now=utc_now())
    return here
