"""Files seen that are no tasks yet: they may still be being written.

They are kept in the database, so that a person sees them and a restart does not begin anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import scan_candidates

_columns = scan_candidates.c


@dataclass(frozen=True)
class Seen:
    """A file as a scan saw it."""

    #: Relative to the project.
    path: str
    #: In bytes.
    size: int
    #: Nanoseconds since 1970, UTC.
    mtime_ns: int

    @property
    def looks(self) -> tuple[int, int]:
        """What must be the same in two looks. A modification time alone is no proof: copying keeps it."""
        return self.size, self.mtime_ns


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
            self._known = {row.media_path: ((row.size, row.mtime_ns), row.unchanged_since) for row in rows}
        self._looked_at: set[str] = set()

    def look(self, files: Sequence[Seen], *, stable_for: timedelta, now: datetime) -> list[Seen]:
        """Compare files with how they looked before; those unchanged for `stable_for`. The others are remembered."""
        self._looked_at.update(file.path for file in files)
        unchanged = {file for file in files if self._known.get(file.path, (None,))[0] == file.looks}
        self._remember([file for file in files if file not in unchanged], now)
        return [file for file in files if file in unchanged and now - self._known[file.path][1] >= stable_for]

    def forget_what_is_gone(self) -> None:
        """After a whole scan: files that were not there any more."""
        self.forget(self._known.keys() - self._looked_at)

    def forget(self, paths: Iterable[str]) -> None:
        """These are tasks now, or gone."""
        rows = [{"source": self._source_id, "path": path} for path in paths]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(
                    sa.delete(scan_candidates).where(
                        _columns.content_source_id == sa.bindparam("source"),
                        _columns.media_path == sa.bindparam("path"),
                    ),
                    rows,
                )

    def _remember(self, files: Sequence[Seen], now: datetime) -> None:
        if not files:
            return
        insert = postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert
        statement = insert(scan_candidates)
        looked = {"size": statement.excluded.size, "mtime_ns": statement.excluded.mtime_ns, "unchanged_since": now}
        with writing(self._engine) as connection:
            connection.execute(
                # Another scan (of the command line) may have seen it meanwhile.
                statement.on_conflict_do_update(index_elements=["content_source_id", "media_path"], set_=looked),
                [
                    {
                        "content_source_id": self._source_id,
                        "media_path": file.path,
                        "size": file.size,
                        "mtime_ns": file.mtime_ns,
                        "unchanged_since": now,
                    }
                    for file in files
                ],
            )
