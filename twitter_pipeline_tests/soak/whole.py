"""A soak of the whole pipeline: `up` with Dagster, its runs, daemon, launcher and sandbox killed at any moment.

Its times are those in use; only back-offs are cut short, by moving them on in the table.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.store.engine import connect
from twitter_pipeline_tests.soak import hurrying, judge, table, world
from twitter_pipeline_tests.soak.classes import of_trouble
from twitter_pipeline_tests.soak.direct import LAST, TELL_EVERY, Result, shown
from twitter_pipeline_tests.soak.items import make
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

RUNS_AT_ONCE = 6
#: How often something happens: on average after so many lines in the publishing log.
EVERY = {"run": 25.0, "daemon": 250.0, "launcher": 300.0, "code-server": 400.0, "sandbox": 300.0, "everything": 300.0}
#: After so many seconds, and those per item, nothing goes wrong any more; and how long nothing may be settled then.
TIME, TIME_AN_ITEM, TIME_AFTERWARDS = 120.0, 3.0, 120.0


class Whole:
    """``Whole(folder, database_url, publishes=100, seed=7).run()``."""

    def __init__(
        self, folder: Path, database_url: str | None, *, publishes: int, seed: int, say: Callable[[str], None]
    ) -> None:
        self.chance = random.Random(seed)
        self.items = make(folder, publishes, self.chance, of_trouble("none"))
        self.say = say
        self.done, self.befell = Counter[str](), Counter[str]()
        content = world.content(self.items)
        if database_url:
            content["database_url"] = database_url
        dagster = {"max_concurrent_runs": RUNS_AT_ONCE}
        self.stack = Stack(folder, content.pop("projects"), dagster=dagster, **content)
        self.rules = world.rules(self.items, seed)

    def run(self) -> Result:
        started = time.monotonic()
        try:
            self._start()
            engine = connect(self.stack.settings.sqlalchemy_url)
            self._trouble()
            posts = self.stack.sandbox.posts(deleted=True)
            self._count_faults()
            self.stack.stop()
        except BaseException:
            print("".join(self.stack.output[-200:]))
            raise
        finally:
            self._kill_everything()
        return Result(judge.judge(engine, self.items, posts), time.monotonic() - started, self.done, self.befell)

    def _start(self) -> None:
        self.stack.start().wait_until_up()  # `up` ends when a service dies while it starts
        self._bring_faults()

    def _bring_faults(self) -> bool:
        """A sandbox that was started again has none."""
        with contextlib.suppress(OSError):
            if not self.stack.sandbox.faults():
                self.stack.sandbox.add_faults(
                    [
                        {**rule, **({"seed": self.chance.randrange(2**32)} if "probability" in rule else {})}
                        for rule in self.rules
                    ]
                )
            return True
        return False

    def _count_faults(self) -> None:
        with contextlib.suppress(OSError):
            for one in self.stack.sandbox.happened():
                self.befell[one["account"]] += one["times"]

    def _trouble(self) -> None:
        engine = connect(self.stack.settings.sqlalchemy_url)
        wait_for(lambda: table.lines(engine)[None], 90, "the first items to be found")
        started = told = time.monotonic()
        written = table.lines(engine)[None]
        due = {what: written + self.chance.expovariate(1 / mean) for what, mean in EVERY.items()}
        quiet_at = started + TIME + TIME_AN_ITEM * len(self.items)
        quiet, give_up_at = False, quiet_at + TIME_AFTERWARDS
        fewest = len(self.items)
        while left := self._left():
            if left < fewest:  # a slow machine gets on, too
                fewest, give_up_at = left, max(give_up_at, time.monotonic() + TIME_AFTERWARDS)
            assert time.monotonic() < give_up_at, f"stuck: {table.progress(engine)}"
            hurrying.move_on(engine, utc_now())
            if not quiet and (time.monotonic() > quiet_at or self._left() <= LAST * len(self.items)):
                quiet = True
                give_up_at = time.monotonic() + TIME_AFTERWARDS
                self.say("quiet from now on")
            if quiet:
                with contextlib.suppress(OSError):
                    self.stack.sandbox.clear_faults()
            else:
                if self.stack.ended:
                    self.done["up ended"] += 1
                    self.say("".join(self.stack.output[-5:]))
                    self._start()
                self._bring_faults()
                written = table.lines(engine)[None]
                for what, mean in EVERY.items():
                    if due[what] <= written:
                        self._kill(what)
                        due[what] = written + self.chance.expovariate(1 / mean)
            if time.monotonic() > told + TELL_EVERY:
                told = time.monotonic()
                self.say(f"{told - started:5.0f} s  {table.progress(engine)}; {shown(self.done)}")
            time.sleep(0.3)

    def _left(self) -> int:
        """How many items are not found yet, or not settled."""
        engine = connect(self.stack.settings.sqlalchemy_url)
        return len(self.items) - len(self.stack.tasks()) + table.left(engine)

    def _kill(self, what: str) -> None:
        self._count_faults() if what in ("sandbox", "everything") else None
        if what == "everything":
            self._kill_everything()
            self.done["killed: everything"] += 1
            if self.chance.random() < 0.5:
                self._throw_dagsters_storage_away()
            self._start()
            return
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):  # it is just being started again
            runs = self.stack.run_processes() if what == "run" else []
            if what == "run" and not runs:
                return
            victim = self.chance.choice(runs) if runs else self.stack.service_process(what)
            victim.kill()
            self.done[f"killed: {what}"] += 1

    def _throw_dagsters_storage_away(self) -> None:
        """Its runs, partitions and cursors: nothing of ours."""
        self.done["Dagster's storage thrown away"] += 1
        shutil.rmtree(self.stack.settings.home / "dagster")
        if self.stack.settings.database_url is not None:
            with connect(self.stack.settings.sqlalchemy_url).begin() as connection:
                connection.execute(sa.schema.DropSchema("dagster_sandbox", cascade=True, if_exists=True))
        hurrying.let_orphans_go(connect(self.stack.settings.sqlalchemy_url))

    def _kill_everything(self) -> None:
        """kill -9 of `up` and all that it has started, at once."""
        with contextlib.suppress(psutil.NoSuchProcess, AssertionError):
            up = psutil.Process(self.stack.pid)
            family = [up, *up.children(recursive=True)]
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    os.kill(process.pid, signal.SIGKILL)
            self.stack.wait(10)
            psutil.wait_procs(family[1:], timeout=10)
