"""`after_post: move FOLDER`: a posted item's files go there, with its own sidecar.

The plan is a line of the item's log before anything is moved, so that what dies is finished by the next tick. Nothing
is written over, and at no moment is a file in neither place.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings, Source
from twitter_pipeline.publishing import drafting
from twitter_pipeline.publishing.relocating import free_names, is_same, relocate
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.scanning import texts
from twitter_pipeline.scanning.fingerprint import quick, together
from twitter_pipeline.store import defaults, moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_log, publishing_tasks
from twitter_pipeline.store.tasks import Task

#: Items a tick, and seconds after which no further one is begun.
MOST_ITEMS, MOST_SECONDS = 20, 5.0
#: After a move that failed, and while another source has yet to post the file.
AFTER_FAILURE, WHILE_NEEDED = timedelta(hours=1), timedelta(minutes=5)

#: In these nobody will post the files any more.
_DONE_WITH = (Status.COMPLETED.value, Status.SKIPPED.value, Status.CANCELLED.value)

_tasks = publishing_tasks.c


def due(project: Project, *, now: datetime) -> list[sa.ColumnElement[bool]]:
    """Which posted tasks of the project have files to be moved now."""
    return [
        _tasks.project_id == project.id,
        # Word for word as in their index, of which SQLite makes no use otherwise.
        sa.literal_column("publishing_tasks.status = 'completed' AND publishing_tasks.moved_at IS NULL"),
        sa.or_(_tasks.move_after.is_(None), _tasks.move_after <= now),
        sa.or_(_tasks.registered_in.is_not(None), _tasks.updated_at < now - RUNS_OWN),
    ]


def tidy(engine: sa.Engine, settings: Settings, project: Project, *, now: datetime) -> list[str]:
    """Move the files of up to `MOST_ITEMS` posted items; what went wrong for the first time, for people.

    Costs nothing where files are kept. Never raises for what is on the disk.
    """
    folder = project.posted_folder
    if folder is None or not wants(project):
        return []
    is_due = due(project, now=now)
    with reading(engine) as connection:
        found = list(connection.scalars(sa.select(_tasks.id).where(*is_due).order_by(_tasks.id).limit(MOST_ITEMS)))
    told: list[str] = []
    until = time.monotonic() + MOST_SECONDS
    for task_id in found:
        with reading(engine) as connection:
            still_due = tasks.read(connection, tasks.select(_tasks.id == task_id, *is_due))
        # None where it has followed another one.
        told += filter(None, (_Tidying(engine, settings, task, folder, now).run() for task in still_due))
        if time.monotonic() > until:
            break
    return told


def wants(project: Project) -> bool:
    """Whether the project's files are moved, and can be."""
    return project.posted_folder is not None and _is_there(project.path)


