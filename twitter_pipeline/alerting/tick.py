"""What is done every minute: look, keep, tell. By whoever is there; several at once do no harm."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.alerting import causes, keeping, outbox, reports
from twitter_pipeline.config import Settings
from twitter_pipeline.store.engine import reading


def tick(engine: sa.Engine, settings: Settings, *, now: datetime, running_since: datetime) -> int:
    """Bring the alerts to what the tables show, and send what is due; how many messages were taken.

    `running_since`: when this process began to look (aware UTC); before, no sensor could be expected to tick.
    """
    look(engine, settings, now=now, running_since=running_since)
    reports.report(engine, settings, now=now)
    return outbox.deliver(engine, settings, now=now)


def look(engine: sa.Engine, settings: Settings, *, now: datetime, running_since: datetime) -> None:
    """Bring the alerts to what the tables show. Nothing is written while that is the same."""
    with reading(engine) as connection:
        already = keeping.open_keys(connection)
        found = list(causes.find(connection, settings, now=now, running_since=running_since, already=already))
    keeping.keep(engine, settings, found, causes.FOUND_HERE, now=now)
