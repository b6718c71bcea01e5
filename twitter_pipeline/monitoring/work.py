"""How the work goes, as the tables tell: steps, errors, what is due. None of it reads what was done long ago."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import holding
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import api_keys, content_sources, projects, publishing_log, publishing_tasks

#: Lines of the log from which a step is over, and which step that is; each begins with the line before.
_ENDS = {
    "prepared": "parse_metadata",
    "enhanced": "enhance_content",
    "uploaded": "upload_media",
    Event.POST.value: "create_tweet",
}
#: Lines that say that something went wrong.
_WRONG = ("tried", Event.BACK_OFF.value, Event.FAIL.value, Event.LOSE_TRACK.value)
#: How far back tries to post are counted, and how many must have failed: one failure of one try says little.
TRIES_OF = timedelta(minutes=15)
FEWEST = 3

_MINUTE = timedelta(minutes=1)
_DUE = (Status.PENDING.value, Status.QUEUED.value)

_log, _tasks = publishing_log.c, publishing_tasks.c


def step_seconds(connection: sa.Connection, minute: datetime) -> dict[str, float]:
    """How long each step took, on average, in the runs that posted in the minute before this one."""
    posted = (
        sa.select(_log.task_id, _log.run_id)
        .where(_log.created_at >= minute - _MINUTE, _log.created_at < minute, _log.action == Event.POST.value)
        .subquery()
    )
    lines = connection.execute(
        sa.select(_log.run_id, _log.action, _log.created_at)
        .join(posted, sa.and_(_log.task_id == posted.c.task_id, _log.run_id == posted.c.run_id))
        .where(_log.action.in_([Event.CLAIM.value, *_ENDS]))
        .order_by(_log.task_id, _log.id)
    ).all()
    taken: defaultdict[str, float] = defaultdict(float)
    runs: defaultdict[str, set[str]] = defaultdict(set)
    for before, line in itertools.pairwise(lines):
        if line.run_id == before.run_id and line.action in _ENDS:
            step = _ENDS[line.action]
            taken[step] += (line.created_at - before.created_at).total_seconds()
            runs[step].add(line.run_id)
    return {step: seconds / len(runs[step]) for step, seconds in taken.items()}


def errors(connection: sa.Connection, minute: datetime) -> dict[str, float]:
    """What went wrong in the minute before this one, by what became of it."""
    query = (
        sa.select(_log.action, sa.func.count())
        .where(_log.created_at >= minute - _MINUTE, _log.created_at < minute, _log.action.in_(_WRONG))
        .group_by(_log.action)
    )
    return {action: float(count) for action, count in connection.execute(query)}


def errors_percent(connection: sa.Connection, now: datetime) -> dict[str, float]:
    """The part of tries to upload or post that failed lately, by account: only those that got as far as that."""
    earlier = publishing_log.alias()
    got_ready = sa.exists().where(
        earlier.c.task_id == _log.task_id, earlier.c.run_id == _log.run_id, earlier.c.action == "prepared"
    )
    wrong = sa.func.sum(sa.case((_log.action == Event.POST.value, 0), else_=1))
    query = (
        sa.select(api_keys.c.key_name, wrong.label("wrong"), sa.func.count().label("tries"))
        .select_from(publishing_log)
        .join(publishing_tasks, _tasks.id == _log.task_id)
        .join(content_sources, content_sources.c.id == _tasks.content_source_id)
        .join(projects, projects.c.id == _tasks.project_id)
        .join(api_keys, api_keys.c.id == sa.func.coalesce(content_sources.c.api_key_id, projects.c.api_key_id))
        .where(_log.created_at > now - TRIES_OF, _log.created_at <= now, _log.run_id.is_not(None))
        .where(_log.action.in_([*_WRONG, Event.POST.value]), got_ready)
        .group_by(api_keys.c.key_name)
    )
    return {row.key_name: 100 * row.wrong / row.tries for row in connection.execute(query) if row.wrong >= FEWEST}


@dataclass(frozen=True)
class Queue:
    """What is due, by project."""

    #: How many items; without a project of all.
    depth: dict[str, float]
    #: Seconds that the oldest has been so which nothing holds back; nothing where there is none.
    age: dict[str, float]


def queue(connection: sa.Connection, settings: Settings, now: datetime) -> Queue:
    """What is due."""
    is_due = (_tasks.status.in_(_DUE), _tasks.scheduled_time <= now)
    query = sa.select(_tasks.project_id, sa.func.count().label("number"))
    ids = [project.id for project in settings.projects]
    due = connection.execute(query.where(_tasks.project_id.in_(ids), *is_due).group_by(_tasks.project_id))
    depth = {row.project_id: float(row.number) for row in due}
    age = {}
    for project in settings.projects:
        if project.id in depth:
            free = holding.look(connection, settings, project, now).is_free
            first = sa.select(sa.func.min(_tasks.scheduled_time)).where(_tasks.project_id == project.id, *is_due, free)
            if (oldest := connection.scalar(first)) is not None:
                age[project.id] = (now - oldest).total_seconds()
    return Queue({**depth, "": sum(depth.values())}, age)


def scan_seconds(connection: sa.Connection, settings: Settings) -> dict[str, float]:
    """How long it takes to look through each project, however many ticks that are."""
    rows = connection.execute(
        sa.select(projects.c.id, projects.c.scan_seconds).where(
            projects.c.id.in_([project.id for project in settings.projects]), projects.c.scan_seconds.is_not(None)
        )
    )
    return {row.id: row.scan_seconds for row in rows}
