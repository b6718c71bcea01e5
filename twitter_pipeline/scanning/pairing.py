"""Pairing media with their metadata, also with metadata that comes later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config import Source
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import words_of
from twitter_pipeline.scanning import texts
from twitter_pipeline.scanning.grouping import MOST_PICTURES, group_of, part_of
from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar
from twitter_pipeline.store import changes, moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

_tasks = publishing_tasks.c


#: A name's end that no file has: what is looked for is called after an album.
_ALBUM = ".album"


def find(finder: Finder, source: Source, key: str, files: Sequence[str]) -> Sidecar | Problem | None:
    """The metadata of an item of `source`, by its key (`media_path`) and files; all relative to the project.

    None when there is none yet; a Problem when there may be some that cannot be read. Raises OSError when the file of
    a text cannot be read.
    """
    if source.type == "text":
        return texts.find(finder, key)
    if source.type != "album":
        return finder.find(key)
    album, part = part_of(key, files)
    found = _of_album(finder, album, files)
    if part == 1 or not isinstance(found, Sidecar):
        return found
    return replace(found, metadata=_further_part(found.metadata, part))


def _of_album(finder: Finder, album: str, files: Sequence[str]) -> Sidecar | Problem | None:
    for path, only_beside in album_names(album, files):
        if (found := finder.find(path, only_beside=only_beside)) is not None:
            return found
    return None


def album_names(album: str, files: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """What an album's metadata is looked for as, in this order, and whether only in the folder of that."""
    folder, _, name = files[0].rpartition("/")
    if album == folder:
        yield f"{folder}/album{_ALBUM}", True
        yield f"{folder}/{folder.rpartition('/')[2]}{_ALBUM}", True
        yield f"{folder}{_ALBUM}", False
        return
    group = group_of(name)
    if group is not None:
        yield (f"{folder}/{group}" if folder else group) + _ALBUM, False
    yield files[0], False


def _further_part(metadata: Metadata, part: int) -> Metadata:
    """The words of a post that goes on with an album: X refuses the same words twice."""
    skipped = MOST_PICTURES * (part - 1)
    alt_texts = metadata.alt_texts[skipped:]
    metadata = replace(metadata, alt_text=alt_texts[0] if alt_texts else "", alt_texts=alt_texts)
    if metadata.title:
        return replace(metadata, title=f"{metadata.title} ({part})")
    return replace(metadata, description=f"{metadata.description} ({part})")


def words_without(source: Source, key: str, files: Sequence[str]) -> str:
    """What an item without metadata is posted with: the words of its file's name, or an album's."""
    if source.type != "album" or files == (key,):
        return words_of(key.rpartition("/")[2])
    album, part = part_of(key, files)
    words = words_of(f"{album.rpartition('/')[2].removesuffix('_*')}{_ALBUM}")
    return words if part == 1 else f"{words} ({part})"


@dataclass(frozen=True)
class NoWords:
    """Why an item cannot be posted as it is, for people."""

    why: str
    #: Whether its metadata says so itself: it is skipped at once, and goes on when that changes.
    refuses: bool = False


def pair(finder: Finder, source: Source, key: str, files: Sequence[str]) -> Sidecar | NoWords:
    """The metadata of an item, or why there is none that it can be posted with."""
    try:
        found = find(finder, source, key, files)
    except OSError as error:
        return NoWords(f"it cannot be read: {error.strerror}")
    if found is None:
        return NoWords("no metadata yet")
    if isinstance(found, Problem):
        return NoWords(found.message, found.refuses)
    if not found.metadata.has_words:
        return NoWords(f"{path_of(finder, found)}: there is neither a title nor a description for it")
    return found


def path_of(finder: Finder, sidecar: Sidecar) -> str:
    """Where a sidecar lies, relative to the project."""
    return sidecar.path.relative_to(finder.project_root).as_posix()


def look_again(
    engine: sa.Engine, project_id: str, source_id: int, source: Source, finder: Finder, *, now: datetime
) -> None:
    """Let the tasks of a project's source that wait for metadata, or were skipped without any, go on once it is there.

    Once each: they have a `metadata_path` then.
    """
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(_tasks.id, _tasks.media_path, _tasks.media_files, _tasks.status).where(
                # By the project, too: of an index over it and the status, few rows are read.
                _tasks.project_id == project_id,
                _tasks.status.in_([Status.PENDING.value, Status.SKIPPED.value]),
                _tasks.content_source_id == source_id,
                _tasks.metadata_path.is_(None),
                sa.not_(tasks.IS_BEGUN),
                # What the scan refused unseen: no metadata can change that.
                sa.not_(sa.and_(_tasks.status == Status.SKIPPED.value, _tasks.quick_fingerprint.is_(None))),
            )
        ).all()
    paired = [(row, pair(finder, source, row.media_path, row.media_files or (row.media_path,))) for row in rows]
    came = [(row, sidecar) for row, sidecar in paired if isinstance(sidecar, Sidecar)]
    if not came:
        return
    with writing(engine) as connection:
        for row, sidecar in came:
            path = path_of(finder, sidecar)
            values = {"metadata_path": path, "content_data": {"title": sidecar.metadata.title}}
            go_on(connection, row.id, Status(row.status), f"its metadata came: {path}", now=now, values=values)


def go_on(
    connection: sa.Connection, task_id: int, status: Status, message: str, *, now: datetime, values: Mapping[str, Any]
) -> None:
    """Let a task that waits or was skipped go out from now on; nothing when it is in another state by now."""
    if status is Status.SKIPPED:
        moves.no_longer_skipped(connection, task_id, message, not_before=now, now=now, values=values)
    else:
        changes.hasten(connection, task_id, message, now=now, values=values)
