"""The processes `up` runs: each in a session of its own, so that the terminal's Ctrl-C reaches only `up`."""

from __future__ import annotations

import collections
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from twitter_pipeline.cli.logs import LogFile
from twitter_pipeline.config.redaction import plain
from twitter_pipeline.launching.channel import ask, socket_path

#: How many older log files are kept.
LOGS_KEPT = 3

_COLOURS = re.compile("\x1b\\[[0-9;]*m")


@dataclass(frozen=True)
class Service:
    """What to run. It ends when its standard input is closed."""

    #: For people, and the name of its log file.
    name: str
    #: A module, with its arguments.
    command: Sequence[str]
    #: Whether the launcher forks it (`twitter_pipeline.launching`); if not, it is a new Python.
    forked: bool


def start(service: Service, home: Path, environment: Mapping[str, str], redact: logging.Filter) -> Process:
    """Start a service; its output goes to home/logs/NAME.log. Raises OSError when that is not possible now."""
    if service.forked:
        return _Forked(service, home, environment, redact)
    return _Spawned(service, home, environment, redact)


class Process(ABC):
    """A service under way; the last lines it said are kept for messages."""

    def __init__(
        self, service: Service, home: Path, redact: logging.Filter, input: IO[bytes], output: IO[bytes]
    ) -> None:
        self.service = service
        self.last_lines: collections.deque[str] = collections.deque(maxlen=15)
        #: Its standard input, which it reads the end of when this process is gone.
        self._input = input
        self._output = output
        self._reader = threading.Thread(
            target=self._keep_output,
            args=(home / "logs" / f"{service.name}.log", redact),
            name=service.name,
            daemon=True,
        )
        self._reader.start()

    @property
    @abstractmethod
    def pid(self) -> int:
        """Its process id, which is its group's too."""

    @abstractmethod
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        """Send a signal to it, or to its whole group (that of the launcher holds the runs)."""
        try:
            if group:
                os.killpg(self.pid, number)
            elif self.exit_code() is None:
                os.kill(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # nobody is left; macOS says "not permitted" for a group of zombies

    def group_lives(self) -> bool:
        """Whether it, or a process it started, is still there."""
        self.exit_code()  # a zombie would count
        try:
            os.killpg(self.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def wait(self) -> None:
        """After its end, or a SIGKILL: wait until it is gone and its output is read."""
        while self.exit_code() is None:
            time.sleep(0.01)
        # Somebody of its group may hold the output open a moment longer.
        self._reader.join(timeout=1)
        if not self._reader.is_alive():
            self._output.close()
        self._input.close()

    def _keep_output(self, path: Path, redact: logging.Filter) -> None:
        handler = LogFile(path, kept=LOGS_KEPT)
        handler.addFilter(redact)
        for line in self._output:
            text = plain(_COLOURS.sub("", line.decode(errors="replace")).rstrip())
            self.last_lines.append(text)
            handler.handle(logging.LogRecord(self.service.name, logging.INFO, "", 0, text, None, None))
        handler.close()


class _Spawned(Process):
    """A new Python."""

    def __init__(self, service: Service, home: Path, environment: Mapping[str, str], redact: logging.Filter) -> None:
        self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, "-m", *service.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=environment["DAGSTER_HOME"],
            start_new_session=True,
        )
        super().__init__(service, home, redact, cast(IO[bytes], self._popen.stdin), cast(IO[bytes], self._popen.stdout))

    @property
    def pid(self) -> int:
        return self._popen.pid

    def exit_code(self) -> int | None:
        return self._popen.poll()


class _Forked(Process):
    """A fork of the launcher, which alone learns how it ends."""

    #: What is told of one that ended when nobody was there to see it.
    _UNKNOWN = 255

    def __init__(self, service: Service, home: Path, environment: Mapping[str, str], redact: logging.Filter) -> None:
        self._socket = socket_path(home)
        self._code: int | None = None
        read_input, write_input = os.pipe()
        read_output, write_output = os.pipe()
        question = {
            "do": "serve",
            "name": service.name,
            "command": [*service.command],
            "folder": environment["DAGSTER_HOME"],
            "environment": dict(environment),
        }
        try:
            self._pid = int(ask(self._socket, question, (read_input, write_output))["pid"])
        except (OSError, ValueError, KeyError) as error:
            # Should it have been forked all the same, it ends with its input.
            os.close(write_input)
            os.close(read_output)
            raise OSError(f"the launcher did not start it: {error}") from error
        finally:
            os.close(read_input)
            os.close(write_output)
        super().__init__(service, home, redact, os.fdopen(write_input, "wb", 0), os.fdopen(read_output, "rb"))

    @property
    def pid(self) -> int:
        return self._pid

    def exit_code(self) -> int | None:
        if self._code is None and not self._lives():
            self._code = self._UNKNOWN
        return self._code

    def _lives(self) -> bool:
        try:
            known = ask(self._socket, {"do": "look at service", "pid": self._pid})
        except (OSError, ValueError):
            known = {"known": False}
        if known["known"]:
            self._code = known["code"]
            return True
        # Its launcher is gone, and it is a child of the system's first process by now.
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return False
        return True
