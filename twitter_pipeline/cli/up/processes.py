"""The processes `up` runs: each in a session of its own, so that the terminal's Ctrl-C reaches only `up`."""

from __future__ import annotations

import collections
import logging
import logging.handlers
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Where a log file is cut, and how many older ones are kept.
LOG_BYTES = 10_000_000
LOGS_KEPT = 3


@dataclass(frozen=True)
class Service:
    """What to run: a module with its arguments."""

    #: For people, and the name of its log file.
    name: str
    #: Imported at once, before the service may begin.
    preload: str
    module: str
    arguments: Sequence[str]


class Process:
    """A service under way. Its output goes to logs/NAME.log; the last lines are kept for messages."""

    def __init__(self, service: Service, logs: Path, environment: Mapping[str, str], redact: logging.Filter) -> None:
        self.service = service
        self.last_lines: collections.deque[str] = collections.deque(maxlen=15)
        self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [
                *(sys.executable, "-m", "twitter_pipeline.cli.up.child"),
                *(service.preload, service.module, *service.arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=environment["DAGSTER_HOME"],
            start_new_session=True,
        )
        self._reader = threading.Thread(
            target=self._keep_output, args=(logs / f"{service.name}.log", redact), name=service.name, daemon=True
        )
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, which is its group's too."""
        return self._popen.pid

    def begin(self) -> None:
        """Let the service begin; until now it only imported."""
        assert self._popen.stdin is not None
        try:
            self._popen.stdin.write(b"\n")
            self._popen.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: whoever looks finds out

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._popen.poll()

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to its whole group (the code server's holds the runs)."""
        try:
            if group:
                os.killpg(self.pid, number)
            elif self._popen.poll() is None:
                self._popen.send_signal(number)
        except (ProcessLookupError, PermissionError):
            pass  # nobody is left; macOS says "not permitted" for a group of zombies

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when it still runs after `seconds`."""
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait_for_group(self, seconds: float) -> bool:
        """Wait until nobody of its group is left; False when somebody is after `seconds`."""
        deadline = time.monotonic() + seconds
        while self._group_lives():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def finish_output(self) -> None:
        """Once it has ended: wait until its last lines are read."""
        self._reader.join(timeout=1)

    def _group_lives(self) -> bool:
        self._popen.poll()  # a zombie would count
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _keep_output(self, path: Path, redact: logging.Filter) -> None:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT)
        handler.addFilter(redact)
        assert self._popen.stdout is not None
        with self._popen.stdout as output:
            for line in output:
                text = line.decode(errors="replace").rstrip()
                self.last_lines.append(text)
                handler.handle(logging.LogRecord(self.service.name, logging.INFO, "", 0, text, None, None))
        handler.close()
