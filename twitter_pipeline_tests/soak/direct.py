"""A soak of worker processes that run the publishing function directly."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.soak import judge, table, world
from twitter_pipeline_tests.soak.crew import Crew
from twitter_pipeline_tests.soak.items import make
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.tcp_proxy import (
    BLACK_HOLE,
    PASS,
    REFUSE,
    Mixed,
    TcpProxy,
    cut_down,
    delayed,
    reset_down,
    reset_up,
)
from twitter_pipeline_tests.support.waiting import wait_for

#: How often something happens: on average after so many lines in the publishing log of that project's items (of all).
#: Lines, not seconds: a slow machine gets things done between two kills, too.
EVERY: dict[str, tuple[str | None, float]] = {
    "kill killed": ("killed", 2),
    "stop stopped": ("stopped", 2),
    "kill any worker": (None, 50),
    "kill ticker": (None, 80),
    "stop ticker": (None, 100),
    "kill sandbox": (None, 400),
    "kill all": (None, 1000),
    "crash database server": (None, 500),
    "kill connections": ("network", 20),
    "freeze connections": ("network", 30),
    "end database connections": (None, 40),
}
#: What becomes of connections of `network`, by weight.
NETWORK = {
    PASS: 10.0,
    REFUSE: 1.0,
    BLACK_HOLE: 0.5,
    reset_up(0): 1.0,
    reset_up(1500): 1.0,
    reset_down(0): 3.0,
    cut_down(60): 2.0,
    delayed(0.2): 1.0,
}
#: One line of progress so often, in seconds.
TELL_EVERY = 5.0
#: When no more than this share of the items is left, nothing goes wrong any more: the last few take as long as all.
LAST = 0.03
#: So it is after so many seconds, and those per item. Where nothing more is settled for so long then, it is stuck.
TIME, TIME_AN_ITEM, TIME_AFTERWARDS = 60.0, 1.0, 60.0


@dataclass
class Result:
    """What came of a soak."""

    verdict: judge.Verdict
    seconds: float
    #: What befell processes, connections and requests: how often.
    done: Counter[str] = field(default_factory=Counter)
    #: Requests that a fault of the sandbox befell, by account.
    befell: Counter[str] = field(default_factory=Counter)


class Direct:
    """``Direct(folder, database_url, publishes=200, seed=7).run()``."""

    def __init__(
        self, folder: Path, database_url: str | None, *, publishes: int, seed: int, say: Callable[[str], None]
    ) -> None:
        self.chance = random.Random(seed)
        self.items = make(folder, publishes, self.chance)
        self.sandbox = SandboxServer(folder / "x")
        self.folder, self.seed, self.say = folder, seed, say
        self.config = world.configure(folder, database_url, self.sandbox.url, self.items)
        self.settings, self.engine = world.prepare(self.config)

    def run(self) -> Result:
        started = time.monotonic()
        with TcpProxy(self.sandbox.port) as proxy:
            proxy.mode = Mixed(NETWORK, seed=self.seed)
            address = f"http://127.0.0.1:{proxy.port}"
            rules = world.rules(self.items, self.seed)
            crew = Crew(self.folder, self.config, self.sandbox, address, rules, self.chance)
            crew.start()
            try:
                self._trouble(crew, proxy)
                crew.count_faults()
                posts = self.sandbox.posts(deleted=True)
            finally:
                crew.end()
            crew.done["connections broken"] += sum(n for mode, n in proxy.counts.items() if mode != PASS)
        verdict = judge.judge(self.engine, self.items, posts, crew.struck)
        return Result(verdict, time.monotonic() - started, crew.done, crew.befell)

    def _trouble(self, crew: Crew, proxy: TcpProxy) -> None:
        """Let things go wrong until every item is settled, or should be."""
        started = told = time.monotonic()
        lines = table.lines(self.engine)
        due = {what: lines[project] + self._gap(mean) for what, (project, mean) in EVERY.items()}
        quiet_at = started + TIME + TIME_AN_ITEM * len(self.items)
        last = LAST * len(self.items)
        while (left := table.left(self.engine)) > last and time.monotonic() < quiet_at:
            lines = table.lines(self.engine)
            for what, (project, mean) in EVERY.items():
                if due[what] <= lines[project] and self._do(what, crew, proxy):
                    due[what] = lines[project] + self._gap(mean)
            crew.wake()
            crew.look()
            if time.monotonic() > told + TELL_EVERY:
                told = time.monotonic()
                self.say(f"{told - started:5.0f} s  {table.progress(self.engine)}; {shown(crew.done)}")
            time.sleep(0.2)
        if left:
            self.say(f"quiet from now on: {left} items are not settled")
            proxy.mode = PASS
            self.sandbox.clear_faults()
            fewest, give_up_at = left, time.monotonic() + TIME_AFTERWARDS
            while (left := table.left(self.engine)) and time.monotonic() < give_up_at:
                if left < fewest:  # a slow machine gets on, too
                    fewest, give_up_at = left, time.monotonic() + TIME_AFTERWARDS
                crew.wake()
                time.sleep(0.5)

    def _gap(self, mean: float) -> float:
        return self.chance.expovariate(1 / mean)

    def _do(self, what: str, crew: Crew, proxy: TcpProxy) -> bool:
        """Whether it could be done: it is tried again otherwise."""
        if what == "kill killed":
            return crew.kill_one("killed", busy=True)
        if what == "stop stopped":
            return crew.stop_one("stopped", seconds=self.chance.choice((0.2, 1.0, 3.0, 7.0)), busy=True)
        if what == "kill any worker":
            return crew.kill_one("none", "network", "stopped", busy=True)
        if what == "kill ticker":
            crew.kill_one("ticker")
        elif what == "stop ticker":
            crew.stop_one("ticker", seconds=self.chance.uniform(0.5, 7.0))
        elif what == "kill sandbox":
            crew.kill_sandbox()
            time.sleep(self.chance.uniform(0, 0.5))
            crew.start_sandbox()
        elif what == "kill all":
            crew.kill_all()
            with writing(self.engine) as connection:  # as `up` does when it starts
                accounts.look_again(connection)
            crew.start_all()
        elif what == "kill connections":
            crew.done["connections broken"] += proxy.kill()
        elif what == "freeze connections":
            crew.done["connections broken"] += proxy.freeze()
        elif what == "end database connections" and self.engine.dialect.name == "postgresql":
            crew.done["database connections ended"] += self._end_database_connections()
        elif what == "crash database server" and self.engine.dialect.name == "postgresql":
            self._crash_database_server()
            crew.done["killed: database server"] += 1
        return True

    def _crash_database_server(self) -> None:
        """Kill one of its processes, as the kernel does when memory is short: it ends the others and recovers."""
        with self.engine.connect() as witness:
            with self.engine.connect() as connection:
                victim = connection.scalar(sa.text("SELECT pg_backend_pid()"))
            assert isinstance(victim, int)
            os.kill(victim, signal.SIGKILL)
            # It still answers until it has noticed.
            wait_for(lambda: not self._answers(witness), 60, "PostgreSQL to end its processes")
        self.engine.dispose()
        wait_for(self._answers, 60, "PostgreSQL to recover")

    def _answers(self, over: sa.Connection | None = None) -> bool:
        try:
            with nullcontext(over) if over is not None else self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.OperationalError:
            return False
        return True

    def _end_database_connections(self) -> int:
        """Let PostgreSQL end some connections, never this process's own."""
        backends = sa.text(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        with self.engine.connect() as connection:
            found = sorted(connection.scalars(backends))
            chosen = self.chance.sample(found, min(len(found), 3))
            for pid in chosen:
                connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        return len(chosen)


def shown(done: Counter[str]) -> str:
    kinds = Counter[str]()
    for what, number in done.items():
        kinds[what.partition(":")[0]] += number
    return ", ".join(f"{what} {number}" for what, number in sorted(kinds.items()))