def _is_there(folder: Path) -> bool:
    """Whether there is something in the folder: an empty mount point is no deletion."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


class _Tidying:
    """The files of one posted item on their way."""

    def __init__(self, engine: sa.Engine, settings: Settings, task: Task, folder: str, now: datetime) -> None:
        self._engine = engine
        self._item = Item(engine, settings, task)
        self._task = task
        self._root = self._item.project.path
        self._folder = folder
        self._now = now

    def run(self) -> str | None:
        try:
            return self._run()
        except OSError as error:
            return self._failed(f"{error.strerror}" if error.strerror else str(error))

    def _run(self) -> str | None:
        plan = self._begun()
        if plan is None:
            if (why := self._why_not()) is not None:
                self._end({}, why)
                return None
            if self._is_needed():
                self._later(self._now + WHILE_NEEDED)
                return None
            plan = self._plan()
            if plan:
                self._note("moving", f"its files are moved after the post: {', '.join(plan.values())}", plan)
        for old, new in plan.items():
            relocate(self._root / old, self._root / new)
        self._end(plan, None)
        return None

    def _begun(self) -> dict[str, str] | None:
        """The plan that a tick began and did not end, where nothing has come in its way since."""
        log = publishing_log.c
        query = sa.select(log.details).where(log.task_id == self._task.id, log.action == "moving")
        with reading(self._engine) as connection:
            details = connection.scalar(query.order_by(log.id.desc()).limit(1))
        plan: dict[str, str] | None = details
        if plan is None:
            return None
        places = [(self._root / old, self._root / new) for old, new in plan.items()]
        # Where nothing was moved yet, what is there now is looked at anew.
        return plan if any(not os.path.lexists(old) or is_same(old, new) for old, new in places) else None

    def _why_not(self) -> str | None:
        """Why the files stay where they are, for good."""
        files = self._files()
        gone = [file for file in files if not os.path.lexists(self._root / file)]
        if gone:
            if not _is_there(self._root / self._source_path()):
                raise OSError(f"{self._source_path()} is empty or not there; is its disk mounted?")
            return f"{gone[0]} is gone by itself"
        if not files:
            return "it has no file of its own"
        if links := [file for file in files if (self._root / file).is_symlink()]:
            return f"{links[0]} is a link, and stays"
        return None if self._is_what_was_posted(files) else f"{files[0]} is another file since its post, and stays"

    def _files(self) -> list[str]:
        """What holds the item alone, its sidecar aside."""
        if self._task.files:
            return list(self._task.files)
        source = self._source()
        is_own = (
            source is not None
            and source.type == "text"
            and texts.file_of(self._task.media_path) == (self._task.media_path)
        )
        return [self._task.media_path] if is_own else []

    def _source_path(self) -> str:
        source = self._source()
        return "." if source is None else source.path

    def _source(self) -> Source | None:
        try:
            return self._item.source()
        except Ended:
            return None

    def _is_what_was_posted(self, files: list[str]) -> bool:
        paths = [self._root / file for file in files]
        posted = self._task.content_data.get("media") or []
        if isinstance(posted, list) and len(posted) == len(paths):
            sizes = [medium.get("bytes") for medium in posted]
            if sizes != [path.stat().st_size for path in paths]:
                return False
        if together([quick(path).digest for path in paths]) == self._task.quick_fingerprint:
            return True
        if not self._task.files:
            return False
        # It was changed between the scan and its post: only the whole of it tells.
        try:
            return drafting.content_identity(self._item, paths) == self._task.content_hash
        except Ended:
            return False  # its source is no longer in config.yaml

    def _sharing(self, connection: sa.Connection, files: Iterable[str]) -> list[Task]:
        """The project's other tasks over one of the files."""
        wanted = set(files)
        ours = list(defaults.source_ids(connection, self._task.project_id).values())
        if len(ours) < 2:
            return []
        by_path = tasks.select(_tasks.content_source_id.in_(ours), _tasks.media_path.in_(wanted))
        albums = tasks.select(
            _tasks.project_id == self._task.project_id,
            _tasks.media_files.is_not(None),
            sa.or_(_tasks.status.not_in(_DONE_WITH), *[sa.and_(*due(self._item.project, now=self._now))]),
        )
        found = {task.id: task for query in (by_path, albums) for task in tasks.read(connection, query)}
        found.pop(self._task.id, None)
        return [task for task in found.values() if wanted & {*task.files, task.media_path}]

    def _is_needed(self) -> bool:
        """Whether another source has yet to post one of the files."""
        with reading(self._engine) as connection:
            return any(task.status.value not in _DONE_WITH for task in self._sharing(connection, self._files()))

    def _plan(self) -> dict[str, str]:
        """Where each file goes: below the folder as it lay below its source; a name that is taken gets a number."""
        files = self._files()
        sidecar = self._own_sidecar(files)
        olds = [*files, *([] if sidecar is None else [sidecar]), *self._captions(files)]
        source = self._source()
        roots = [] if source is None else [source.path, *([source.metadata] if source.metadata else [])]
        wanted = [PurePosixPath(self._folder, _below(old, roots)) for old in olds]
        stem = PurePosixPath(files[0]).stem if len(files) == 1 else None

        def is_free(names: list[str]) -> bool:
            with reading(self._engine) as connection:
                ours = list(defaults.source_ids(connection, self._task.project_id).values())
                held = sa.select(_tasks.id).where(_tasks.content_source_id.in_(ours), _tasks.media_path.in_(names))
                if connection.execute(held.limit(1)).first() is not None:
                    return False
            return not any(os.path.lexists(self._root / name) for name in names)

        return dict(zip(olds, free_names([str(path) for path in wanted], stem, is_free), strict=True))

    def _own_sidecar(self, files: list[str]) -> str | None:
        """The sidecar it was posted with, where that belongs to it alone."""
        from twitter_pipeline.scanning.pairing import find
        from twitter_pipeline.scanning.sidecars import Sidecar, finder_for

        source, path = self._source(), self._task.metadata_path
        if source is None or path is None or path in files:
            return None
        found = find(finder_for(self._item.project, source), source, self._task.media_path, self._task.files)
        if not isinstance(found, Sidecar) or found.entry is not None or found.path != self._root / path:
            return None
        with reading(self._engine) as connection:
            waiting = sa.select(_tasks.id).where(
                _tasks.project_id == self._task.project_id,
                _tasks.status.not_in(_DONE_WITH),
                _tasks.metadata_path == path,
            )
            return None if connection.execute(waiting.limit(1)).first() else path

    def _captions(self, files: list[str]) -> list[str]:
        """The captions beside a video, those that did not go out with it too."""
        from twitter_pipeline.scanning.captions import beside
        from twitter_pipeline.scanning.kinds import SUFFIXES
        from twitter_pipeline.scanning.names import is_utf8
        from twitter_pipeline.scanning.sidecars import finder_for

        source = self._source()
        if source is None or source.type != "video" or not source.captions or len(files) != 1:
            return []
        video = PurePosixPath(files[0])
        others = [video.with_suffix(suffix) for suffix in SUFFIXES["video"] if suffix != video.suffix.lower()]
        if any(os.path.lexists(self._root / other) for other in others):
            return []  # they are another video's, too
        listing = finder_for(self._item.project, source).listing(self._root / video.parent)
        found = beside(listing, video.name, source.language)
        own = [one for one in found if is_utf8(one.name) and one.entry.is_file(follow_symlinks=False)]
        return [str(video.with_name(one.name)) for one in own]

    def _end(self, plan: Mapping[str, str], why_not: str | None) -> None:
        """Let the task, and others that were posted of the same files, follow them."""
        with writing(self._engine) as connection:
            followers = [task for task in self._sharing(connection, plan) if task.status is Status.COMPLETED]
            for task in (self._task, *followers):
                media_files = None if task.media_files is None else [plan.get(name, name) for name in task.media_files]
                connection.execute(
                    sa.update(publishing_tasks)
                    .where(_tasks.id == task.id, _tasks.moved_at.is_(None))
                    .values(
                        media_path=plan.get(task.media_path, task.media_path),
                        media_files=media_files,
                        metadata_path=plan.get(task.metadata_path or "", task.metadata_path),
                        moved_at=self._now,
                    )
                )
            if why_not is not None and self._files():
                self._write(connection, "not_moved", f"not moved after the post: {why_not}", {})

    def _failed(self, why: str) -> str | None:
        """Try again much later; the reason, where it is a new one."""
        log = publishing_log.c
        message = f"its files could not be moved to {self._folder}: {why}; trying again every hour"
        told = sa.select(log.id).where(log.task_id == self._task.id, log.message == message)
        with writing(self._engine) as connection:
            is_new = connection.execute(told.limit(1)).first() is None
            if is_new:
                self._write(connection, "not_moved", message, {})
        self._later(self._now + AFTER_FAILURE)
        return f"{self._task.media_path}: {message}" if is_new else None

    def _later(self, when: datetime) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.update(publishing_tasks).where(_tasks.id == self._task.id).values(move_after=when))

    def _note(self, action: str, message: str, details: Mapping[str, str]) -> None:
        with writing(self._engine) as connection:
            self._write(connection, action, message, details)

    def _write(self, connection: sa.Connection, action: str, message: str, details: Mapping[str, str]) -> None:
        moves.note(connection, self._task.id, action, Status.COMPLETED, message, now=self._now, details=details)


def _below(path: str, roots: Iterable[str]) -> PurePosixPath:
    """`path` relative to the first of `roots` that holds it."""
    pure = PurePosixPath(path)
    for root in roots:
        if pure.is_relative_to(root):
            return pure.relative_to(root)
    return pure
