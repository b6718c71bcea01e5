"""A service that grew is started anew, in a quiet moment, when `monitoring` asks for it.

No run is part of these services, and whatever one of them leaves undone the next tick mends. A moment is quiet when no
run is requested that has not begun: one that was being requested would begin half a minute later.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.cli.up.fleet import Fleet
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import RECYCLING
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

#: How long a quiet moment is waited for: where items go out all day there may be none.
PATIENCE = timedelta(minutes=5)
#: Services that runs are requested through.
_REQUEST_RUNS = frozenset({"daemon", "code-server"})


class Recycling:
    """Does what is asked for; call `look` every second."""

    def __init__(self, engine: sa.Engine, fleet: Fleet, *, every: timedelta = timedelta(seconds=5)) -> None:
        self._engine = engine
        self._fleet = fleet
        self._every = every
        self._looked = datetime.min.replace(tzinfo=timezone.utc)

    def look(self, settings: Settings) -> None:
        """Start one service anew, if that is asked for, unless it was looked at just now."""
        now = utc_now()
        if not settings.monitoring.easing or abs(now - self._looked) < self._every:
            return
        self._looked = now
        with reading(self._engine) as connection:
            asked = easings.listing(connection, now=now, action=RECYCLING)
            quiet = not asked or self._is_quiet(connection)
        for easing in asked:
            if easing.scope in _REQUEST_RUNS and not quiet and now - easing.began_at < PATIENCE:
                continue
            done = self._fleet.recycle(easing.scope)
            with writing(self._engine) as connection:
                why = "it is started anew" if done else "no such service runs"
                easings.end(connection, easing, why, now=now)
            return  # one after the other

    @staticmethod
    def _is_quiet(connection: sa.Connection) -> bool:
        queued = sa.select(publishing_tasks.c.id).where(publishing_tasks.c.status == Status.QUEUED.value)
        return connection.scalar(queued.limit(1)) is None
