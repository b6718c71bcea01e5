"""Kill a real process at every durable step: whatever dies when, one item is one post."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.faults.crashing_worker import LATER, Part, let, look, mend, work
from twitter_pipeline_tests.support.captions import put_captions
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World

#: More points than there are; a process that reaches its end says so.
MOST_POINTS = 200
POST = "POST /2/tweets"
#: `make test` takes those right after each step, on SQLite; `make soak` each, on both.
cheaply = pytest.mark.parametrize(
    ("database_url", "step"),
    [
        ("sqlite", 2),
        pytest.param("sqlite", 1, marks=pytest.mark.soak),
        pytest.param("postgresql", 1, marks=pytest.mark.soak),
    ],
    indirect=["database_url"],
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxServer]:
    """One that may be read more often than X."""
    with SandboxServer(tmp_path / "x", processing_seconds=0, limits=100) as server:
        yield server


def reap_later(here: World) -> None:
    """What the reaper does once the dead worker's lease has run out."""
    reap(here.engine, here.project.id, instance="none", run_states=lambda _: [], now=utc_now() + LATER)


def new_item(here: World, number: int, *, captions: bool = False) -> Task:
    name = f"cat-{number}.mp4"
    here.put(name, title=f"Cat naps, take {number}")
    if captions:
        put_captions(here.folder, f"cat-{number}.srt")
    here.scan()
    return here.task_of(name)


def posts_of(here: World, task: Task) -> int:
    """How often the sandbox has accepted an item, by its bytes."""
    wanted = hashlib.sha256((here.folder / task.media_path).read_bytes()).hexdigest()
    posts = here.sandbox.posts(deleted=True)
    return sum(medium["sha256"] == wanted for post in posts for medium in post["media"])


def settle(here: World, task: Task) -> str:
    """Let ticks and the next run go on with an item; how it stood before that."""
    reap_later(here)
    status, posts = here.task_of(task.media_path).status, posts_of(here, task)
    wait_for(lambda: _looked_for(here, task), 20, "the item to be settled")
    if here.task_of(task.media_path).status is Status.PENDING:
        assert isinstance(here.publish(task, run_id=f"after-{task.id}"), Posted)
    assert (here.task_of(task.media_path).status, posts_of(here, task)) == (Status.COMPLETED, 1)
    return f"{status}, {posts} posts"


def _looked_for(here: World, task: Task) -> bool:
    """Tick, as long after as the reaper came; whether the item is no longer unconfirmed."""
    here.look(utc_now() + LATER)
    return here.task_of(task.media_path).status is not Status.UNCONFIRMED


def killed_at_each(here: World, part: Part, begin: Callable[[int], Task], *, step: int) -> Counter[str]:
    """Kill a process at every `step`-th point of its part, each with an item of its own; how the items stood then."""
    ends = Counter[str]()
    for crash_at in range(step, MOST_POINTS, step):
        task = begin(crash_at)
        passed = let(part, here.settings, task, crash_at=crash_at)
        ends[settle(here, task)] += 1
        if passed is not None:
            assert passed < crash_at
            return ends
    raise AssertionError(f"the process never reached its end within {MOST_POINTS} points")


@pytest.mark.slow
@pytest.mark.timeout(600)
@cheaply
def test_a_worker_killed_at_any_point_posts_once(world: MakeWorld, step: int) -> None:
    here = world()
    ends = killed_at_each(here, work, lambda number: new_item(here, number, captions=True), step=step)
    # Before anything was sent; between the durable intent and the answer; and after it.
    assert set(ends) == {"pending, 0 posts", "unconfirmed, 0 posts", "unconfirmed, 1 posts", "completed, 1 posts"}
    captions = [medium["captions"] for post in here.sandbox.posts() for medium in post["media"]]
    assert [[each["language"] for each in of_one] for of_one in captions] == [["EN"]] * ends.total()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("database_url", "step"),
    [
        ("sqlite", 7),
        pytest.param("sqlite", 1, marks=pytest.mark.soak),
        pytest.param("postgresql", 1, marks=pytest.mark.soak),
    ],
    indirect=["database_url"],
)
def test_a_worker_killed_at_any_point_of_a_thread_posts_each_of_its_posts_once(world: MakeWorld, step: int) -> None:
    here = world(sources=[{"type": "video", "overflow": "thread"}])

    def new_thread(number: int) -> Task:
        name = f"cat-{number}.mp4"
        sentences = (f"Sentence {one} of a long story of take {number}." for one in range(16))
        here.put(name, title=f"Cat naps, take {number}", description=" ".join(sentences))
        here.scan()
        return here.task_of(name)

    killed_at_each(here, work, new_thread, step=step)
    posts = list(reversed(here.sandbox.posts(deleted=True)))
    heads = [post for post in posts if post["media"]]
    assert len(posts) == 3 * len(heads) == len({post["text"] for post in posts})
    replies = {post["reply_to"]: post for post in posts}
    for head in heads:
        second = replies[head["id"]]
        third = replies[second["id"]]
        ends = [post["text"].rpartition(" ")[2] for post in (head, second, third)]
        assert ends == ["(1/3)", "(2/3)", "(3/3)"]
        assert len({post["text"].rpartition(" (")[0].rpartition(" ")[2] for post in (head, second, third)}) == 1


def lost(here: World, number: int, *, landed: bool) -> Task:
    """An item whose run has lost X's answer, and could not find out. It is not the account's first post.

    Before that one the timeline is looked through.
    """
    task = new_item(here, number)
    here.sandbox.fault(POST, "drop_after" if landed else "drop")
    here.sandbox.fault("GET /2/users/{id}/tweets", "status", status=503)
    here.publish(task, run_id=f"lost-{number}")
    here.sandbox.clear_faults()
    assert here.task_of(task.media_path).status is Status.UNCONFIRMED
    return task


@pytest.mark.slow
@pytest.mark.timeout(600)
@cheaply
def test_killed_at_any_point_of_finding_a_post_it_is_found_by_the_next(world: MakeWorld, step: int) -> None:
    here = world()
    assert isinstance(here.publish(new_item(here, 0)), Posted)
    ends = killed_at_each(here, look, lambda number: lost(here, number, landed=True), step=step)
    assert set(ends) == {"unconfirmed, 1 posts", "completed, 1 posts"}


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_killed_at_any_point_of_finding_none_it_is_posted_once(world: MakeWorld) -> None:
    here = world()
    assert isinstance(here.publish(new_item(here, 0)), Posted)
    # Each takes seconds, and how many there are depends on X's clock: some of the first, others on the other database.
    first = 1 if here.engine.dialect.name == "sqlite" else 4
    for crash_at in range(first, 50, 7):
        task = lost(here, crash_at, landed=False)
        let(look, here.settings, task, crash_at=crash_at)
        assert settle(here, task) in ("unconfirmed, 0 posts", "pending, 0 posts")


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_those_who_mend_are_killed_too(world: MakeWorld) -> None:
    """Each point of the first, with another one of the second."""
    here = world()
    for crash_at in range(1, MOST_POINTS):
        task = new_item(here, crash_at)
        passed = let(work, here.settings, task, crash_at=crash_at)
        let(mend, here.settings, task, crash_at=1 + crash_at * 7 % 40)
        settle(here, task)
        if passed is not None:
            return
    raise AssertionError("the worker never reached its end")
