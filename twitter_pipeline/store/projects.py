"""What is kept of a project: what a person has decided, and until when it was looked after."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store.tables import projects

_projects = projects.c


def approve(connection: sa.Connection, project_id: str, *, now: datetime) -> bool:
    """Let the project's posts go out without a look at the first (any more); False when they do already."""
    changed = connection.execute(
        sa.update(projects)
        .where(projects.c.id == project_id, projects.c.approved_at.is_(None))
        .values(approved_at=now, updated_at=now)
    )
    return changed.rowcount == 1


def ran_until(connection: sa.Connection, project_id: str) -> datetime | None:
    """Until when the project was looked after (aware UTC); None before the first time."""
    found: datetime | None = connection.scalar(sa.select(_projects.ran_until).where(_projects.id == project_id))
    return found


def runs(connection: sa.Connection, project_id: str, *, known: datetime | None, now: datetime) -> bool:
    """Keep that it is looked after now; False when somebody else did since it was `known`."""
    changed = connection.execute(
        sa.update(projects)
        .where(_projects.id == project_id, _projects.ran_until.is_not_distinct_from(known))
        .values(ran_until=now)
    )
    return changed.rowcount == 1
