"""What a person has paused: everything, an account, or a project."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store import decisions
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import pauses

#: Name and reason of the pause that stands while the pipeline is stopping: what it interrupts goes on at the next
#: start. A pause of its own beside the one by which a person holds back everything, which must outlast it.
STOPPING = "stopping"


def pause(
    connection: sa.Connection, scope: str, name: str, reason: str, *, now: datetime, actor: str | None = None
) -> None:
    """Hold back every post of the scope, runs under way included. `name` is "" for all. Without `actor` nobody did."""
    said = {"reason": reason, "created_at": now, "actor": actor}
    connection.execute(
        insert_into(connection, pauses)
        .values(scope=scope, name=name, **said)
        .on_conflict_do_update(index_elements=["scope", "name"], set_=said)
    )
    decisions.note(connection, actor, "pause", words(scope, name), reason, now=now)


def words(scope: str, name: str) -> str:
    """What a pause holds back, for people."""
    return "everything" if scope == "all" else f"{scope} {name}"


def resume(connection: sa.Connection, scope: str, name: str) -> bool:
    """End a pause; False when there was none."""
    gone = connection.execute(sa.delete(pauses).where(pauses.c.scope == scope, pauses.c.name == name))
    return gone.rowcount > 0


def pause_reason(connection: sa.Connection, *, project: str, account: str | None = None) -> str | None:
    """Why nothing of this project may be posted (with this account), in words with the way out; None when it may."""
    row = connection.execute(
        sa.select(pauses.c.scope, pauses.c.name, pauses.c.reason, pauses.c.actor)
        .where(
            sa.or_(
                pauses.c.scope == "all",
                sa.and_(pauses.c.scope == "account", pauses.c.name == account),
                sa.and_(pauses.c.scope == "project", pauses.c.name == project),
            )
        )
        .order_by(pauses.c.scope)
    ).first()
    if row is None:
        return None
    way_out = "--all" if row.scope == "all" else f"--{row.scope} {row.name}"
    by = f" by {row.actor}" if row.actor else ""
    reason = f" ({row.reason})" if row.reason else ""
    return f"{words(row.scope, row.name)} is paused{by}{reason}; go on with: twitter-pipeline resume {way_out}"


def listing(connection: sa.Connection) -> list[tuple[str, str, str, datetime, str | None]]:
    """All pauses: scope, name, reason, since when (aware UTC), by whom."""
    rows = connection.execute(
        sa.select(pauses.c.scope, pauses.c.name, pauses.c.reason, pauses.c.created_at, pauses.c.actor).order_by(
            pauses.c.scope, pauses.c.name
        )
    )
    return [(row.scope, row.name, row.reason, row.created_at, row.actor) for row in rows]
