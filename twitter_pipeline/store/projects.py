"""What a person has decided about a project."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store.tables import projects


def approve(connection: sa.Connection, project_id: str, *, now: datetime) -> bool:
    """Let the project's posts go out without a look at the first (any more); False when they do already."""
    changed = connection.execute(
        sa.update(projects)
        .where(projects.c.id == project_id, projects.c.approved_at.is_(None))
        .values(approved_at=now, updated_at=now)
    )
    return changed.rowcount == 1
