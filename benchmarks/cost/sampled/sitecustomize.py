"""Samples what runs, forks of the launcher, spend their processor time on. Python imports it first from PYTHONPATH.

Every few milliseconds of processor time the main thread's stack is noted with the time since the last look, so that
a long call into C counts in full. When the run's process ends, the sums are written to $COST_SAMPLES.
"""

import collections
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

EVERY = 0.002


class Sampler:
    """Sums of CPU-seconds by stack; a stack is `file:function` from the outermost call to the innermost."""

    def __init__(self) -> None:
        self._before = self._last = time.process_time()
        self._spent: collections.Counter[tuple[str, ...]] = collections.Counter()

    def start(self) -> None:
        leave = os._exit

        def write_and_leave(code: int) -> NoReturn:
            self._write()
            leave(code)

        os._exit = write_and_leave  # how a fork ends
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(f"{frame.f_code.co_filename}:{frame.f_code.co_name}")
            frame = frame.f_back
        now = time.process_time()
        self._spent[tuple(reversed(stack))] += now - self._last
        self._last = now

    def _write(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        said = {
            "python": self._before,
            "total": time.process_time(),
            "stacks": [[seconds, *stack] for stack, seconds in self._spent.items()],
        }
        (Path(os.environ["COST_SAMPLES"]) / f"{os.getpid()}.json").write_text(json.dumps(said))


if "twitter_pipeline.launching.server" in sys.orig_argv:
    os.register_at_fork(after_in_child=lambda: Sampler().start())
