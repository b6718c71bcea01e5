"""The rest of a folder between two scans of its sensor, while they are slow (monitoring.easing).

A scan that a person asks for is none of it. When a folder was looked through last is kept in the process: after a
restart the first tick looks at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import RARER_SCANS
from twitter_pipeline.store.engine import reading

_looked: dict[str, datetime] = {}


def looked(project_id: str, *, now: datetime) -> None:
    """A scan of the project's sensor has ended."""
    _looked[project_id] = now


def rest_of(engine: sa.Engine, project_id: str, *, now: datetime) -> datetime | None:
    """Until when the project's folder rests (aware UTC); None when it may be looked through."""
    last = _looked.get(project_id)
    if last is None or last > now:  # never, or by a clock that was ahead
        return None
    with reading(engine) as connection:
        easing = easings.in_force(connection, RARER_SCANS, project_id, now=now)
    until = None if easing is None else last + timedelta(seconds=easing.level)
    return until if until is not None and until > now else None
