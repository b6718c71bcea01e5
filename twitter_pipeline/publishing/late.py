"""After the pipeline was down: what came due meanwhile does not leave all at once, or is skipped (`catch_up`).

`planning` holds the rules. What a pause, a stopped or waiting account, or the canary holds back at that moment is left
alone: it would not have gone out either, and goes on when that ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.config.duration import format_duration
from twitter_pipeline.publishing import holding
from twitter_pipeline.publishing.planning import is_late, spread, was_down
from twitter_pipeline.scanning.reasons import LATE
from twitter_pipeline.store import moves, projects, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks

#: How often it is kept that a project is looked after: a write each.
KEPT_EVERY = timedelta(minutes=1)
#: Items moved in one transaction.
BATCH = 100

_tasks = publishing_tasks.c


def catch_up(engine: sa.Engine, settings: Settings, project: Project, *, now: datetime) -> list[str]:
    """Judge what came due while nobody looked after the project; lines for people. Else it costs one look.

    Before it is planned anew: a plan moves what is overdue. Dying on the way, the next tick goes on.
    """
    with reading(engine) as connection:
        ran_until = projects.ran_until(connection, project.id)
        if ran_until is not None and timedelta(0) <= now - ran_until < KEPT_EVERY:
            return []
        missed = [] if ran_until is None else _missed(connection, settings, project, ran_until, now)
    late: list[sa.Row[tuple[int, datetime]]] = []
    if ran_until is not None and project.catch_up == "skip":
        most = project.max_lateness
        late = [row for row in missed if is_late(row.scheduled_time, ran_until=ran_until, now=now, max_lateness=most)]
        for begin in range(0, len(late), BATCH):
            with writing(engine) as connection:
                for row in late[begin : begin + BATCH]:
                    _skip(connection, project, row, now)
    rest = missed[len(late) :]  # the later ones
    with writing(engine) as connection:
        if not projects.runs(connection, project.id, known=ran_until, now=now):
            return []
        if not settings.pacing(project).min_interval:  # with one, the plan spreads them
            _spread(connection, rest, now)
    if not missed:
        return []
    skipped = f"; more than {format_duration(project.max_lateness)} late and skipped: {len(late)}" if late else ""
    return [
        f"came due while nothing ran, {ran_until:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC: {len(missed)}{skipped};"
        f" to go out one after the other: {len(rest)}"
    ]


def _missed(
    connection: sa.Connection, settings: Settings, project: Project, ran_until: datetime, now: datetime
) -> list[sa.Row[tuple[int, datetime]]]:
    """What came due while the project was down and nothing else holds back, earliest first."""
    if not was_down(ran_until, now):
        return []
    holds = holding.look(connection, settings, project, now)
    if holds.everything is not None or holds.only is not None:
        return []
    query = sa.select(_tasks.id, _tasks.scheduled_time).where(
        _tasks.project_id == project.id,
        _tasks.status == Status.PENDING.value,
        sa.not_(tasks.IS_BEGUN),  # the rest of a thread is never too late
        _tasks.scheduled_time > ran_until,
        _tasks.scheduled_time <= now,
        _tasks.content_source_id.not_in(holds.by_source),
    )
    return list(connection.execute(query.order_by(_tasks.scheduled_time, _tasks.id)))


def _skip(connection: sa.Connection, project: Project, row: sa.Row[tuple[int, datetime]], now: datetime) -> None:
    message = (
        f"{LATE}: {row.scheduled_time:%Y-%m-%d %H:%M} UTC, more than {format_duration(project.max_lateness)} ago"
        f" (catch_up: skip); to post it all the same: twitter-pipeline retry {row.id}"
    )
    moves.move(connection, row.id, Move(Event.SKIP, message), now=now, where=_as_seen(row))


def _as_seen(row: sa.Row[tuple[int, datetime]]) -> list[sa.ColumnElement[bool]]:
    """Nothing, or nobody, has given the item another time meanwhile."""
    return [_tasks.status == Status.PENDING.value, _tasks.scheduled_time == row.scheduled_time]


def _spread(connection: sa.Connection, missed: list[sa.Row[tuple[int, datetime]]], now: datetime) -> None:
    times = spread([row.scheduled_time for row in missed], now)
    for row, time in zip(missed, times, strict=True):
        if time == now:
            continue  # it is due as it stands
        changed = connection.execute(
            sa.update(publishing_tasks)
            .where(_tasks.id == row.id, *_as_seen(row))
            .values(not_before=time, scheduled_time=time, updated_at=now)
        )
        if changed.rowcount == 1:
            message = f"{LATE}; so that not all go out at once, it does at {time:%Y-%m-%d %H:%M:%S} UTC"
            moves.note(connection, row.id, "spread", Status.PENDING, message, now=now)
