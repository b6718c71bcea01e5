"""What people did that is of no one item: pauses, approvals, keys, tokens, users. `publishing_log` has the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store.tables import decisions


@dataclass(frozen=True)
class Decision:
    """A line of it. The time is aware UTC."""

    id: int
    #: pause, resume, approve, …
    action: str
    #: Of what: everything, project cats, account my_account, …
    about: str
    message: str
    actor: str
    created_at: datetime


def note(
    connection: sa.Connection, actor: str | None, action: str, about: str, message: str = "", *, now: datetime
) -> None:
    """Write down what `actor` did; nothing where nobody did: the pipeline by itself."""
    if actor is not None:
        connection.execute(
            sa.insert(decisions).values(action=action, about=about, message=message, actor=actor, created_at=now)
        )


def listing(connection: sa.Connection, *, below: int | None = None, limit: int) -> list[Decision]:
    """The newest of them, newest first; of those with lower ids than `below`."""
    query = sa.select(decisions).order_by(decisions.c.id.desc()).limit(limit)
    if below is not None:
        query = query.where(decisions.c.id < below)
    return [Decision(**row._mapping) for row in connection.execute(query)]
