"""Scans in processes of their own, which can be killed."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

from twitter_pipeline.config import Settings
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store.engine import connect
from twitter_pipeline_tests.scanning.scans import LONG, at
from twitter_pipeline_tests.support.world import World

# Each begins as a copy of a process that has imported everything: starting one takes no second.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def start(here: World, seconds: Sequence[float], *, kill_at: int = 0) -> BaseProcess:
    """Begin a process that scans the project at those seconds.

    With `kill_at` it is killed at that point: right before and right after each commit, counted from 1.
    """
    process = _context.Process(target=_run, args=(here.settings, seconds, kill_at, at(0)))
    process.start()
    return process


def _run(settings: Settings, seconds: Sequence[float], kill_at: int, start: datetime) -> None:
    engine = connect(settings.sqlalchemy_url)
    commit = engine.dialect.do_commit
    count = itertools.count(1)

    def point() -> None:
        if next(count) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def do_commit(connection: Any) -> None:
        point()
        commit(connection)
        point()

    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    for second in seconds:
        scan(engine, settings.projects[0], time_box=LONG, now=start + timedelta(seconds=second))
