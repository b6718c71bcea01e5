"""Posting an item in a process of its own, which is killed around a given request of its upload."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from multiprocessing.process import BaseProcess
from typing import Any

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.x.session import Session as XSession
from twitter_pipeline_tests.support.world import World

# Each begins as a copy of a process that has imported everything.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__, "twitter_pipeline.x.upload", "twitter_pipeline.media"])


def start(here: World, task: Task, *, kill_at: int) -> BaseProcess:
    """Begin a process that posts the task, and dies right before or right after a request of its upload.

    Those points are counted from 1: odd ones are before a request leaves, even ones after its answer came, before
    that is written down.
    """
    process = _context.Process(target=_run, args=(here.settings, task, kill_at))
    process.start()
    return process


def _run(settings: Settings, task: Task, kill_at: int) -> None:
    count = itertools.count(1)
    send = XSession.send

    def point() -> None:
        if next(count) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def dying(session: XSession, request: Any, **options: Any) -> Any:
        if "/2/media/" not in request.url:
            return send(session, request, **options)
        point()
        answer = send(session, request, **options)
        point()
        return answer

    XSession.send = dying  # type: ignore[method-assign, assignment]
    engine = connect(settings.sqlalchemy_url)
    run_id = f"killed-at-{kill_at}"
    session = open_session(engine, settings, task.project_id, task.partition_key, Worker(run_id))
    assert isinstance(session, Session), session
    with session:
        post.publish(session)
