"""What the database knows of a source's files, read anew by each scan.

100,000 paths take a twentieth of a second. Kept in memory they would go stale as soon as another process lets a task
follow its file to a new name: a new file under the old one would never be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

#: What no path holds.
_NO_PATH = "//"

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Known:
    """The files of a source that are tasks."""

    #: All of them; relative to the project.
    paths: set[str]
    #: Of those skipped: the size in bytes (None: it was refused unseen), and since when it is skipped (aware UTC).
    skipped: dict[str, tuple[int | None, datetime]]

    def was_mended(self, file: Seen, now: datetime) -> bool:
        """Whether a skipped file is another one since: it is worth judging anew.

        A time in the future is no sign of that: it would be one for ever.
        """
        size, since = self.skipped[file.path]
        return file.size != size or since.timestamp() < file.mtime_ns / 1e9 <= now.timestamp()


def read(engine: sa.Engine, project_id: str, source_id: int) -> Known:
    """What is known of the files of a project's source."""
    of_source = _tasks.content_source_id == source_id
    skipped = sa.select(_tasks.media_path, _tasks.media_bytes, _tasks.updated_at).where(
        # By the project, too: of an index over it and the status, few rows are read.
        *(_tasks.project_id == project_id, _tasks.status == Status.SKIPPED.value, of_source)
    )
    # As one text: a row for each would take three times as long.
    paths = sa.select(sa.func.aggregate_strings(_tasks.media_path, _NO_PATH)).where(of_source)
    with reading(engine) as connection:
        joined = connection.scalar(paths)
        return Known(
            paths=set(joined.split(_NO_PATH)) if joined is not None else set(),
            skipped={row.media_path: (row.media_bytes, row.updated_at) for row in connection.execute(skipped)},
        )
