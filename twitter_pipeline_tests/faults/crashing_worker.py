"""A process that does a part of the work, and is killed at a given point.

Points are the moments right before and right after each commit and each request to X, counted in the order they are
reached. They sit in the engine and in the session, so that no step can be added without its points.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.publishing.reconciling import look_where_due
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.store import accounts, looks, tasks
from twitter_pipeline.store.claims import LEASE
from twitter_pipeline.store.engine import connect, reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.x.session import Session as XSession

#: What a process does with a task.
Part = Callable[[Settings, Task], None]

#: When a dead worker's lease is over.
LATER = LEASE + timedelta(seconds=1)

# Each begins as a copy of a process that has imported everything.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, "twitter_pipeline.x.upload", "twitter_pipeline.media"])


def let(part: Part, settings: Settings, task: Task, *, crash_at: int) -> int | None:
    """Let a process of its own do its part; how many points it passed, None when it was killed at `crash_at`."""
    points, passed = _context.Pipe(duplex=False)
    process = _context.Process(target=_run, args=(part, settings, task, crash_at, passed))
    process.start()
    passed.close()
    process.join(60)
    if process.exitcode == -signal.SIGKILL:
        return None
    assert process.exitcode == 0
    return int(points.recv())


def work(settings: Settings, task: Task) -> None:
    """Take the task and post it, as a run does."""
    session = open_session(
        connect(settings.sqlalchemy_url), settings, task.project_id, task.partition_key, Worker(f"run-{os.getpid()}")
    )
    if isinstance(session, Session):
        with session:
            post.publish(session)


def look(settings: Settings, task: Task) -> None:
    """Read the timeline, each time when that is due, until the task is no longer unconfirmed."""
    engine = connect(settings.sqlalchemy_url)
    while True:
        with reading(engine) as connection:
            if tasks.get(connection, task.id).status is not Status.UNCONFIRMED:
                return
            ids = [account.id for account in accounts.of_sources(connection, task.project_id).values()]
            due = [one.look_at for one in looks.unanswered(connection, ids[0]) if one.look_at is not None]
        # Not in a loop: each transaction is two points.
        time.sleep(max(0.0, (min(due) - utc_now() - LATER).total_seconds()) if due else 0.05)
        look_where_due(engine, settings, now=utc_now() + LATER)


def mend(settings: Settings, task: Task) -> None:
    """Do for a task whose run died what ticks and the next run do: once its lease is over, look for it, and post it."""
    engine = connect(settings.sqlalchemy_url)
    reap(engine, task.project_id, instance="none", run_states=lambda _: [], now=utc_now() + LATER)
    look(settings, task)
    work(settings, task)


def _run(part: Part, settings: Settings, task: Task, crash_at: int, passed: Connection) -> None:
    count = itertools.count(1)
    reached = 0

    def point() -> None:
        nonlocal reached
        reached = next(count)
        if reached == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            point()
            result = function(*args, **kwargs)
            point()
            return result

        return wrapped

    dialect = connect(settings.sqlalchemy_url).dialect
    dialect.do_commit = around(dialect.do_commit)  # type: ignore[method-assign]
    XSession.send = around(XSession.send)  # type: ignore[method-assign]
    part(settings, task)
    passed.send(reached)
