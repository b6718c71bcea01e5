"""Which items a file of a project belongs to, known to the database or as a scan would find them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning.kinds import covers
from twitter_pipeline.scanning.one_folder import items_in
from twitter_pipeline.store import defaults, tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c


class ProjectFiles:
    """What is known of one project: its albums are read once, a folder is listed once."""

    def __init__(self, engine: sa.Engine, project: Project, now: datetime) -> None:
        self._engine = engine
        self._project = project
        self._now = now
        self._folders: dict[str, dict[str, list[NewItem]]] = {}

    def tasks_of(self, path: str) -> list[Task]:
        """The tasks that post the file, or the album or text known by this path."""
        with reading(self._engine) as connection:
            return tasks.read(
                connection,
                tasks.select(
                    sa.or_(
                        sa.and_(_tasks.content_source_id.in_(self._sources.values()), _tasks.media_path == path),
                        _tasks.id.in_(self._in_albums.get(path, ())),
                    )
                ),
            )

    def items_of(self, path: str, known: Collection[Task]) -> list[NewItem]:
        """What a scan would make of a file that is no task yet, in each source that takes it."""
        folder = str(PurePosixPath(path).parent)
        if folder not in self._folders:
            self._folders[folder] = self._list(folder)
        sources = {task.content_source_id for task in known}
        return [item for item in self._folders[folder].get(path, []) if item.content_source_id not in sources]

    @cached_property
    def _sources(self) -> dict[str, int]:
        with reading(self._engine) as connection:
            ids = defaults.source_ids(connection, self._project.id)
        return {source.key: ids[source.key] for source in self._project.sources}

    @cached_property
    def _in_albums(self) -> dict[str, list[int]]:
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(_tasks.id, _tasks.media_files).where(
                    _tasks.project_id == self._project.id, _tasks.media_files.is_not(None)
                )
            )
            found: dict[str, list[int]] = defaultdict(list)
            for row in rows:
                for file in row.media_files:
                    found[file].append(row.id)
        return found

    def _list(self, folder: str) -> dict[str, list[NewItem]]:
        found: dict[str, list[NewItem]] = defaultdict(list)
        for source in self._project.sources:
            if covers(source, folder):
                for item in self._items(source, folder):
                    for file in dict.fromkeys((*(item.media_files or ()), item.media_path)):
                        found[file].append(item)
        return found

    def _items(self, source: Source, folder: str) -> list[NewItem]:
        return items_in(self._engine, self._project, source, self._sources[source.key], folder, now=self._now)
