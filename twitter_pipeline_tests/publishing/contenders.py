"""Processes that work on the same tasks and are killed at any moment: ``python -m … CONFIG FOLDER KILLS CLAIMS SEED``.

Runs, and a sensor with its reaper, each a process. Now and then the parent kills one of them (SIGKILL) and starts
another. Their clock is 600 times as fast as the real one, so that leases run out and retries come due meanwhile.

In FOLDER the file `posts` stands for X: a line `task attempt` is a post. `claims` gets a line `task fence` for each,
and `ends` the status that each run came to.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path

from twitter_pipeline.config import Settings, load
from twitter_pipeline.publishing import due
from twitter_pipeline.publishing.decide import decide
from twitter_pipeline.publishing.outcomes import Failed, Interrupted, Outcome, Posted, Refused, Unknown
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.store import attempts, claims, tasks
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.claims import LEASE, Claim
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.status import TRANSITIONS, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import prepare

SPEED = 600
RUNS = 3
_START = time.time()

#: How X may answer: whether the post is there, what the attempt's state is then, and what is made of it.
_ANSWERS: list[tuple[bool, AttemptState, Callable[[], Outcome]]] = [
    (True, AttemptState.CONFIRMED, lambda: Posted("posted", "1859", "https://x.com/1859")),
    (True, AttemptState.UNKNOWN, lambda: Unknown("no answer")),
    (False, AttemptState.UNKNOWN, lambda: Unknown("no answer")),
    (False, AttemptState.PREPARED, lambda: Failed("it never left")),
    (False, AttemptState.REFUSED, lambda: Refused("a duplicate")),
]


def now() -> datetime:
    """The fast clock, the same in all processes."""
    return datetime.fromtimestamp(_START + (time.time() - _START) * SPEED, timezone.utc)


class Contender:
    """What a process works with; its chances are its own."""

    def __init__(self, settings: Settings, folder: Path, seed: float) -> None:
        self.settings = settings
        self.folder = folder
        self.chance = random.Random(seed)
        self.engine = connect(settings.sqlalchemy_url)

    def write(self, name: str, *words: object) -> None:
        """One line of a file, whole or not at all."""
        with (self.folder / name).open("ab", buffering=0) as file:
            file.write(f"{' '.join(map(str, words))}\n".encode())

    def dawdle(self) -> None:
        """Be slow now and then: longer than the lease lasts."""
        if self.chance.random() < 0.1:
            time.sleep(self.chance.random() * 2 * LEASE.total_seconds() / SPEED)

    def run(self, number: int) -> None:
        """Take some task and carry it as far as one gets."""
        claim = self.claim(f"{os.getpid()}-{number}")
        if claim is None:
            return
        self.write("claims", claim.task_id, claim.fence)
        self.dawdle()
        with writing(self.engine) as connection:
            prepare(connection, claim, f"cats {claim.task_id}")
        self.dawdle()
        with writing(self.engine) as connection:
            task = tasks.get(connection, claim.task_id)
            sent = not attempts.may_be_on_x(connection, claim.task_id) and attempts.mark_sent(
                connection, claim, now=now()
            )
            if not sent:
                claims.settle(connection, claim, decide(Failed("the lease ran out"), task, now()), now=now())
        if not sent:
            return
        posted, state, outcome = self.chance.choice(_ANSWERS)
        if posted:
            self.write("posts", claim.task_id, claim.attempt)
        self.dawdle()
        move = decide(outcome(), task, now())
        with writing(self.engine) as connection:
            attempts.answer(connection, claim, state, now=now())
            settled = claims.settle(connection, claim, move, now=now())
        if settled:
            self.write("ends", TRANSITIONS[move.event].to)

    def claim(self, holder: str) -> Claim | None:
        """As `open_session` does: a queued attempt, or now and then any task by hand, also one that somebody holds."""
        by_hand = self.chance.random() < 0.3
        queued = publishing_tasks.c.status == Status.QUEUED.value
        with reading(self.engine) as connection:
            found = tasks.read(connection, tasks.select() if by_hand else tasks.select(queued))
        if not found:
            return None
        task = self.chance.choice(found)
        with writing(self.engine) as connection:
            if attempts.may_be_on_x(connection, task.id):
                return None
            attempt = task.attempt if task.status is Status.QUEUED else None
            claim = claims.claim(connection, task.id, attempt=attempt, holder=holder, instance="here", now=now())
            if claim is not None and self.chance.random() < 0.1:
                stopped = Interrupted("told to stop", by_person=self.chance.random() < 0.5)
                claims.settle(connection, claim, decide(stopped, task, now()), now=now())
                return None
            return claim

    def tick(self, _: int) -> None:
        """The sensor's part."""
        project = self.settings.projects[0]
        reap(self.engine, project.id, instance="here", run_states=_run_states, now=now())
        due.take(self.engine, self.settings, project, instance="here", now=now())


def _run_states(suspects: Sequence[Task]) -> list[RunState]:
    """What Dagster would say: a run is over once its process is gone."""
    return [RunState.OVER if task.run_id is not None and _is_gone(task.run_id) else RunState.ALIVE for task in suspects]


def _is_gone(holder: str) -> bool:
    try:
        os.kill(int(holder.split("-")[0]), 0)
    except ProcessLookupError:
        return True
    return False


def _start(role: str, settings: Settings, folder: Path, seed: float) -> int:
    """A process that does its part again and again until it is killed; its id."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        contender = Contender(settings, folder, seed)
        part = contender.tick if role == "sensor" else contender.run
        number = 0
        while os.getppid() == parent:
            number += 1
            part(number)
    except BaseException:  # noqa: BLE001 - the parent sees the exit code
        traceback.print_exc()
    finally:
        os._exit(1)


def _end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        raise SystemExit("a process ended by itself; its error is above")


def _is_enough(folder: Path, claims: int) -> bool:
    """Whether there were so many claims, and of each way to end that matters one."""
    done, ends = ((folder / name).read_text().splitlines() for name in ("claims", "ends"))
    return len(done) >= claims and {Status.COMPLETED.value, Status.UNCONFIRMED.value} <= set(ends)


def main(settings: Settings, folder: Path, kills: int, claims: int, seed: int) -> None:
    """Start them, kill one after the other until there were so many kills and enough was done, and in the end all."""
    chance = random.Random(seed)
    for name in ("claims", "ends", "posts"):
        (folder / name).touch()
    connect(settings.sqlalchemy_url)  # imports the driver; each process opens connections of its own
    roles = {number: "sensor" if number == 0 else "run" for number in range(1 + RUNS)}
    processes = {number: _start(role, settings, folder, chance.random()) for number, role in roles.items()}
    killed = 0
    while killed < kills or not _is_enough(folder, claims):
        patience = 1 + max(0, killed - kills) / 4  # on a busy machine nobody gets anything done otherwise
        time.sleep(chance.uniform(0.01, 0.08) * patience)
        number = chance.choice(list(processes))
        _end(processes[number])
        processes[number] = _start(roles[number], settings, folder, chance.random())
        killed += 1
    for pid in processes.values():
        _end(pid)


if __name__ == "__main__":
    main(load(Path(sys.argv[1]), environ={}), Path(sys.argv[2]), *map(int, sys.argv[3:]))
