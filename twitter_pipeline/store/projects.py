"""What is kept of a project: what a person has decided, and until when it was looked after."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from twitter_pipeline.store.tables import alert_state as last_times
from twitter_pipeline.store.tables import projects


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
    found: datetime | None = connection.scalar(
        sa.select(last_times.c.at).where(last_times.c.name == _ticked(project_id))
    )
    return found


def runs(connection: sa.Connection, project_id: str, *, known: datetime | None, now: datetime) -> bool:
    """Keep that it is looked after now; False when somebody else did since it was `known`."""
    name = _ticked(project_id)
    if known is None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        made = connection.execute(insert(last_times).values(name=name, at=now).on_conflict_do_nothing())
        return made.rowcount == 1
    changed = connection.execute(
        sa.update(last_times).where(last_times.c.name == name, last_times.c.at == known).values(at=now)
    )
    return changed.rowcount == 1


def _ticked(project_id: str) -> str:
    return f"ticked:{project_id}"
