"""The first post of a project goes out alone, whoever posts it; the rest waits until somebody has looked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import status
from twitter_pipeline.cli.up import idle
from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import work
from twitter_pipeline.publishing import due, post
from twitter_pipeline.publishing.due import Due
from twitter_pipeline.publishing.holding import look
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted, Unknown
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.store import accounts, attempts, projects, tasks
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.support.items import carry_out, queue
from twitter_pipeline_tests.support.world import MakeWorld, World

APPROVE = "twitter-pipeline approve cats"


@pytest.fixture
def four(world: MakeWorld) -> World:
    """Four items that may go out, and a canary."""
    return _four(world)


def _four(world: MakeWorld, **project: object) -> World:
    made = world(canary=True, **project)
    for name in ("a", "b", "c", "d"):
        made.put(f"{name}.mp4", title=f"Cat {name}")
    made.scan()
    return made


def take(world: World) -> Due:
    return due.take(world.engine, world.settings, world.project, instance="here", now=utc_now())


def everything(world: World) -> str | None:
    with reading(world.engine) as connection:
        return look(connection, world.settings, world.project, utc_now()).everything


def approve(world: World) -> None:
    with writing(world.engine) as connection:
        projects.approve(connection, "cats", now=utc_now())


def test_one_goes_out_and_everybody_says_the_same_of_the_rest(four: World) -> None:
    (first,) = take(four).launches
    again = take(four)
    assert again.launches == []
    assert "goes out first, alone" in str(again.why_not)
    worker = Worker("run-1", "here", attempt=first.attempt)
    with open_session(four.engine, four.settings, "cats", first.partition_key, worker) as session:  # type: ignore[union-attr]
        post.publish(session)

    url = four.task_of("a.mp4").tweet_url
    why = f"the first post is out ({url}); look at it, then: {APPROVE}"
    other = four.task_of("b.mp4")
    by_hand = four.open(other)
    shown = preview(four.engine, four.settings, other, now=utc_now())
    assert isinstance(by_hand, Unavailable)
    assert [take(four).why_not, by_hand.reason, everything(four), *shown.why_not] == [why] * 4
    assert four.posted_texts() == ["Cat a"]

    approve(four)
    assert everything(four) is None
    assert len(take(four).launches) == 3


@pytest.mark.parametrize("trial", range(3))
def test_runs_and_hand_launches_at_once_post_one(four: World, trial: int) -> None:
    def by_hand(name: str) -> Callable[[], object]:
        return lambda: four.open(four.task_of(f"{name}.mp4"), run_id=name)

    racers = [by_hand("a"), by_hand("b"), lambda: take(four), by_hand("c"), by_hand("d"), lambda: take(four)]
    with ThreadPoolExecutor(len(racers)) as threads:
        ended = [future.result() for future in [threads.submit(racer) for racer in racers]]

    sessions = [one for one in ended if isinstance(one, Session)]
    launches = [launch for one in ended if isinstance(one, Due) for launch in one.launches]
    # A person may take over the very item that a tick has queued.
    assert len({one.task.id for one in sessions} | {one.task_id for one in launches}) == 1, (sessions, launches)
    assert len(sessions) <= 1
    assert len(launches) <= 1
    assert [task.status for task in four.tasks()].count(Status.PENDING) == 3
    for session in sessions:
        session.close()


def test_four_people_at_once_make_one_post(four: World) -> None:
    def post_now(name: str) -> str:
        session = four.open(four.task_of(f"{name}.mp4"), run_id=name)
        if isinstance(session, Unavailable):
            return session.reason
        with session:
            return post.publish(session).reason

    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(post_now, "abcd"))
    assert len(four.posted_texts()) == 1
    assert [APPROVE in reason for reason in said].count(True) == 3, said


def half_a_thread(world: MakeWorld, *, status: int = 404) -> World:
    """The first post of a project is a thread: two of its four posts are out, and the third was not to be."""
    here = _four(world, sources=[{"type": "video", "overflow": "thread"}])
    story = " ".join(f"Sentence number {number} of a long story about paper planes." for number in range(15))
    here.put("d.mp4", title="Paper planes", description=story)
    here.scan()
    here.looked_through()
    here.sandbox.add_faults([{"call": "POST /2/tweets", "kind": "status", "status": status, "after": 2}])
    here.publish(here.task_of("d.mp4"))
    here.sandbox.clear_faults()
    assert len(here.posted_texts()) == 2
    return here


def test_half_a_thread_is_the_first_post_and_goes_on_before_anything_else(world: MakeWorld) -> None:
    here = half_a_thread(world)
    task = here.task_of("d.mp4")
    assert task.status is Status.PENDING
    why = f"the first post ({task.partition_key}) is a thread that is on X in part, and goes on by itself;"
    other = here.open(here.task_of("a.mp4"), run_id="by hand")
    assert isinstance(other, Unavailable)
    assert other.reason == f"{why} look at it when it is whole, then: {APPROVE}"
    assert other.reason in preview(here.engine, here.settings, here.task_of("a.mp4"), now=utc_now()).why_not
    assert take(here).launches == []  # it backs off, and nothing goes out in its place
    later = due.take(here.engine, here.settings, here.project, instance="here", now=task.scheduled_time)
    assert [launch.task_id for launch in later.launches] == [task.id]
    here.publish(task, run_id="again")
    assert (len(here.posted_texts()), here.task_of("d.mp4").status) == (4, Status.COMPLETED)
    assert str(everything(here)).startswith("the first post is out (")
    approve(here)
    assert len(take(here).launches) == 3


def test_everybody_says_that_the_rest_waits_for_half_a_thread(world: MakeWorld) -> None:
    here = half_a_thread(world)
    task, other = here.task_of("d.mp4"), here.task_of("a.mp4")
    now, soon = utc_now(), task.scheduled_time - timedelta(seconds=10)
    assert now < soon
    with writing(here.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(publishing_tasks.c.id == other.id)
            .values(not_before=soon, scheduled_time=soon)
        )
    with reading(here.engine) as connection:
        why = look(connection, here.settings, here.project, now).of(other)
        late = work.queue(connection, here.settings, now + timedelta(hours=2))
    assert why is not None
    found = take(here)
    (shown,) = status.read(here.engine, here.settings, now)["projects"]
    assert (found.launches, found.held, found.next_time) == ([], (why,), task.scheduled_time)
    assert (shown["why_not"], shown["held"], shown["next_post"]) == (None, [why], task.scheduled_time)
    assert idle.outstanding(here.engine, here.settings, since=now, now=now).due == 0
    # The half thread alone is late by then.
    assert late.age == {"cats": (now + timedelta(hours=2) - task.scheduled_time).total_seconds()}
    assert late.depth["cats"] == 4


def test_half_a_thread_that_x_refused_holds_the_rest_until_a_person_has_looked(world: MakeWorld) -> None:
    here = half_a_thread(world, status=400)
    task = here.task_of("d.mp4")
    assert task.status is Status.FAILED
    assert f"goes on with: twitter-pipeline retry {task.id}; look at it when it is whole" in str(everything(here))
    assert take(here).launches == []
    here.publish(task, run_id="again")
    assert len(here.posted_texts()) == 4
    assert str(everything(here)).startswith("the first post is out (")


@pytest.mark.parametrize("event", [Event.FAIL, Event.SKIP, Event.BACK_OFF])
def test_when_the_first_does_not_go_out_the_next_becomes_the_first(four: World, event: Event) -> None:
    carry_out(four.engine, four.task_of("a.mp4").id, Event.CLAIM, now=utc_now())
    assert take(four).launches == []
    later = utc_now() + timedelta(hours=1)
    carry_out(four.engine, four.task_of("a.mp4").id, event, now=utc_now(), not_before=later)
    assert [launch.partition_key for launch in take(four).launches] == [four.task_of("b.mp4").partition_key]


def test_a_file_that_cannot_be_posted_is_no_first_post(four: World) -> None:
    (four.folder / "a.mp4").write_bytes(b"")
    assert isinstance(four.publish(four.task_of("a.mp4")), NotPublishable)
    assert isinstance(four.publish(four.task_of("b.mp4"), run_id="run-2"), Posted)
    assert isinstance(four.open(four.task_of("c.mp4")), Unavailable)


def test_a_first_post_that_may_be_out_waits_for_a_person_too(four: World) -> None:
    four.sandbox.fault("POST /2/tweets", "drop")
    assert isinstance(four.publish(four.task_of("a.mp4")), Unknown)
    assert "may be out: look at the account's timeline" in str(everything(four))
    assert take(four).launches == []
    approve(four)
    assert len(take(four).launches) == 3


def test_after_the_time_that_was_set_the_rest_goes_out_by_itself(world: MakeWorld) -> None:
    here = _four(world, canary_wait="1 h")
    here.publish(here.task_of("a.mp4"))
    assert "without it the rest follows at" in str(everything(here))
    with writing(here.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(publishing_tasks.c.status == "completed")
            .values(executed_time=utc_now() - timedelta(hours=1))
        )
    assert everything(here) is None
    assert len(take(here).launches) == 3


def found_in_part(world: World, name: str) -> None:
    """As `reconcile` does with the first post of a thread that it finds on the timeline."""
    task = world.task_of(name)
    with writing(world.engine) as connection:
        account = accounts.of_source(connection, task.content_source_id)
        first = Content("One", "one", part=1, parts=2, more=("Two",))
        post_id = str(10**18 + task.id)
        attempts.record(connection, task, first, post_id, account_id=account.id, now=utc_now())


def test_threads_that_were_found_in_part_let_nothing_follow_a_first_post(four: World) -> None:
    four.publish(four.task_of("a.mp4"))
    why = everything(four)
    assert str(why).startswith("the first post is out (")
    found_in_part(four, "b.mp4")
    found_in_part(four, "c.mp4")
    assert everything(four) == why
    assert take(four).launches == []


def test_of_two_threads_that_were_found_in_part_one_is_the_first_post(four: World) -> None:
    found_in_part(four, "b.mp4")
    found_in_part(four, "c.mp4")
    assert [launch.task_id for launch in take(four).launches] == [four.task_of("b.mp4").id]
    assert isinstance(four.open(four.task_of("c.mp4")), Unavailable)


def test_approved_beforehand_nothing_waits(four: World) -> None:
    approve(four)
    assert len(take(four).launches) == 4


def test_a_project_that_has_posted_more_than_once_needs_no_look(world: MakeWorld) -> None:
    here = _four(world)
    without = here.settings.model_copy(update={"projects": (here.project.model_copy(update={"canary": False}),)})
    for name in ("a", "b"):
        task = here.task_of(f"{name}.mp4")
        session = open_session(here.engine, without, "cats", task.partition_key, Worker(name))
        assert isinstance(session, Session)
        with session:
            post.publish(session)
    assert everything(here) is None


def test_after_an_imported_archive_the_first_post_still_goes_out_alone(four: World) -> None:
    with writing(four.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(publishing_tasks.c.id == four.task_of("a.mp4").id)
            .values(status="completed", tweet_id="1", executed_time=utc_now())
        )
    assert len(take(four).launches) == 1
    assert "goes out first, alone" in str(everything(four))


def test_of_several_queued_before_there_was_a_canary_the_oldest_is_the_first(four: World) -> None:
    now = utc_now()
    for name in ("b", "a"):
        queue(four.engine, four.task_of(f"{name}.mp4").id, now=now)
    oldest, other = four.task_of("a.mp4"), four.task_of("b.mp4")
    with reading(four.engine) as connection:
        holds = look(connection, four.settings, four.project, now)
        assert holds.of(tasks.get(connection, oldest.id)) is None
        assert "goes out first" in str(holds.of(tasks.get(connection, other.id)))


def test_what_a_dead_tick_has_queued_is_requested_again_if_it_is_the_first(four: World) -> None:
    (first,) = take(four).launches
    other = due.Launch(four.task_of("b.mp4").id, 1, "b", "sandbox")
    found = due.still_due(four.engine, four.settings, four.project, [first, other], now=utc_now())
    assert found == [first]
