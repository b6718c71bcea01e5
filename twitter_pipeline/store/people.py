"""Users: those that config.yaml declares (`defaults`), and those added by command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store import decisions
from twitter_pipeline.store.tables import projects, users

_users = users.c


@dataclass(frozen=True)
class UserRow:
    """A user as it is stored."""

    name: str
    email: str | None
    created_at: datetime
    #: The ids of the projects that are theirs.
    projects: tuple[str, ...]


def add(connection: sa.Connection, name: str, email: str | None, *, now: datetime, actor: str | None = None) -> bool:
    """Add a user; False, and nothing changed, when there is one of that name."""
    if connection.scalar(sa.select(_users.id).where(_users.username == name)) is not None:
        return False
    connection.execute(sa.insert(users).values(username=name, email=email, created_at=now, updated_at=now))
    decisions.note(connection, actor, "create", f"user {name}", now=now)
    return True


def listing(connection: sa.Connection) -> list[UserRow]:
    """All users, by their names."""
    owned: dict[int, list[str]] = {}
    for user_id, project_id in connection.execute(
        sa.select(projects.c.user_id, projects.c.id).order_by(projects.c.id)
    ).all():
        owned.setdefault(user_id, []).append(project_id)
    rows = connection.execute(sa.select(users).order_by(_users.username))
    return [UserRow(row.username, row.email, row.created_at, tuple(owned.get(row.id, ()))) for row in rows]
