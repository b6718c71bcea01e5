"""What is shorter in a soak than in use, so that minutes show what takes hours."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.publishing import post, reaper
from twitter_pipeline.store import breaker, claims
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import api_keys, publishing_attempts, publishing_tasks

#: In place of a minute.
LEASE = timedelta(seconds=5)
#: In place of 20 s between the permission to post and the request's first byte.
MUST_LEAVE_WITHIN = timedelta(seconds=2)
#: In place of X's 5 minutes, in seconds.
SIGNATURE_WINDOW = 2
#: In place of 10 minutes. A post is there before it is taken for absent, as long as the first three together are less
#: than this and what `reconciling` adds to it: 2 + 3 + 0.8 < 6 + 2 s.
SETTLE = timedelta(seconds=5)
#: How long a back-off is left alone before its task is due; the same for what an account waits for.
PATIENCE = timedelta(seconds=1)
#: How long the next look at the timeline may be away: longer than any but those after looks in vain.
LOOK_WITHIN = SETTLE + timedelta(seconds=2)


def shorten() -> None:
    """Once in each process that posts or ticks."""
    claims.LEASE = LEASE
    breaker.ERRORS, breaker.FIRST_WAIT, breaker.TRIED_WITHIN = 1, PATIENCE, 5 * PATIENCE
    post.MUST_LEAVE_WITHIN = MUST_LEAVE_WITHIN


def shorten_sandbox() -> None:
    """Once in the sandbox's process."""
    from twitter_pipeline.sandbox import oauth

    oauth.TIMESTAMP_WINDOW = SIGNATURE_WINDOW


def move_on(engine: sa.Engine, now: datetime) -> None:
    """Let what backs off be due, and accounts post again: as hours later, and after a person has acted.

    Earlier looks are harmless: what counts is when they began by X's clock.
    """
    tasks = publishing_tasks.c
    with writing(engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(tasks.status == Status.PENDING.value, tasks.not_before > now, tasks.updated_at < now - PATIENCE)
            .values(scheduled_time=now, not_before=now)
        )
        connection.execute(
            sa.update(api_keys)
            .where(sa.or_(api_keys.c.wait_until > now + PATIENCE, api_keys.c.stopped_reason.is_not(None)))
            .values(wait_until=None, wait_reason=None, stopped_reason=None)
        )
        connection.execute(
            sa.update(publishing_attempts)
            .where(publishing_attempts.c.look_at > now + LOOK_WITHIN)
            .values(look_at=now + LOOK_WITHIN)
        )


def let_orphans_go(engine: sa.Engine) -> None:
    """Let what a Dagster has queued that is gone for ever be anybody's: as `reaper.ORPHANED_AFTER` later."""
    tasks = publishing_tasks.c
    with writing(engine) as connection:
        queued = sa.select(tasks.id, tasks.updated_at).where(tasks.status == Status.QUEUED.value)
        for id, updated_at in connection.execute(queued).all():
            earlier = updated_at - reaper.ORPHANED_AFTER
            connection.execute(sa.update(publishing_tasks).where(tasks.id == id).values(updated_at=earlier))
