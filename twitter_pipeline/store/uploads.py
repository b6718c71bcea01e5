"""How far the upload of each file of an item got: written down after each step, so that another run goes on there.

Only the holder of the task writes (its fence is looked at); whoever lost it is told False, and nothing changes.
Times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.tables import media_uploads, publishing_tasks

#: X may not know a media id everywhere yet for so long after it was ready.
SETTLES = timedelta(seconds=30)

_uploads = media_uploads.c


def read(connection: sa.Connection, task_id: int, path: str, *, account_id: int) -> dict[str, Any] | None:
    """What that account has uploaded of a file of the task; None when nothing, or another account did."""
    row = connection.execute(
        sa.select(media_uploads).where(
            _uploads.task_id == task_id, _uploads.path == path, _uploads.account_id == account_id
        )
    ).one_or_none()
    return None if row is None else dict(row._mapping)


def begin(
    connection: sa.Connection, claim: Claim, path: str, values: Mapping[str, Any], *, account_id: int, now: datetime
) -> bool:
    """X has given the file a media id: this upload takes the place of an earlier one. False when the task was lost."""
    if not forget(connection, claim, path):
        return False
    connection.execute(
        sa.insert(media_uploads).values(
            task_id=claim.task_id, account_id=account_id, path=path, created_at=now, updated_at=now, **values
        )
    )
    return True


def advance(
    connection: sa.Connection, claim: Claim, path: str, media_id: str, values: Mapping[str, Any], *, now: datetime
) -> bool:
    """X has taken a segment, or all of it, or is through with it. False when the task or this upload was lost."""
    held = sa.exists().where(publishing_tasks.c.id == claim.task_id, publishing_tasks.c.fence == claim.fence)
    changed = connection.execute(
        sa.update(media_uploads)
        .where(_uploads.task_id == claim.task_id, _uploads.path == path, _uploads.media_id == media_id, held)
        .values(updated_at=now, **values)
    )
    return changed.rowcount == 1


def captions_given(connection: sa.Connection, task_id: int) -> list[str]:
    """Which video X has confirmed captions of, and in which language: `1585…/EN`."""
    given = sa.select(_uploads.captions_of).where(_uploads.task_id == task_id, _uploads.captions_of != "")
    return list(connection.scalars(given))


def forget(connection: sa.Connection, claim: Claim, path: str | None = None) -> bool:
    """Let the task's next upload, or that of the one file, begin anew. False when the task was lost."""
    if not _is_held(connection, claim):
        return False
    of_path = [] if path is None else [_uploads.path == path]
    connection.execute(sa.delete(media_uploads).where(_uploads.task_id == claim.task_id, *of_path))
    return True


def disbelieve(connection: sa.Connection, claim: Claim, *, now: datetime) -> None:
    """X says that the media ids it was named are invalid: forget those that it must know by now.

    What was ready just now stays, since X only needs a moment; refused again by a later run, it goes too.
    """
    if _is_held(connection, claim):
        must_be_known = (_uploads.task_id == claim.task_id, _uploads.updated_at < now - SETTLES)
        connection.execute(sa.delete(media_uploads).where(*must_be_known))


def _is_held(connection: sa.Connection, claim: Claim) -> bool:
    """Whether the task is still the claim's; nobody takes it before the transaction ends."""
    held = sa.select(publishing_tasks.c.id).where(
        publishing_tasks.c.id == claim.task_id, publishing_tasks.c.fence == claim.fence
    )
    return connection.scalar(held.with_for_update()) is not None


def sweep(connection: sa.Connection, account_id: int, *, now: datetime) -> None:
    """Delete what X has forgotten of the account's uploads, posted or not."""
    gone = sa.select(_uploads.id).where(_uploads.account_id == account_id, _uploads.expires_at <= now)
    # Rows that another run is just deleting are left to it: no two wait for each other.
    connection.execute(sa.delete(media_uploads).where(_uploads.id.in_(gone.with_for_update(skip_locked=True))))
