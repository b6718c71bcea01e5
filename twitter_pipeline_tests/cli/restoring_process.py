"""`restore` in a process of its own, which is killed right before a given step."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pkgutil
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


def start(settings: Settings, file: Path, *, kill_at: int, of: str | None = None) -> BaseProcess:
    """Begin a restore that dies right before its step of this number, counted from 1.

    Steps are what it does on the disk and its commits; or its calls of one function, as `module:name`.
    """
    process = _context.Process(target=_run, args=(settings, file, kill_at, of))
    process.start()
    return process


def _run(settings: Settings, file: Path, kill_at: int, of: str | None) -> None:
    count = itertools.count(1)

    def dying(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(count) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call

    if of is not None:
        module, name = of.split(":")
        steps: list[tuple[object, str]] = [(pkgutil.resolve_name(module), name)]
    else:
        steps = [
            (Path, "rename"),
            (Path, "replace"),
            (os, "rmdir"),
            (connect(settings.sqlalchemy_url).dialect, "do_commit"),
        ]
    for owner, name in steps:
        setattr(owner, name, dying(getattr(owner, name)))
    restore.run(settings, file)
