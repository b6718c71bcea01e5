"""The processes of a pipeline, and the memory of each."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Where the kernel says what a container may use, and uses: cgroups of version 2.
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Memory:
    """What the processes use, in bytes."""

    #: By name: `up`, `launcher`, `daemon`, …; of all runs that of the largest.
    by_process: dict[str, int]
    whole: int
    runs: int


def memory(home: Path, marker: str) -> Memory:
    """What each process of the data folder uses. `marker` stands in the command line of the launcher and its forks."""
    by_process: Counter[str] = Counter()
    whole = runs = 0
    for name, process in _ours(home, marker):
        used = _used(process)
        if used is None:
            continue
        whole += used
        runs += name == "run"
        by_process[name] = max(by_process[name], used)
    return Memory(dict(by_process), whole, runs)


def machine_percent() -> float:
    """How much of the memory that this machine, or container, has is in use."""
    with contextlib.suppress(OSError, ValueError):  # "max": the container has no limit of its own
        most = int((_CGROUP / "memory.max").read_text())
        # What the kernel keeps of files it gives back when it is needed.
        statistics = dict(line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines())
        used = int((_CGROUP / "memory.current").read_text()) - int(statistics["inactive_file"])
        return 100 * used / most
    return float(psutil.virtual_memory().percent)


def _ours(home: Path, marker: str) -> Iterator[tuple[str, psutil.Process]]:
    """The processes with their names. Whoever was started by hand without `up` is one, too: this one."""
    up = _up(home)
    for process in psutil.process_iter():
        try:
            if process.pid == up:
                yield "up", process
            elif process.pid == os.getpid():
                yield "api", process
            # Only processes of this user can be ours, and their parent is asked for first: it costs less.
            elif process.ppid() == up or process.name().startswith("tp-"):
                command = process.cmdline()
                if marker in command:
                    name = process.name()
                    yield name.removeprefix("tp-") if name.startswith("tp-") else "launcher", process
                elif "twitter_pipeline.sandbox" in command:
                    yield "sandbox", process
        except psutil.Error:
            continue  # it has ended, or is none of our user's


def _up(home: Path) -> int | None:
    """The process that holds the data folder."""
    try:
        return int((home / "up.lock").read_text())
    except (OSError, ValueError):
        return None


def _used(process: psutil.Process) -> int | None:
    """Its memory: forks share most of theirs, so that where the kernel tells (Linux) each has its part of that."""
    try:
        with contextlib.suppress(psutil.AccessDenied):
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    except AttributeError:
        return int(process.memory_info().rss)
    except psutil.Error:
        return None
