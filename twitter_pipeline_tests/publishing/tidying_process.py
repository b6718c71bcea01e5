"""Moving posted files in a process of its own, which is killed at a given point."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline_tests.support.world import World

# Each begins as a copy of a process that has imported everything.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def start(here: World, *, kill_at: int) -> BaseProcess:
    """Begin a process that moves files, and dies right before or right after a step on the disk or a commit.

    Those points are counted from 1.
    """
    process = _context.Process(target=_run, args=(here.settings, kill_at))
    process.start()
    return process


def _run(settings: Settings, kill_at: int) -> None:
    count = itertools.count(1)

    def point() -> None:
        if next(count) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            point()
            made = function(*arguments, **options)
            point()
            return made

        return call

    engine = connect(settings.sqlalchemy_url)
    engine.dialect.do_commit = dying(engine.dialect.do_commit)  # type: ignore[method-assign]
    for owner, name in ((os, "link"), (os, "fsync"), (Path, "unlink"), (Path, "rename")):
        setattr(owner, name, dying(getattr(owner, name)))
    tidy(engine, settings, settings.projects[0], now=utc_now() + 2 * RUNS_OWN)
