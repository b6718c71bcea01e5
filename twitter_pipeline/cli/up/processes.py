"""The processes `up` runs: each in a session of its own, so that the terminal's Ctrl-C reaches only `up`."""

from __future__ import annotations

import collections
import io
import logging
import logging.handlers
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

#: Where a log file is cut, and how many older ones are kept.
LOG_BYTES = 10_000_000
LOGS_KEPT = 3

_COLOURS = re.compile("\x1b\\[[0-9;]*m")


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
            bufsize=0,
        )
        #: Its standard input: a byte lets it begin, closing it lets it end (`child`).
        self._word = cast(IO[bytes], self._popen.stdin)
        self._output = io.BufferedReader(cast(io.RawIOBase, self._popen.stdout))
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
        try:
            self._word.write(b"\n")
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

    def group_lives(self) -> bool:
        """Whether it, or a process it started, is still there."""
        self._popen.poll()  # a zombie would count
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def wait(self) -> None:
        """After its end, or a SIGKILL: wait until it is gone and its output is read."""
        self._popen.wait()
        # Somebody of its group may hold the output open a moment longer.
        self._reader.join(timeout=1)

    def _keep_output(self, path: Path, redact: logging.Filter) -> None:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOGS_KEPT)
        handler.addFilter(redact)
        for line in self._output:
            text = _COLOURS.sub("", line.decode(errors="replace")).rstrip()
            self.last_lines.append(text)
            handler.handle(logging.LogRecord(self.service.name, logging.INFO, "", 0, text, None, None))
        handler.close()
