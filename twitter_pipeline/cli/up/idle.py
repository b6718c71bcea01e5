"""When nothing is left to do now: what `--until-idle` waits for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import holding, tidying
from twitter_pipeline.store import accounts, log
from twitter_pipeline.store.attempts import UNANSWERED
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import (
    content_sources,
    projects,
    publishing_attempts,
    publishing_log,
    publishing_tasks,
    scan_candidates,
)

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Outstanding:
    """How much is left to do now, over all projects of the configuration."""

    #: Projects not scanned whole since the start.
    unscanned: int = 0
    #: Files that may still be being written.
    arriving: int = 0
    #: Tasks whose time has come and that may be posted.
    due: int = 0
    #: Tasks queued or running.
    under_way: int = 0
    #: Tasks that may be on X, for which the timeline is still to be read.
    looked_for: int = 0
    #: Posted tasks whose files are to be moved away.
    unmoved: int = 0
    #: Tasks and lines of the publishing log that Dagster does not show yet.
    untold: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether all is done."""
        return not any(getattr(self, field.name) for field in fields(self))


def outstanding(engine: sa.Engine, settings: Settings, *, since: datetime, now: datetime) -> Outstanding:
    """Count what is left. `since` (aware UTC): when the pipeline started."""
    ids = [project.id for project in settings.projects]
    with reading(engine) as connection:
        unscanned = _count(
            connection,
            projects,
            projects.c.id.in_(ids),
            # A folder that is not there cannot be scanned; waiting for it would be for ever.
            projects.c.scan_problem.is_(None),
            sa.or_(projects.c.last_scan_time.is_(None), projects.c.last_scan_time < since),
        )
        arriving = _count(
            connection,
            scan_candidates.join(content_sources, content_sources.c.id == scan_candidates.c.content_source_id),
            content_sources.c.project_id.in_(ids),
        )
        due = _count(
            connection,
            publishing_tasks,
            _may_post(connection, settings, now),
            _tasks.status == Status.PENDING.value,
            _tasks.scheduled_time <= now,
        )
        under_way = _count(
            connection,
            publishing_tasks,
            _tasks.project_id.in_(ids),
            _tasks.status.in_([Status.QUEUED.value, Status.RUNNING.value]),
        )
        looked_for = _count(
            connection,
            publishing_attempts.join(publishing_tasks, _tasks.id == publishing_attempts.c.task_id),
            _tasks.status == Status.UNCONFIRMED.value,
            publishing_attempts.c.account_id.in_(_readable(connection, ids, now)),
            publishing_attempts.c.state.in_([state.value for state in UNANSWERED]),
            publishing_attempts.c.look_at.is_not(None),
        )
        unmoved = sum(
            _count(connection, publishing_tasks, *tidying.due(project, now=now))
            for project in settings.projects
            if tidying.wants(project)
        )
        untold = _count(
            connection, publishing_tasks, _tasks.project_id.in_(ids), _tasks.registered_in.is_(None)
        ) + _count(
            connection,
            publishing_log.join(publishing_tasks, _tasks.id == publishing_log.c.task_id),
            _tasks.project_id.in_(ids),
            log.UNTOLD,
        )
    return Outstanding(unscanned, arriving, due, under_way, looked_for, unmoved, untold)


def _may_post(connection: sa.Connection, settings: Settings, now: datetime) -> sa.ColumnElement[bool]:
    """The tasks that nothing holds back: no pause, no limit of their account, no look at a first post."""
    free = (
        sa.and_(_tasks.project_id == project.id, holding.look(connection, settings, project, now).is_free)
        for project in settings.projects
    )
    return sa.or_(sa.false(), *free)


def _readable(connection: sa.Connection, project_ids: list[str], now: datetime) -> list[int]:
    """The accounts whose timelines the projects' ticks read: none that X has stopped, or lets wait."""
    return [row.id for row in accounts.of_projects(connection, project_ids) if row.why_not(now) is None]


def _count(connection: sa.Connection, table: sa.FromClause, *where: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0
