"""Kill a real worker at every durable step: whatever dies when, one item is one post or a person is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from twitter_pipeline.config import CONFIG_VARIABLE
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.publishing.session import Unavailable, utc_now
from twitter_pipeline.store.moves import LEASE
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.world import MakeWorld, World

#: More points than there are; a worker that reaches its end says so.
MOST_POINTS = 60


def work(here: World, task: Task, crash_at: int) -> int | None:
    """Let a process of its own post the item; the points it passed, or None when it was killed."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "twitter_pipeline_tests.faults.crashing_worker"),
            *(task.project_id, task.partition_key, f"run-{crash_at}", str(crash_at)),
        ],
        env={**os.environ, CONFIG_VARIABLE: str(here.settings.path)},
        stdout=subprocess.PIPE,
        timeout=60,
    )
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0
    return int(done.stdout)


def reap_later(here: World) -> None:
    """What the reaper does once the dead worker's lease has run out."""
    now = utc_now() + LEASE + timedelta(seconds=1)
    reap(here.engine, here.project.id, instance="none", run_states=lambda _: [], now=now)


@pytest.mark.slow
def test_a_worker_killed_at_any_point_posts_once_or_says_it_does_not_know(world: MakeWorld) -> None:
    here = world()
    ends: set[str] = set()
    for crash_at in range(1, MOST_POINTS):
        name, text = f"cat-{crash_at}.mp4", f"Cat naps, take {crash_at}"
        here.put(name, title=text)
        here.scan()
        if work(here, here.task_of(name), crash_at) is not None:
            assert here.posted_texts().count(text) == 1
            break
        reap_later(here)
        task, posts = here.task_of(name), here.posted_texts().count(text)
        ends.add(f"{task.status}, {posts} posts")
        if task.status is Status.PENDING:
            # It surely was not sent: the next attempt posts it.
            assert isinstance(here.publish(task, run_id="after"), Posted)
            assert here.posted_texts().count(text) == 1
        elif task.status is Status.UNCONFIRMED:
            # Killed between the durable intent and the answer: nobody can know, so nobody sends again.
            assert posts <= 1
            assert isinstance(here.open(task, run_id="after"), Unavailable)
        else:
            assert (task.status, posts) == (Status.COMPLETED, 1)
    else:
        pytest.fail(f"the worker never reached its end within {MOST_POINTS} points")
    assert ends == {
        "pending, 0 posts",
        "unconfirmed, 0 posts",
        "unconfirmed, 1 posts",
        "completed, 1 posts",
    }
