"""The processes of a soak, started, killed, stopped and started again."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from twitter_pipeline_tests.soak import processes
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for

#: How many workers post the items of each project.
WORKERS = {"none": 6, "network": 2, "killed": 3, "stopped": 3}
#: Two, as when somebody has started two daemons.
TICKERS = 2

_context = get_context("forkserver")


@dataclass
class Crew:
    """All processes but this one."""

    folder: Path
    config: Path
    sandbox: SandboxServer
    #: Where `network` reaches X.
    proxy: str
    rules: Sequence[dict[str, Any]]
    chance: random.Random
    #: What was done to them: "killed: none", "stopped: ticker", …
    done: Counter[str] = field(default_factory=Counter)
    #: What the sandbox's faults have befallen, by account.
    befell: Counter[str] = field(default_factory=Counter)
    #: The runs whose process was killed or stood still while they were at an item.
    struck: set[str] = field(default_factory=set)
    _members: list[tuple[str, ForkServerProcess]] = field(default_factory=list)
    _server: ForkServerProcess | None = None
    _asleep: list[tuple[float, ForkServerProcess]] = field(default_factory=list)

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def errors(self) -> Path:
        """Tracebacks of runs and ticks that failed."""
        return self.folder / "errors"

    def start(self) -> None:
        _context.set_forkserver_preload(list(processes.PRELOAD))
        self.runs.mkdir()
        self.start_sandbox()
        self.start_all()

    def start_all(self) -> None:
        for role in [*(role for role, number in WORKERS.items() for _ in range(number)), *["ticker"] * TICKERS]:
            self._members.append((role, self._start(role)))

    def start_sandbox(self) -> None:
        self._server = self._process(processes.serve, self.sandbox.port, self.sandbox.state_dir)
        wait_for(self._is_up, 60, "the sandbox to answer")
        if self.rules:
            self.sandbox.add_faults([{**rule, **self._anew(rule)} for rule in self.rules])

    def kill_sandbox(self) -> None:
        assert self._server is not None
        self.count_faults()
        _kill(self._server)
        self.done["killed: sandbox"] += 1

    def kill_one(self, *roles: str, busy: bool = False) -> bool:
        """Kill one of these, and start another; whether there was one (`busy`: one that is at an item)."""
        found = self._choose(roles, busy)
        if found is None:
            return False
        role, process = found
        self._members.remove(found)
        _kill(process)
        self._note_run(process)
        self._members.append((role, self._start(role)))
        self.done[f"killed: {role}"] += 1
        return True

    def kill_all(self) -> None:
        """Kill everything at once, and start it again after a while."""
        for role, process in self._members:
            os.kill(_pid(process), signal.SIGKILL)
            self.done[f"killed: {role}"] += 1
        for _, process in self._members:
            process.join()
            self._note_run(process)
        self._members.clear()
        self._asleep.clear()

    def stop_one(self, *roles: str, seconds: float, busy: bool = False) -> bool:
        """Let one of these stand still so long; whether there was one that did not already."""
        found = self._choose(roles, busy)
        if found is None or any(found[1] is process for _, process in self._asleep):
            return False
        os.kill(_pid(found[1]), signal.SIGSTOP)
        self._note_run(found[1])
        self._asleep.append((time.monotonic() + seconds, found[1]))
        self.done[f"stopped: {found[0]}"] += 1
        return True

    def wake(self) -> None:
        """Let go on who has stood still long enough."""
        for entry in [entry for entry in self._asleep if entry[0] <= time.monotonic()]:
            self._asleep.remove(entry)
            if any(process is entry[1] for _, process in self._members):
                os.kill(_pid(entry[1]), signal.SIGCONT)

    def look(self) -> None:
        """Raises AssertionError when one has ended by itself."""
        for role, process in self._members:
            assert process.is_alive(), f"a {role} ended by itself; its error is above"

    def count_faults(self) -> None:
        """Add what the sandbox's faults have befallen since it was started."""
        for one in self.sandbox.happened():
            self.befell[one["account"]] += one["times"]

    def end(self) -> None:
        for _, process in self._members:
            _kill(process)
        if self._server is not None and self._server.is_alive():
            _kill(self._server)
        self._members.clear()

    def _note_run(self, process: ForkServerProcess) -> None:
        with contextlib.suppress(FileNotFoundError):  # it was at none by then
            self.struck.add(processes.run_file(self.runs, _pid(process)).read_text())

    def _choose(self, roles: Sequence[str], busy: bool) -> tuple[str, ForkServerProcess] | None:
        those = [
            (role, process)
            for role, process in self._members
            if role in roles and (not busy or processes.run_file(self.runs, _pid(process)).exists())
        ]
        return self.chance.choice(those) if those else None

    def _start(self, role: str) -> ForkServerProcess:
        if role == "ticker":
            return self._process(processes.tick, self.config, self.proxy, self.runs, self.errors)
        seed = self.chance.randrange(2**32)
        return self._process(processes.work, self.config, self.proxy, role, self.runs, self.errors, seed)

    def _process(self, target: Any, *args: Any) -> ForkServerProcess:
        process = _context.Process(target=target, args=args, daemon=True)
        process.start()
        return process

    def _is_up(self) -> bool:
        try:
            self.sandbox.control("GET", "/sandbox/health")
        except OSError:
            return False
        return True

    def _anew(self, rule: dict[str, Any]) -> dict[str, Any]:
        """Other numbers than before the sandbox was killed."""
        return {"seed": self.chance.randrange(2**32)} if "probability" in rule else {}


def _pid(process: ForkServerProcess) -> int:
    assert process.pid is not None
    return process.pid


def _kill(process: ForkServerProcess) -> None:
    process.kill()
    process.join()
