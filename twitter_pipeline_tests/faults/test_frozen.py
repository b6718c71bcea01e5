"""Processes that stand still for longer than their lease, whose clock is wrong, or who lose the database."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from multiprocessing.process import BaseProcess
from typing import Any

import psutil
import pytest

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.outcomes import Outcome, Posted
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.x.session import Session as XSession
from twitter_pipeline_tests.faults.crashing_worker import work
from twitter_pipeline_tests.faults.test_crash_points import new_item, posts_of, settle
from twitter_pipeline_tests.support.tcp_proxy import PASS, REFUSE, TcpProxy
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World

POST = "POST /2/tweets"
_context = multiprocessing.get_context("forkserver")


@contextmanager
def process(target: Any, *args: Any) -> Iterator[BaseProcess]:
    started = _context.Process(target=target, args=args)
    started.start()
    try:
        yield started
        started.join(60)
        assert started.exitcode == 0
    finally:
        started.kill()


def _stand_still_before_sending(settings: Settings, task: Task) -> None:
    """Post, and stop this process after all is written down and before the post's request is signed."""
    send = XSession.send

    def stopping(session: XSession, request: Any, **options: Any) -> Any:
        if request.url.endswith("/2/tweets") and request.method == "POST":
            # To this very thread: one to the process may be delivered while this thread goes on and sends.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return send(session, request, **options)

    XSession.send = stopping  # type: ignore[method-assign, assignment]
    post.MUST_LEAVE_WITHIN = timedelta(seconds=0.5)
    work(settings, task)


def _is_stopped(pid: int | None) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_STOPPED


@pytest.mark.slow
def test_who_stood_still_before_sending_sends_nothing_any_more(world: MakeWorld) -> None:
    here = world()
    task = new_item(here, 1)
    with process(_stand_still_before_sending, here.settings, task) as frozen:
        wait_for(lambda: _is_stopped(frozen.pid), 20, "the process to stand still")
        assert settle(here, task) == "unconfirmed, 0 posts"
        assert frozen.pid is not None
        os.kill(frozen.pid, signal.SIGCONT)
    assert posts_of(here, task) == 1
    assert here.task_of(task.media_path).status is Status.COMPLETED
    assert here.attempt_states() == ["absent", "confirmed"]


@pytest.mark.slow
def test_who_stood_still_while_x_answered_finds_it_recorded(world: MakeWorld) -> None:
    here = world()
    task = new_item(here, 1)
    here.sandbox.fault(POST, "delay", seconds=3)
    with process(work, here.settings, task) as frozen:
        wait_for(here.sandbox.happened, 20, "the request to arrive")
        assert frozen.pid is not None
        os.kill(frozen.pid, signal.SIGSTOP)
        wait_for(lambda: posts_of(here, task), 20, "the post")
        assert settle(here, task) == "unconfirmed, 1 posts"
        os.kill(frozen.pid, signal.SIGCONT)
    assert posts_of(here, task) == 1
    assert here.task_of(task.media_path).status is Status.COMPLETED


def _with_clock(settings: Settings, task: Task, ahead: timedelta, jumps_after: int) -> None:
    """Post, by a clock that is wrong from its so-manieth use on."""
    used = 0

    def utc_now() -> datetime:
        nonlocal used
        used += 1
        return datetime.now(timezone.utc) + (ahead if used > jumps_after else timedelta(0))

    for name, module in list(sys.modules.items()):
        if name.startswith("twitter_pipeline.") and hasattr(module, "utc_now"):
            module.utc_now = utc_now  # type: ignore[attr-defined]
    work(settings, task)


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(hours=-2)], ids=str)
def test_a_clock_that_jumps_at_any_moment_posts_nothing_twice(world: MakeWorld, ahead: timedelta) -> None:
    here = world()
    ends = set()
    for jumps_after in range(0, 12, 3):
        task = new_item(here, jumps_after)
        # Unconfirmed is not asked for: the answer comes, and is the truth whatever the clock says.
        with process(_with_clock, here.settings, task, ahead, jumps_after):
            pass
        ends.add(settle(here, task))
    assert ends <= {"completed, 1 posts", "pending, 0 posts"}
    assert "completed, 1 posts" in ends


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_away_while_x_answers_gets_the_answer_when_it_is_back(world: MakeWorld) -> None:
    here = world()
    task = new_item(here, 1)
    here.sandbox.fault(POST, "delay", seconds=3)
    url = here.engine.url
    assert url.port is not None
    with TcpProxy(url.port) as proxy:
        away = World(
            connect(url.set(port=proxy.port).render_as_string(hide_password=False)),
            here.settings,
            here.sandbox,
            here.clip,
        )
        done: list[Outcome] = []
        thread = threading.Thread(target=lambda: done.append(away.publish(task)))
        thread.start()
        wait_for(here.sandbox.happened, 20, "the request to arrive")
        proxy.mode = REFUSE
        assert proxy.kill() > 0
        wait_for(lambda: posts_of(here, task), 20, "the post")
        time.sleep(0.5)  # the answer finds no database
        assert here.task_of(task.media_path).status is Status.RUNNING
        proxy.mode = PASS
        thread.join(60)
        away.engine.dispose()
    assert isinstance(done[0], Posted)
    assert posts_of(here, task) == 1
    assert here.task_of(task.media_path).status is Status.COMPLETED
