"""Files seen that are no tasks yet: they may still be being written.

They are kept in the database, so that a person sees them and a restart does not begin anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import scan_candidates

_columns = scan_candidates.c

#: What the databases can keep; a broken clock or archive may give a file a time after the year 2262.
_LATEST_NS = 2**63 - 1


@dataclass(frozen=True)
class Seen:
    """A file as a scan saw it."""

    #: Relative to the project.
    path: str
    #: In bytes.
    size: int
    #: Nanoseconds since 1970, UTC.
    mtime_ns: int

    @classmethod
    def of(cls, path: str, size: int, mtime_ns: int) -> Seen:
        """With a time that can be kept."""
        return cls(path, size, max(-_LATEST_NS, min(mtime_ns, _LATEST_NS)))


class Candidates:
    """A source's candidates, read once a scan."""

    def __init__(self, engine: sa.Engine, source_id: int) -> None:
        self._engine = engine
        self._source_id = source_id
        with reading(engine) as connection:
            rows = connection.execute(
                sa.select(_columns.media_path, _columns.size, _columns.mtime_ns, _columns.unchanged_since).where(
                    _columns.content_source_id == source_id
                )
            )
            #: How each looked, and since when.
            self._known = {
                row.media_path: (Seen(row.media_path, row.size, row.mtime_ns), row.unchanged_since) for row in rows
            }
        self._looked_at: set[str] = set()

    def look(self, files: Sequence[Seen], *, began: datetime, ended: datetime, stable_for: timedelta) -> list[Seen]:
        """Compare files with how they looked before; those that have been the same for `stable_for`.

        `began` and `ended` (aware UTC) say when they were looked at. Size and time must both be the same: a
        modification time alone is no proof, since copying keeps it.
        """
        stable, changed = [], []
        for file in files:
            before, since = self._known.get(file.path, (None, ended))
            if before != file or since > began:  # the clock may have been set back
                changed.append(file)
            elif began - since >= stable_for:
                stable.append(file)
        self._looked_at.update(file.path for file in files)
        self._remember(changed, ended)
        return stable

    def forget_what_is_gone(self, begun_at: PurePosixPath, stopped_at: PurePosixPath | None) -> None:
        """After a walk from the folder `begun_at` to before `stopped_at` (None: to the end): files that were not there.

        Both are relative to the project.
        """
        gone = [
            path
            for path in self._known.keys() - self._looked_at
            if (folder := PurePosixPath(path).parent.parts) >= begun_at.parts
            and (stopped_at is None or folder < stopped_at.parts)
        ]
        if gone:
            with writing(self._engine) as connection:
                forget(connection, self._source_id, gone)

    def _remember(self, files: Sequence[Seen], now: datetime) -> None:
        if not files:
            return
        with writing(self._engine) as connection:
            statement = insert_into(connection, scan_candidates)
            looks = {name: statement.excluded[name] for name in ("size", "mtime_ns", "unchanged_since")}
            connection.execute(
                # Another scan (of the command line) may have seen it meanwhile.
                statement.on_conflict_do_update(index_elements=["content_source_id", "media_path"], set_=looks),
                [
                    {
                        "content_source_id": self._source_id,
                        "media_path": file.path,
                        "size": file.size,
                        "mtime_ns": file.mtime_ns,
                        "unchanged_since": now,
                    }
                    for file in sorted(files, key=lambda file: file.path)  # in one order: two scans must not deadlock
                ],
            )


def forget(connection: sa.Connection, source_id: int, paths: Collection[str]) -> None:
    """These are tasks now, or gone."""
    if not paths:
        return
    connection.execute(
        sa.delete(scan_candidates).where(
            _columns.content_source_id == source_id, _columns.media_path == sa.bindparam("path")
        ),
        [{"path": path} for path in sorted(paths)],  # in one order: two scans must not deadlock
    )


def forget_sources(engine: sa.Engine, source_ids: Collection[int]) -> None:
    """These sources are no longer looked at."""
    with writing(engine) as connection:
        connection.execute(sa.delete(scan_candidates).where(_columns.content_source_id.in_(source_ids)))
