"""When Gemini may be asked: the budget of the day, and the time Google names when its limit is reached."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.store.tables import gemini_requests

#: What a request is called that met Google's limit.
LIMITED = "limited"
#: How long to wait where Google names no time: its limits are per minute.
WAIT = timedelta(minutes=1)
#: No shorter, whatever Google names: nothing, doubled, stays nothing.
LEAST_WAIT = timedelta(seconds=1)
#: No longer, whatever Google names (for a day's limit, hours): then one request looks again.
MOST_WAIT = timedelta(hours=1)
#: Each refusal in a row doubles the wait, so often at most.
_MOST_DOUBLINGS = 6

_requests = gemini_requests.c


def used(connection: sa.Connection, now: datetime) -> int:
    """How many requests were begun on `now`'s day in UTC, over all projects."""
    midnight = now.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    today = (_requests.created_at >= midnight, _requests.created_at < midnight + timedelta(days=1))
    return connection.scalar(sa.select(sa.func.count()).select_from(gemini_requests).where(*today)) or 0


def waits_until(connection: sa.Connection, model: str, now: datetime) -> datetime | None:
    """Until when the model is not to be asked (aware UTC); None when it may be. Google's limits are per model."""
    until = connection.scalar(
        sa.select(sa.func.max(_requests.wait_until)).where(
            # A request may take minutes until it is refused.
            _requests.created_at > now - 2 * MOST_WAIT,
            _requests.model == model,
            _requests.wait_until > now,
        )
    )
    # Further away only when the clock was set back.
    return until if until is not None and until <= now + MOST_WAIT else None


def until(connection: sa.Connection, request: int, wait: timedelta | None, now: datetime) -> datetime:
    """When to ask again after `request` met the limit and Google said `wait`: longer with each refusal in a row."""
    model = sa.select(_requests.model).where(_requests.id == request).scalar_subquery()
    before = connection.scalars(
        sa.select(_requests.outcome)
        .where(_requests.id < request, _requests.model == model, _requests.created_at > now - 2 * MOST_WAIT)
        .order_by(_requests.id.desc())
        .limit(_MOST_DOUBLINGS)
    )
    in_a_row = 0
    for outcome in before:
        if outcome != LIMITED:
            break
        in_a_row += 1
    doubled = (WAIT if wait is None else max(wait, LEAST_WAIT)) * (1 << in_a_row)
    return now + min(doubled, MOST_WAIT)
