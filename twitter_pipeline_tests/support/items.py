"""Publishing tasks for tests: put into any state by hand, and looked at."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.publishing.matching import text_key
from twitter_pipeline.store import accounts, attempts, claims, defaults, log, moves, tasks
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.log import Line
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: When things happen in tests that do not say otherwise.
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
#: The project of the `settings` fixture.
PROJECT = "cats"

_numbers = itertools.count(1)


def new_item(connection: sa.Connection, media_path: str | None = None, **changes: Any) -> NewItem:
    """An item of the project's first source, which may go out now."""
    source_id = min(defaults.source_ids(connection, PROJECT).values())
    values: dict[str, Any] = {"metadata_path": None, "not_before": NOW, "message": "found", **changes}
    return NewItem(PROJECT, source_id, media_path or f"clip-{next(_numbers)}.mp4", **values)


def put_task(engine: sa.Engine, status: Status = Status.PENDING, **values: Any) -> int:
    """A new task in that state, with those columns; nobody works on it, whatever the state. Its id."""
    media_path = values.pop("media_path", None)
    with writing(engine) as connection:
        task_id = moves.record(connection, new_item(connection, media_path), now=values.get("created_at", NOW))
        assert task_id is not None
        connection.execute(
            sa.update(publishing_tasks).where(publishing_tasks.c.id == task_id).values(status=status.value, **values)
        )
    return task_id


def take(engine: sa.Engine, task_id: int, *, holder: str = "run-1", now: datetime = NOW) -> Claim:
    """Claim a task by hand."""
    with writing(engine) as connection:
        claim = claims.claim(connection, task_id, attempt=None, holder=holder, instance=None, now=now)
    assert claim is not None
    return claim


def prepare(connection: sa.Connection, claim: Claim, text: str = "cats", media_ids: tuple[str, ...] = ()) -> None:
    """Write down what a claim is about to send."""
    content = Content(text, text_key(text), media_ids, tuple(f"7_{id}" for id in media_ids))
    account = accounts.of_source(connection, tasks.get(connection, claim.task_id).content_source_id)
    attempts.prepare(connection, claim, content, account_id=account.id, now=NOW)


def queue(engine: sa.Engine, task_id: int, attempt: int = 1, *, instance: str = "here", now: datetime = NOW) -> None:
    """Queue a task as the sensor does."""
    with writing(engine) as connection:
        assert moves.queue(connection, task_id, attempt, instance=instance, now=now)


def carry_out(engine: sa.Engine, task_id: int, event: Event, *, now: datetime = NOW, **changes: Any) -> bool:
    """Make one move in a transaction of its own."""
    with writing(engine) as connection:
        return moves.move(connection, task_id, Move(event, f"{event} by a test", **changes), now=now) is not None


def read_task(engine: sa.Engine, task_id: int) -> Task:
    with reading(engine) as connection:
        return tasks.get(connection, task_id)


def read_lines(engine: sa.Engine, task_id: int) -> list[Line]:
    with reading(engine) as connection:
        return log.of_task(connection, task_id)
