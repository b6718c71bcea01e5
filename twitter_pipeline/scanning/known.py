"""What the database knows of a source's files, read anew by each scan.

100,000 paths take a twentieth of a second. Kept in memory they would go stale as soon as another process lets a task
follow its file to a new name: a new file under the old one would never be found.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.reasons import IGNORED, LATE, REPEAT_REMEDY
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import content_sources, projects, publishing_tasks, scan_candidates

#: What no path holds.
_NO_PATH = "//"
#: Skipped files that one scan looks at again, about; of an archive of 10,000 that is ignored each has its turn.
SKIPPED_A_SCAN = 1_000
#: In these, an album's pictures may still change: nobody works on it, and it was not posted.
OPEN = (Status.PENDING.value, Status.SKIPPED.value)

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Skipped:
    """A file that was skipped."""

    #: In bytes; None: it was refused unseen.
    size: int | None
    #: Aware UTC.
    since: datetime
    reason: str


@dataclass(frozen=True)
class OpenAlbum:
    """An album whose pictures may still change."""

    key: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """The files of a source that are tasks."""

    #: What all of them are known by, a file or an album's key; relative to the project.
    paths: set[str]
    #: Those of the skipped ones whose turn it is to be looked at again.
    skipped: dict[str, Skipped]
    #: The pictures of albums that can change no more.
    album_files: set[str] = field(default_factory=set)
    open_albums: list[OpenAlbum] = field(default_factory=list)
    #: Pictures that a source of the other type has posted as the same account, by themselves or in an album.
    posted_elsewhere: set[str] = field(default_factory=set)

    def was_mended(self, file: Seen, now: datetime, *, is_ignored: bool, repeats: bool) -> bool:
        """Whether a skipped file is worth judging anew: it is another one since, or a setting lets it go by now.

        A time in the future is no sign of that: it would be one for ever. `is_ignored`: it is older than the project
        wants; `repeats`: its source posts what another one has.
        """
        skipped = self.skipped[file.path]
        if skipped.reason.startswith(IGNORED):
            return not is_ignored
        if repeats and skipped.reason.endswith(REPEAT_REMEDY):
            return True
        if skipped.reason.startswith(LATE):  # a copy of it is as late, whatever time it has
            return file.size != skipped.size
        return file.size != skipped.size or skipped.since.timestamp() < file.mtime_ns / 1e9 <= now.timestamp()


def read(
    engine: sa.Engine,
    project_id: str,
    source_id: int,
    *,
    now: datetime,
    albums: bool = False,
    others_count: bool = False,
) -> Known:
    """What is known of the files of a project's source. `now` (aware UTC) says which skipped ones have their turn.

    `albums`: whether pictures go out together there. `others_count`: whether pictures are to be left alone that were
    posted in an album and are alone here, or the other way round, as when a source becomes one of the other type.
    """
    of_source = _tasks.content_source_id == source_id
    # By the project, too: of an index over it and the status, few rows are read.
    is_skipped = (_tasks.project_id == project_id, _tasks.status == Status.SKIPPED.value, of_source)
    # As one text: a row for each would take three times as long.
    paths = sa.select(sa.func.aggregate_strings(_tasks.media_path, _NO_PATH)).where(of_source)
    with reading(engine) as connection:
        joined = connection.scalar(paths)
        count = connection.scalar(sa.select(sa.func.count()).where(*is_skipped)) or 0
        columns = (_tasks.media_path, _tasks.media_bytes, _tasks.updated_at, _tasks.error_message)
        # A thread that is on X in part is of the file as it was, whatever lies there now.
        may_go_on = (*is_skipped, _has_its_turn(count, source_id, now), sa.not_(tasks.IS_BEGUN))
        rows = connection.execute(sa.select(*columns).where(*may_go_on))
        return Known(
            paths=set(joined.split(_NO_PATH)) if joined is not None else set(),
            skipped={row.media_path: Skipped(row.media_bytes, row.updated_at, row.error_message or "") for row in rows},
            album_files=_album_files(connection, of_source) if albums else set(),
            open_albums=_open_albums(connection, project_id, of_source) if albums else [],
            posted_elsewhere=_posted_elsewhere(connection, project_id, source_id) if others_count else set(),
        )


def _posted_elsewhere(connection: sa.Connection, project_id: str, source_id: int) -> set[str]:
    account = sa.func.coalesce(content_sources.c.api_key_id, projects.c.api_key_id)
    sources = sa.select(content_sources.c.id, content_sources.c.source_type, account.label("account")).join(projects)
    of_project = {row.id: row for row in connection.execute(sources.where(projects.c.id == project_id))}
    mine = of_project[source_id]
    ids = [
        row.id
        for row in of_project.values()
        # Within a type the content tells: the second is a task that says so.
        if {row.source_type, mine.source_type} == {"image", "album"} and row.account == mine.account
    ]
    if not ids:
        return set()
    of_others = _tasks.content_source_id.in_(ids)
    alone = sa.select(sa.func.aggregate_strings(_tasks.media_path, _NO_PATH)).where(
        of_others, _tasks.media_files.is_(None), sa.or_(_tasks.status.not_in(OPEN), tasks.IS_BEGUN)
    )
    joined = connection.scalar(alone)
    return _album_files(connection, of_others).union(joined.split(_NO_PATH) if joined is not None else ())


def _album_files(connection: sa.Connection, of_source: sa.ColumnElement[bool]) -> set[str]:
    files = sa.cast(_tasks.media_files, sa.Text)
    joined = connection.scalar(
        sa.select(sa.func.aggregate_strings(files, ",")).where(
            of_source, _tasks.media_files.is_not(None), sa.or_(_tasks.status.not_in(OPEN), tasks.IS_BEGUN)
        )
    )
    return set().union(*json.loads(f"[{joined}]")) if joined is not None else set()


def _open_albums(connection: sa.Connection, project_id: str, of_source: sa.ColumnElement[bool]) -> list[OpenAlbum]:
    rows = connection.execute(
        sa.select(_tasks.media_path, _tasks.media_files)
        .where(_tasks.project_id == project_id, _tasks.status.in_(OPEN), of_source, _tasks.media_files.is_not(None))
        .where(sa.not_(tasks.IS_BEGUN))
        .order_by(_tasks.id)
    )
    return [OpenAlbum(row.media_path, tuple(row.media_files)) for row in rows]


def _has_its_turn(count: int, source_id: int, now: datetime) -> sa.ColumnElement[bool]:
    """Which of `count` skipped files are looked at: all of few, else those a number drawn from the time falls on."""
    turns = -(-count // SKIPPED_A_SCAN)
    if turns <= 1:
        return sa.true()
    # Not the time itself: ticks at even distances would let some numbers out for ever.
    turn = zlib.crc32(now.isoformat().encode()) % turns
    begun = sa.select(scan_candidates.c.media_path).where(scan_candidates.c.content_source_id == source_id)
    # What is being looked at twice has its turn again: a file, numbered pictures, or those of a folder.
    return sa.or_(_tasks.id % turns == turn, _tasks.media_path.in_(begun), (_tasks.media_path + "/*").in_(begun))
