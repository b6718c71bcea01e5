"""The reaper: makes the moves that a run or a tick could not make because it died.

It reads the task table and asks Dagster about runs; it judges only runs of its own Dagster instance. A lease that ran
out is a fact of the table, so that anybody may act on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import sqlalchemy as sa

from twitter_pipeline.publishing.decide import MAX_RETRIES, decide
from twitter_pipeline.publishing.due import Launch
from twitter_pipeline.publishing.outcomes import TOOK_TOO_LONG, Died, Interrupted, Outcome, Unknown
from twitter_pipeline.publishing.unconfirmed import who_finds_out
from twitter_pipeline.store import accounts, attempts, claims, moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: A queued task without a run is looked into after this long: until then its tick may still be requesting it.
QUEUE_GRACE = timedelta(seconds=30)
#: A task queued by a Dagster instance that is gone is given to the next one after this long.
ORPHANED_AFTER = timedelta(minutes=10)

_tasks = publishing_tasks.c


class RunState(Enum):
    """What Dagster says of the run of an attempt."""

    #: Queued, starting, running or ending.
    ALIVE = "alive"
    #: Ended by a person.
    CANCELED = "canceled"
    #: Ended by Dagster, since it took longer than a run may.
    TOO_LONG = "too long"
    #: Ended in another way.
    OVER = "over"
    #: There is no such run.
    NONE = "none"


#: (task, attempt) → how its run stands; asked for all tasks in question at once.
RunStates = Callable[[Sequence[Task]], Sequence[RunState]]


@dataclass(frozen=True)
class Reaped:
    """What was mended."""

    #: Queued attempts whose run was never requested: request it (again), under the same key.
    again: list[Launch]
    #: Lines for people.
    moved: list[str]


def reap(
    engine: sa.Engine,
    project_id: str,
    *,
    instance: str,
    run_states: RunStates,
    now: datetime,
    max_retries: int = MAX_RETRIES,
    read_timeline: bool = True,
) -> Reaped:
    """Find the tasks of a project that nobody works on any more, and move each on.

    `read_timeline`: whether it may tell what became of a post whose answer was lost; else a person is to.
    """
    with reading(engine) as connection:
        suspects = tasks.read(
            connection,
            tasks.select(
                _tasks.project_id == project_id,
                sa.or_(
                    sa.and_(_tasks.status == Status.QUEUED.value, _tasks.updated_at < now - QUEUE_GRACE),
                    _tasks.status == Status.RUNNING.value,
                ),
            ),
        )
        posting = accounts.of_sources(connection, project_id)
    own = [task for task in suspects if task.dagster_instance == instance]
    states = dict(zip((task.id for task in own), run_states(own), strict=True)) if own else {}
    again: list[Launch] = []
    moved: list[str] = []
    for task in suspects:
        state = states.get(task.id)
        # Asked for again under the same key, which starts no second run; a key whose run was deleted is spent.
        if task.status is Status.QUEUED and state is RunState.NONE and task.updated_at > now - ORPHANED_AFTER:
            account = posting[task.content_source_id].name
            again.append(Launch(task.id, task.attempt, task.partition_key, account))
        elif task.status is Status.QUEUED:
            moved += _free_queued(engine, task, state, now)
        else:
            moved += _free_running(engine, task, state, now, max_retries, read_timeline)
    return Reaped(again, moved)


def _free_queued(engine: sa.Engine, task: Task, state: RunState | None, now: datetime) -> list[str]:
    if state is RunState.ALIVE or (state is None and task.updated_at > now - ORPHANED_AFTER):
        return []
    if state is RunState.CANCELED:
        move = Move(Event.STOP, f"its run was ended by a person; to post it: twitter-pipeline retry {task.id}")
    else:
        move = Move(Event.UNQUEUE, "its run ended without taking it; it gets another", not_before=now)
    with writing(engine) as connection:
        # A person may have cancelled it and let it go out again since: of the same attempt, and queued no more.
        is_queued = [_tasks.attempt == task.attempt, _tasks.status == Status.QUEUED.value]
        done = moves.move(connection, task.id, move, now=now, where=is_queued)
    return [f"{task.partition_key}: {move.message}"] if done else []


def _free_running(
    engine: sa.Engine, task: Task, state: RunState | None, now: datetime, max_retries: int, read_timeline: bool
) -> list[str]:
    run_is_gone = state in (RunState.CANCELED, RunState.TOO_LONG, RunState.OVER, RunState.NONE)
    lease_is_over = task.lease_until is not None and task.lease_until <= now
    if not (run_is_gone or lease_is_over):
        return []
    with writing(engine) as connection:
        tasks.get(connection, task.id, lock=True)  # a post about to leave is waited for, and then seen
        what_next, look_at = who_finds_out(task.id, read_timeline=read_timeline, now=now)
        decided = decide(_how_it_ended(connection, task, state, what_next), task, now, max_retries=max_retries)
        made = claims.take_back(connection, task.id, task.fence, decided, now=now)
        if made is not None and made.event is Event.LOSE_TRACK:
            attempts.look_for(connection, task.id, at=look_at)
    return [] if made is None else [f"{task.partition_key}: {made.message}"]


def _how_it_ended(connection: sa.Connection, task: Task, state: RunState | None, what_next: str) -> Outcome:
    if attempts.may_be_on_x(connection, task.id):
        return Unknown(
            f"attempt {task.attempt} died after the post was sent and before X's answer: it may be on X{what_next}"
        )
    if state is RunState.CANCELED:
        return Interrupted("ended by a person", by_person=True)
    made = attempts.made(connection, task.id)
    how_far = f"when {made}" if made.is_begun else "before anything was posted"
    how = TOOK_TOO_LONG if state is RunState.TOO_LONG else f"attempt {task.attempt} died"
    return Died(f"{how} {how_far}")
