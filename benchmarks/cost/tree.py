"""A command with all its descendants: the processor time they used, by part, and the memory they hold."""

from __future__ import annotations

import collections
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psutil

_REAPER = str(Path(__file__).with_name("reaper.py"))
#: Seconds between two looks at the memory.
_LOOK = 0.25

#: The parts of our system, by what their names (forks have the launcher's command line) and command lines hold; the
#: first that fits counts.
PARTS = {
    "tp-run": "runs",
    "multiprocessing": "runs",
    "tp-code-server": "code server",
    "tp-daemon": "daemon",
    "tp-webserver": "webserver",
    "launching.server": "launcher",
    "twitter-pipeline": "up",
    "benchmarks.cost.up": "up",
}

ROOT = Path(__file__).parents[2]


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """What measured processes run with: bytecode is compiled, and the benchmark's own modules are found."""
    without = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**without, "PYTHONPATH": str(ROOT), **more}


class Tree:
    """A command under way. Its output goes to `output`."""

    def __init__(self, command: Sequence[str], output: Path, env: Mapping[str, str]) -> None:
        with output.open("wb") as file:
            self._popen = subprocess.Popen(
                [sys.executable, _REAPER, *command], stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=dict(env)
            )
        self._output = output
        self._root = psutil.Process(self._popen.pid)
        #: The memory of the parts when it was the most together, in bytes, and how many processes there were.
        self.peak: collections.Counter[str] = collections.Counter()
        self.processes: collections.Counter[str] = collections.Counter()

    def cpu(self) -> collections.Counter[str]:
        """CPU-seconds so far by part, of all processes, those that have ended and were waited for included."""
        spent: collections.Counter[str] = collections.Counter()
        for process in self._processes():
            try:
                times, part = process.cpu_times(), _part(process)
            except psutil.NoSuchProcess:
                continue
            spent[part] += times.user + times.system
            # Of the processes that have ended only runs cost anything: launcher or code server started them.
            spent["runs" if part in ("launcher", "code server") else part] += (
                times.children_user + times.children_system
            )
        return spent

    def _look_at_memory(self) -> None:
        """Note the memory all processes hold but the reaper; what several share is counted once (PSS)."""
        memory: collections.Counter[str] = collections.Counter()
        processes: collections.Counter[str] = collections.Counter()
        for process in self._processes():
            if process == self._root:
                continue
            try:
                part = _part(process)
            except psutil.NoSuchProcess:
                continue
            memory[part] += _pss(process)
            processes[part] += 1
        if memory.total() > self.peak.total():
            self.peak, self.processes = memory, processes

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep looking for the peak of the memory."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_LOOK):
                self._look_at_memory()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def check(self) -> None:
        """Raise when the command has ended."""
        if self._popen.poll() is not None:
            self._raise_last_words()

    def wait(self) -> float:
        """Wait until all processes have ended by themselves; the CPU-seconds they used."""
        _, status, usage = os.wait4(self._popen.pid, 0)
        self._popen.returncode = os.waitstatus_to_exitcode(status)
        if self._popen.returncode:
            self._raise_last_words()
        return usage.ru_utime + usage.ru_stime

    def stop(self) -> None:
        """Ctrl-C, and wait until nobody is left."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGINT)
            self._popen.wait(60)

    def _raise_last_words(self) -> NoReturn:
        said = self._output.read_text(errors="replace")[-3000:]
        raise RuntimeError(f"it ended with exit code {self._popen.returncode}; its last words:\n{said}")

    def _processes(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _part(process: psutil.Process) -> str:
    line = " ".join((process.name(), *process.cmdline()))
    return next((part for word, part in PARTS.items() if word in line), "other")


def _pss(process: psutil.Process) -> int:
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return 0  # it has ended
    return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
