"""What is due: which tasks get a run now, and why the rest does not (`holding` knows)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import holding
from twitter_pipeline.publishing.holding import Holds
from twitter_pipeline.publishing.planning import plan
from twitter_pipeline.store import attempts, moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: Runs requested but not begun, a project: more would only make a pause or a new plan take effect later.
MOST_QUEUED = 10

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Launch:
    """A run to be requested."""

    task_id: int
    attempt: int
    partition_key: str
    account: str

    @property
    def run_key(self) -> str:
        """`<task>:<attempt>`: Dagster starts no second run under the same key."""
        return f"{self.task_id}:{self.attempt}"


@dataclass(frozen=True)
class Due:
    """What `take` found."""

    launches: list[Launch]
    #: Why nothing (more) is launched, for people; None when all that is due is launched.
    why_not: str | None
    #: The next time something will be due (aware UTC); None when nothing is planned.
    next_time: datetime | None
    #: Why nothing is launched from some sources, or but for one item, when something may be.
    held: tuple[str, ...] = ()


def take(engine: sa.Engine, settings: Settings, project: Project, *, instance: str, now: datetime) -> Due:
    """Plan the project's pending tasks and move those that are due to `queued`, to be run by that Dagster instance.

    A tick that dies after this leaves them queued without a run: `reaper` finds them.
    """
    with writing(engine) as connection:
        holds = holding.look(connection, settings, project, now, lock=True)
        _plan(connection, settings, project, now, holds.by_source)
        why_not = holds.everything
        room = 0 if why_not else MOST_QUEUED - _count_queued(connection, project.id)
        if holds.one_only:
            room = min(room, 1)
        found = tasks.due(connection, project.id, now=now, limit=room, where=[holds.is_free]) if room > 0 else []
        found = _one_that_tries(holds, found)
        launches = [
            Launch(task.id, task.attempt + 1, task.partition_key, holds.accounts[task.content_source_id].name)
            for task in found
            if moves.queue(connection, task.id, task.attempt + 1, instance=instance, now=now)
        ]
        next_time = _next_time(connection, project.id, holds, now)
        return Due(launches, why_not, next_time, () if why_not else holds.reasons)


def _one_that_tries(holds: Holds, found: Sequence[Task]) -> list[Task]:
    """Without all but the first item of each account that tries whether X is there."""
    taken: set[str] = set()
    chosen = []
    for task in found:
        account = holds.accounts[task.content_source_id].name
        if task.content_source_id not in holds.one_each or account not in taken:
            chosen.append(task)
            taken.add(account)
    return chosen


def still_due(
    engine: sa.Engine, settings: Settings, project: Project, launches: Sequence[Launch], *, now: datetime
) -> list[Launch]:
    """Those of the launches, queued by an earlier tick, that nothing holds back by now."""
    if not launches:
        return []
    with reading(engine) as connection:
        holds = holding.look(connection, settings, project, now)
        return [launch for launch in launches if holds.of(tasks.get(connection, launch.task_id)) is None]


def slots(
    connection: sa.Connection, settings: Settings, project: Project, now: datetime
) -> list[tuple[Task, datetime]]:
    """The project's pending tasks in the order they go out, each with its slot (aware UTC). Changes nothing."""
    return _slots(connection, settings, project, now, holding.look(connection, settings, project, now).by_source)


def _slots(
    connection: sa.Connection, settings: Settings, project: Project, now: datetime, held: Collection[int]
) -> list[tuple[Task, datetime]]:
    pending = _read_pending(connection, project.id)
    # Half a thread is on X: it waits for nobody's turn, and takes none.
    begun = attempts.begun(connection, project.id, [Status.PENDING])
    going_on = [(task, max(task.not_before, now)) for task in pending if task.id in begun]
    pending = [task for task in pending if task.id not in begun]
    # What its account holds back takes no slot from the other sources.
    pending.sort(key=lambda task: task.content_source_id in held)
    # What a person gave a time goes out then, however many wait.
    wished = [task for task in pending if task.wanted_time is not None and task.content_source_id not in held]
    others = [task for task in pending if task.wanted_time is None or task.content_source_id in held]
    pacing = settings.pacing(project)
    posted = _posted(connection, project.id, now - pacing.min_interval, now)

    def planned(waiting: Sequence[Task], given: Sequence[datetime] = ()) -> list[datetime]:
        times = [task.not_before for task in waiting]
        return list(plan(pacing, project.zone, posted=posted, not_before=times, now=now, given=given))

    given = planned(wished)
    found = [*going_on, *zip(wished, given, strict=True), *zip(others, planned(others, given), strict=True)]
    return sorted(found, key=lambda one: one[1])


def _plan(
    connection: sa.Connection, settings: Settings, project: Project, now: datetime, held: Collection[int]
) -> None:
    """Give every pending task its slot. Without pacing each goes out as soon as it may, whatever was planned before."""
    pacing = settings.pacing(project)
    if not pacing.min_interval and pacing.max_per_day is None:
        connection.execute(
            sa.update(publishing_tasks)
            .where(
                _tasks.project_id == project.id,
                _tasks.status == Status.PENDING.value,
                _tasks.scheduled_time > _tasks.not_before,
            )
            .values(scheduled_time=_tasks.not_before)
        )
        return
    moved = [
        {"task": task.id, "slot": slot}
        for task, slot in _slots(connection, settings, project, now, held)
        # An overdue task stays where it is: only its turn counts.
        if slot != task.scheduled_time and not (slot <= now and task.scheduled_time <= now)
    ]
    if moved:
        connection.execute(
            sa.update(publishing_tasks)
            .where(_tasks.id == sa.bindparam("task"), _tasks.status == Status.PENDING.value)
            .values(scheduled_time=sa.bindparam("slot")),
            moved,
        )


def _read_pending(connection: sa.Connection, project_id: str) -> list[Task]:
    query = tasks.select(_tasks.project_id == project_id, _tasks.status == Status.PENDING.value)
    return tasks.read(connection, query.order_by(None).order_by(_tasks.not_before, _tasks.id))


def _posted(connection: sa.Connection, project_id: str, since: datetime, now: datetime) -> list[datetime]:
    """When the project's posts went out since then, at least those of its day, those under way counted as now."""
    done = connection.scalars(
        sa.select(_tasks.executed_time).where(
            _tasks.project_id == project_id, _tasks.executed_time > min(since, now - timedelta(days=2))
        )
    )
    under_way = connection.scalar(
        sa.select(sa.func.count()).where(
            _tasks.project_id == project_id, _tasks.status.in_([Status.QUEUED.value, Status.RUNNING.value])
        )
    )
    return [moment for moment in done if moment is not None] + [now] * (under_way or 0)


def _count_queued(connection: sa.Connection, project_id: str) -> int:
    return (
        connection.scalar(
            sa.select(sa.func.count()).where(_tasks.project_id == project_id, _tasks.status == Status.QUEUED.value)
        )
        or 0
    )


def _next_time(connection: sa.Connection, project_id: str, holds: Holds, now: datetime) -> datetime | None:
    found: datetime | None = connection.scalar(
        sa.select(sa.func.min(_tasks.scheduled_time)).where(
            _tasks.project_id == project_id,
            _tasks.status == Status.PENDING.value,
            _tasks.scheduled_time > now,
            holds.has_turn,
        )
    )
    return found
