"""`restore` in a process of its own, which is killed right before a given step on the disk or commit."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from twitter_pipeline.cli import restore
from twitter_pipeline.config import Settings
from twitter_pipeline.store.engine import connect

# Each begins as a copy of a process that has imported everything.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([__name__])


def start(settings: Settings, file: Path, *, kill_at: int) -> BaseProcess:
    """Begin a restore that dies right before its step of this number, counted from 1."""
    process = _context.Process(target=_run, args=(settings, file, kill_at))
    process.start()
    return process


def _run(settings: Settings, file: Path, kill_at: int) -> None:
    count = itertools.count(1)

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(count) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    engine = connect(settings.sqlalchemy_url)
    engine.dialect.do_commit = dying(engine.dialect.do_commit)  # type: ignore[method-assign]
    for owner, name in ((Path, "rename"), (Path, "replace"), (os, "rmdir")):
        setattr(owner, name, dying(getattr(owner, name)))
    restore.run(settings, file)
