"""Making tasks of media items, a batch in one transaction: each file once, whoever scans at the same time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.scanning import candidates, texts
from twitter_pipeline.scanning.known import OPEN
from twitter_pipeline.scanning.pairing import go_on
from twitter_pipeline.scanning.reasons import LATE
from twitter_pipeline.store import changes, moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import content_sources, publishing_tasks

#: Tasks looked at to find those whose files were moved. Files that are all alike (10,000 empty ones) would be compared
#: each with each; one that is missed becomes a task of its own, and its run finds out.
MOST_TWINS = 200

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Found:
    """Items that are recorded together."""

    items: tuple[NewItem, ...]
    #: As the candidates know it: it is none any more.
    seen: str | None = None
    #: The albums it was judged by: their pictures by their keys, of those that could change. Where these are not as
    #: they were any more (a run took one, another scan was here), nothing is recorded: the next scan judges again.
    judged_by: Mapping[str, tuple[str, ...]] | None = None


def record(engine: sa.Engine, root: Path, source_id: int, found: Sequence[Found], *, now: datetime) -> list[NewItem]:
    """Record what was found in one source of the project at `root`; the items that became new tasks.

    An item may be a task already: one that was skipped is judged anew, one whose file was moved here follows it, and a
    pending album gets its pictures.
    """
    items = [item for one in found for item in one.items]
    if not items:
        return []
    moved = _moved(engine, root, source_id, items)
    made: list[NewItem] = []
    with writing(engine) as connection:
        _one_at_a_time(connection, source_id)
        keys = {item.media_path for item in items}.union(*(one.judged_by or () for one in found))
        known = {row.media_path: row for row in _rows(connection, source_id, _tasks.media_path.in_(keys))}
        # Another scan may have let them follow meanwhile.
        rows = _rows(connection, source_id, _tasks.id.in_(moved))
        followers = [row for row in rows if row.media_path == moved[row.id]]
        found = [one for one in found if _still_holds(one, known)]
        for item in [item for one in found for item in one.items]:
            if item.media_path in known:
                _judge_anew(connection, known[item.media_path], item, now)
            elif not _follow(connection, followers, item, now) and moves.record(connection, item, now=now) is not None:
                made.append(item)
        candidates.forget(connection, source_id, [one.seen for one in found if one.seen is not None])
    return made


def _still_holds(found: Found, known: Mapping[str, sa.Row[Any]]) -> bool:
    judged_by = found.judged_by
    if judged_by is None:
        return True
    if any(item.media_path in known for item in found.items if item.media_path not in judged_by):
        return False
    rows = [(known.get(key), files) for key, files in judged_by.items()]
    return all(row is not None and row.status in OPEN and tuple(row.media_files) == files for row, files in rows)


def _one_at_a_time(connection: sa.Connection, source_id: int) -> None:
    """Let other scans of the source wait. (On SQLite every writer waits anyway.)"""
    connection.execute(
        sa.select(content_sources.c.id)
        .where(content_sources.c.id == source_id)
        .with_for_update(key_share=True)  # rows that refer to it may still be written
    )


def _rows(
    connection: sa.Connection, source_id: int, which: sa.ColumnElement[bool], most: int | None = None
) -> list[sa.Row[Any]]:
    paths = (_tasks.media_path, _tasks.media_files, _tasks.metadata_path)
    state = (_tasks.status, _tasks.error_message, _tasks.quick_fingerprint)
    query = sa.select(_tasks.id, *paths, *state).where(_tasks.content_source_id == source_id, which)
    return list(connection.execute(query.order_by(_tasks.id).limit(most)))


def _moved(engine: sa.Engine, root: Path, source_id: int, items: Sequence[NewItem]) -> dict[int, str]:
    """The tasks (path by id) that have the content of one of the items, and whose own file is gone."""
    digests = {item.quick_fingerprint for item in items} - {None}
    with reading(engine) as connection:
        twins = _rows(connection, source_id, _tasks.quick_fingerprint.in_(digests), MOST_TWINS)
    return {twin.id: twin.media_path for twin in twins if _is_gone(root, twin)}


def _is_gone(root: Path, row: sa.Row[Any]) -> bool:
    files = row.media_files or [row.media_path if row.media_files is None else texts.file_of(row.media_path)]
    return not any(os.path.lexists(root / file) for file in files)


def _judge_anew(connection: sa.Connection, row: sa.Row[Any], item: NewItem, now: datetime) -> None:
    if row.status != Status.SKIPPED.value:
        if item.media_files is not None and item.files_as_json != row.media_files:
            changes.regroup(connection, row.id, item, now=now)
        return
    if item.skip_reason is not None:
        moves.skipped_again(connection, row.id, item, now=now)
        return
    values = {
        "metadata_path": item.metadata_path,
        "content_data": dict(item.content_data),
        "quick_fingerprint": item.quick_fingerprint,
        "media_bytes": item.media_bytes,
        "media_files": item.files_as_json,
    }
    message = f"its file was changed; {item.message}"
    moves.no_longer_skipped(connection, row.id, message, not_before=item.not_before, now=now, values=values)


def _follow(connection: sa.Connection, followers: list[sa.Row[Any]], item: NewItem, now: datetime) -> bool:
    """Let the first task that may follow its file to where the item is do so."""
    for row in followers:
        if row.quick_fingerprint == item.quick_fingerprint and changes.follow(connection, row.id, item, now=now):
            followers.remove(row)
            status = Status(row.status)
            if status is Status.SKIPPED and (row.error_message or "").startswith(LATE):
                pass  # it is as late wherever it lies
            elif status is Status.SKIPPED:
                go_on(connection, row.id, status, "its file was found again", now=now, values={})
            elif row.metadata_path is None and item.metadata_path is not None:
                go_on(connection, row.id, status, f"its metadata came: {item.metadata_path}", now=now, values={})
            return True
    return False
