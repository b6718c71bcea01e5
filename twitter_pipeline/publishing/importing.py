"""What was posted before, elsewhere: its items are completed, so that nothing posts them again."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.clock import in_utc
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import contents
from twitter_pipeline.publishing.drafts import ELSEWHERE
from twitter_pipeline.publishing.posted_list import Entry, Wrong
from twitter_pipeline.publishing.project_files import ProjectFiles
from twitter_pipeline.publishing.session import Item
from twitter_pipeline.scanning.names import is_utf8
from twitter_pipeline.store import attempts, moves, tasks
from twitter_pipeline.store.attempts import AttemptState, Made
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import TRANSITIONS, Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: Why an item is there that was recorded only to be imported.
_RECORDED = "posted before, elsewhere"

_tasks = publishing_tasks.c


@dataclass
class Report:
    """What became of a list: numbers of items, but for `wrong`."""

    imported: int = 0
    #: Those of them whose post is known.
    linked: int = 0
    #: Completed before.
    already: int = 0
    #: What could not be imported, in the order of the list.
    wrong: list[Wrong] = field(default_factory=list)


class Importer:
    """Imports the entries of one list."""

    def __init__(
        self,
        engine: sa.Engine,
        settings: Settings,
        projects: Sequence[Project],
        *,
        now: datetime,
        actor: str | None = None,
        dry_run: bool = False,
        on_bytes: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`on_bytes` is told how many bytes were read since it was told last: hashing films takes its time."""
        self._engine = engine
        self._actor = actor
        self._settings = settings
        self._projects = projects
        self._now = now
        self._dry_run = dry_run
        self._on_bytes = on_bytes
        self._of_project: dict[str, ProjectFiles] = {}
        self.report = Report()

    def run(self, entries: Iterable[Entry | Wrong]) -> Report:
        """Import them; each item by itself, so that what is done stays done when it is stopped."""
        seen: set[int | tuple[str, int, str]] = set()
        for entry in entries:
            wrong = entry if isinstance(entry, Wrong) else self._import(entry, seen)
            if wrong is not None:
                self.report.wrong.append(wrong)
        return self.report

    def _import(self, entry: Entry, seen: set[int | tuple[str, int, str]]) -> Wrong | None:
        try:
            project, path = self._locate(entry.file)
        except LookupError as error:
            return Wrong(entry.line, str(error.args[0]))
        of_project = self._of_project.setdefault(project.id, ProjectFiles(self._engine, project, self._now))
        known = of_project.tasks_of(path)
        new = of_project.items_of(path, known)
        if not known and not new:
            return Wrong(entry.line, f"{entry.file}: no source of project {project.id} takes it")
        for task in known:
            if task.id in seen:
                continue  # another picture of the same album
            seen.add(task.id)
            if (wrong := self._complete(entry, project, task)) is not None:
                return wrong
        for item in new:
            key = (item.project_id, item.content_source_id, item.media_path)
            if key not in seen:
                seen.add(key)
                self._record(entry, project, item)
        return None

    def _locate(self, file: str) -> tuple[Project, str]:
        """The project of a file and its path in it. Raises LookupError with the reason, for people."""
        found = [
            (project, path)
            for project in self._projects
            for path in [self._path_in(project, file)]
            if path is not None and (self._is_there(project, path) or self._is_known(project, path))
        ]
        if not found:
            where = ", ".join(str(project.path) for project in self._projects)
            raise LookupError(f"{file}: there is no such file in {where}")
        if len(found) > 1:
            ids = " and ".join(project.id for project, _ in found)
            raise LookupError(f"{file}: it is in the projects {ids}; name one with --project")
        return found[0]

    def _path_in(self, project: Project, file: str) -> str | None:
        """The path relative to the project, as the file is called on the disk; None when it lies elsewhere."""
        if "\0" in file or not is_utf8(file):
            return None  # no name at all
        path = Path(os.path.expanduser(file))  # noqa: PTH111 - Path's raises for an unknown user
        if path.is_absolute():
            for given, root in ((path, project.path), (path.resolve(), project.path.resolve())):
                if given.is_relative_to(root):
                    path = given.relative_to(root)
                    break
            else:
                return None
        rel = os.path.normpath(path)
        if rel == ".." or rel.startswith("../"):
            return None
        for form in (rel, unicodedata.normalize("NFC", rel), unicodedata.normalize("NFD", rel)):
            if self._is_there(project, form) or self._is_known(project, form):
                return form
        return rel

    def _is_there(self, project: Project, path: str) -> bool:
        return os.path.lexists(project.path / path)

    def _is_known(self, project: Project, path: str) -> bool:
        of_project = self._of_project.setdefault(project.id, ProjectFiles(self._engine, project, self._now))
        return bool(of_project.tasks_of(path))

    def _complete(self, entry: Entry, project: Project, task: Task) -> Wrong | None:
        with reading(self._engine) as connection:
            task = tasks.get(connection, task.id)
            half = self._half(connection, entry, task)
        if task.status is Status.COMPLETED:
            self.report.already += 1
            return None
        if half is not None:
            return self._of_half(entry, task, half)
        if task.status not in TRANSITIONS[Event.IMPORT].froms:
            return Wrong(entry.line, f"{entry.file}: it is {task.status} now; try again when its run has ended")
        if not self._dry_run:
            content = self._identity(task)
            with writing(self._engine) as connection:
                tasks.lock(connection, task.id)  # before another's that holds its content, as everybody does
                if (half := self._half(connection, entry, task)) is not None:
                    return self._of_half(entry, task, half)
                if not self._move(connection, entry, project, task, content):
                    return Wrong(entry.line, f"{entry.file}: a run has just taken it; try again when that has ended")
        self._count(entry)
        return None

    def _record(self, entry: Entry, project: Project, item: NewItem) -> None:
        if not self._dry_run:
            with writing(self._engine) as connection:
                # Skipped first: at no moment may a run take it.
                task_id = moves.record(connection, replace(item, skip_reason=_RECORDED), now=self._now)
            with reading(self._engine) as connection:
                task = tasks.read(
                    connection,
                    tasks.select(
                        _tasks.content_source_id == item.content_source_id, _tasks.media_path == item.media_path
                    ),
                )[0]
            if task_id is None:  # a scan was quicker
                if (wrong := self._complete(entry, project, task)) is not None:
                    self.report.wrong.append(wrong)
                return
            content = self._identity(task)
            with writing(self._engine) as connection:
                tasks.lock(connection, task.id)
                self._move(connection, entry, project, task, content)
        self._count(entry)

    def _count(self, entry: Entry) -> None:
        self.report.imported += 1
        self.report.linked += entry.tweet_id is not None

    def _identity(self, task: Task) -> str | None:
        return contents.content_of(Item(self._engine, self._settings, task), self._on_bytes)

    def _half(self, connection: sa.Connection, entry: Entry, task: Task) -> Made | None:
        """What was posted, where that is a part of a thread from here: it is known, and the rest is not on X."""
        made = attempts.made(connection, task.id)
        return made if made.is_begun and entry.tweet_id in (None, *made.ids.values()) else None

    def _of_half(self, entry: Entry, task: Task, half: Made) -> Wrong | None:
        """Nothing is imported: what the list may mean by it, all of the thread, is for a person to say."""
        if task.status is Status.CANCELLED:
            self.report.already += 1
            return None
        ended = task.status in (Status.FAILED, Status.SKIPPED)
        rest = "a retry goes on with the rest" if ended else "the rest still goes out"
        return Wrong(
            entry.line,
            f"{entry.file}: {half}, and {rest}; is it whole there: twitter-pipeline tasks resolve {task.id} --posted"
            " URL, for each of the others in turn",
        )

    def _move(self, connection: sa.Connection, entry: Entry, project: Project, task: Task, content: str | None) -> bool:
        """Complete a task that the caller has locked; False when a run has taken it."""
        values: dict[str, Any] = {
            "tweet_id": entry.tweet_id,
            "tweet_url": entry.url,
            "executed_time": _utc(entry.time, project),
            "content_hash": contents.taken(connection, task, content),
            "registered_in": None,  # Dagster has yet to be told of the post
            "moved_at": self._now,  # what was not posted from here stays where it is
        }
        if task.status is not Status.UNCONFIRMED:  # of which it is known what was sent
            values["content_data"] = ELSEWHERE.model_dump(mode="json")
        said = f"{_RECORDED}: {entry.url}" if entry.url else _RECORDED
        details = {"line": entry.line, "url": entry.url, "time": None if entry.time is None else entry.time.isoformat()}
        imported = Move(Event.IMPORT, said, details=details)
        if not moves.move(connection, task.id, imported, now=self._now, actor=self._actor, values=values):
            return False
        # Nobody looks for it any more.
        attempts.resolve(connection, task.id, AttemptState.ADOPTED, now=self._now, tweet_id=entry.tweet_id)
        return True


def _utc(time: datetime | None, project: Project) -> datetime | None:
    if time is None:
        return None
    return in_utc(time, project.zone)
