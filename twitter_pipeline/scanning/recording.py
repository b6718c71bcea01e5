"""Making tasks of media items, a batch in one transaction: each file once, whoever scans at the same time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.scanning import candidates
from twitter_pipeline.scanning.pairing import go_on
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import content_sources, publishing_tasks

#: Tasks looked at to find those whose files were moved. Files that are all alike (10,000 empty ones) would be compared
#: each with each; one that is missed becomes a task of its own, and its run finds out.
MOST_TWINS = 200

_tasks = publishing_tasks.c


def record(engine: sa.Engine, root: Path, source_id: int, items: Sequence[NewItem], *, now: datetime) -> list[NewItem]:
    """Record items of one source of the project at `root`; those that became new tasks.

    An item may be a task already: one that was skipped is judged anew, and one whose file was moved here follows it.
    """
    if not items:
        return []
    moved = _moved(engine, root, source_id, items)
    found: list[NewItem] = []
    with writing(engine) as connection:
        _one_at_a_time(connection, source_id)
        there = _rows(connection, source_id, _tasks.media_path.in_([item.media_path for item in items]))
        known = {row.media_path: row for row in there}
        # Another scan may have let them follow meanwhile.
        rows = _rows(connection, source_id, _tasks.id.in_(moved))
        followers = [row for row in rows if row.media_path == moved[row.id]]
        for item in items:
            if item.media_path in known:
                _judge_anew(connection, known[item.media_path], item, now)
            elif not _follow(connection, followers, item, now) and moves.record(connection, item, now=now) is not None:
                found.append(item)
        candidates.forget(connection, source_id, [item.media_path for item in items])
    return found


def _one_at_a_time(connection: sa.Connection, source_id: int) -> None:
    """Let other scans of the source wait. (On SQLite every writer waits anyway.)"""
    connection.execute(
        sa.select(content_sources.c.id)
        .where(content_sources.c.id == source_id)
        .with_for_update(key_share=True)  # rows that refer to it may still be written
    )


def _rows(connection: sa.Connection, source_id: int, which: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    columns = (_tasks.id, _tasks.media_path, _tasks.metadata_path, _tasks.status, _tasks.quick_fingerprint)
    query = sa.select(*columns).where(_tasks.content_source_id == source_id, which)
    return list(connection.execute(query.order_by(_tasks.id).limit(MOST_TWINS)))


def _moved(engine: sa.Engine, root: Path, source_id: int, items: Sequence[NewItem]) -> dict[int, str]:
    """The tasks (path by id) that have the content of one of the items, and whose own file is gone."""
    digests = {item.quick_fingerprint for item in items} - {None}
    with reading(engine) as connection:
        twins = _rows(connection, source_id, _tasks.quick_fingerprint.in_(digests))
    return {twin.id: twin.media_path for twin in twins if not os.path.lexists(root / twin.media_path)}


def _judge_anew(connection: sa.Connection, row: sa.Row[Any], item: NewItem, now: datetime) -> None:
    if row.status != Status.SKIPPED.value:
        return
    if item.skip_reason is not None:
        moves.skipped_again(connection, row.id, item, now=now)
        return
    values = {
        "metadata_path": item.metadata_path,
        "content_data": dict(item.content_data),
        "quick_fingerprint": item.quick_fingerprint,
        "media_bytes": item.media_bytes,
    }
    message = f"its file was changed; {item.message}"
    moves.move(connection, row.id, Move(Event.RETRY, message, not_before=item.not_before), now=now, values=values)


def _follow(connection: sa.Connection, followers: list[sa.Row[Any]], item: NewItem, now: datetime) -> bool:
    """Let the first task that may follow its file to where the item is do so."""
    for row in followers:
        if row.quick_fingerprint == item.quick_fingerprint and moves.follow(connection, row.id, item, now=now):
            followers.remove(row)
            status = Status(row.status)
            if status is Status.SKIPPED:
                go_on(connection, row.id, status, "its file was found again", now=now, values={})
            elif row.metadata_path is None and item.metadata_path is not None:
                go_on(connection, row.id, status, f"its metadata came: {item.metadata_path}", now=now, values={})
            return True
    return False
