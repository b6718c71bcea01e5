"""X's limits as its answers name them, kept by account, so that they can be seen without asking X."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import api_keys, x_limits

_limits = x_limits.c


class Limit(Protocol):
    """One window of one call (x.limits.Limit)."""

    @property
    def limit(self) -> int | None:
        """Calls allowed in the window."""

    @property
    def remaining(self) -> int | None:
        """Calls left."""

    @property
    def reset(self) -> datetime:
        """When the window starts anew (aware UTC)."""


def keep(connection: sa.Connection, account_id: int, limits: Mapping[str, Limit]) -> None:
    """Keep what the last answers of X to an account said, by call and window."""
    statement = insert_into(connection, x_limits)
    changed = {name: statement.excluded[name] for name in ("most", "remaining", "reset_at")}
    rows = [
        # In one order, so that two who write at once do not wait for each other.
        {"account_id": account_id, "call": call, "most": one.limit, "remaining": one.remaining, "reset_at": one.reset}
        for call, one in sorted(limits.items())
    ]
    connection.execute(statement.on_conflict_do_update(index_elements=["account_id", "call"], set_=changed), rows)


def remaining(connection: sa.Connection, now: datetime) -> dict[str, float]:
    """What is left of each limit, in percent, by "account call window"; a window that began anew is full."""
    query = (
        sa.select(api_keys.c.key_name, _limits.call, _limits.most, _limits.remaining, _limits.reset_at)
        .join(api_keys, api_keys.c.id == _limits.account_id)
        .where(_limits.most > 0, _limits.remaining.is_not(None))
    )
    return {
        f"{row.key_name} {row.call}": 100.0 if row.reset_at <= now else min(100.0, 100 * row.remaining / row.most)
        for row in connection.execute(query)
    }
