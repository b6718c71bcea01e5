"""How far a soak is, by the task table."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts, publishing_log, publishing_tasks

_OVER = (Status.COMPLETED, Status.FAILED, Status.SKIPPED, Status.CANCELLED)


def left(engine: sa.Engine) -> int:
    """How many items are not settled: neither over nor left to a person."""
    tasks, attempts = publishing_tasks.c, publishing_attempts.c
    for_a_person = sa.and_(
        tasks.status == Status.UNCONFIRMED.value,
        ~sa.exists().where(
            attempts.task_id == tasks.id, attempts.state.in_(["sent", "unknown"]), attempts.look_at.is_not(None)
        ),
    )
    over = tasks.status.in_([status.value for status in _OVER])
    with reading(engine) as connection:
        return (
            connection.scalar(
                sa.select(sa.func.count()).select_from(publishing_tasks).where(~sa.or_(over, for_a_person))
            )
            or 0
        )


def progress(engine: sa.Engine) -> str:
    """How many tasks are in each state."""
    status = publishing_tasks.c.status
    with reading(engine) as connection:
        counts = connection.execute(sa.select(status, sa.func.count()).group_by(status)).all()
    return ", ".join(f"{number} {name}" for name, number in sorted(map(tuple, counts)))


def lines(engine: sa.Engine) -> Counter[str | None]:
    """How many lines the log has, by project and (None) altogether."""
    with reading(engine) as connection:
        counts = connection.execute(
            sa.select(publishing_tasks.c.project_id, sa.func.count())
            .join(publishing_log, publishing_log.c.task_id == publishing_tasks.c.id)
            .group_by(publishing_tasks.c.project_id)
        ).all()
    found: Counter[str | None] = Counter(dict(map(tuple, counts)))
    found[None] = sum(found.values())
    return found
