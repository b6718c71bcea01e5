"""Which item a person means."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.cli.errors import WrongCommand
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.store.tasks import Task

#: So many candidates are named when a text means several items.
_NAMED = 5


def find(connection: sa.Connection, settings: Settings, text: str) -> Task:
    """The task that `text` names: its number, its key in Dagster, its media path, or a unique beginning of the key, of
    the path, or of the file's name; or a path as the shell completes it. An album is found by its pictures, too, and a
    file that was moved after its post by where it was.

    Raises WrongCommand when it names none or several.
    """
    import sqlalchemy as sa

    from twitter_pipeline.store import tasks
    from twitter_pipeline.store.tables import publishing_tasks

    columns = publishing_tasks.c
    ours = columns.project_id.in_([project.id for project in settings.projects])
    here = _in_project(settings, text)
    attempts = [
        *([(columns.project_id == here[0]) & (columns.media_path == here[1])] if here is not None else []),
        *([columns.id == int(text)] if text.isdecimal() and len(text) < 18 else []),
        (columns.partition_key == text) | (columns.media_path == text),
        columns.partition_key.startswith(text, autoescape=True)
        | columns.media_path.startswith(text, autoescape=True)
        | columns.media_path.contains(f"/{text}", autoescape=True),
        sa.cast(columns.media_files, sa.Text).contains(json.dumps(text), autoescape=True),
        columns.moved_at.is_not(None) & columns.media_path.endswith(f"/{text.rpartition('/')[2]}", autoescape=True),
    ]
    for names_it in attempts:
        found = tasks.read(connection, tasks.select(ours, names_it).limit(_NAMED + 1))
        if len(found) == 1:
            return found[0]
        if found:
            named = ", ".join(task.partition_key for task in found[:_NAMED])
            more = ", …" if len(found) > _NAMED else ""
            raise WrongCommand(f"{text!r} begins the names of several items: {named}{more}; write more of it")
    hint = "twitter-pipeline preview --all lists them"
    if here is not None:
        hint = "a new file becomes one when it has stopped changing: twitter-pipeline scan --wait"
    raise WrongCommand(f"there is no item {text!r}; {hint}")


def _in_project(settings: Settings, text: str) -> tuple[str, str] | None:
    """The project, and the path in it, of a file that `text` leads to from the working folder or from a project."""
    for project in settings.projects:
        for path in (Path(os.path.abspath(text)), project.path / text):  # noqa: PTH100 - links stay as they are
            if text and path.is_relative_to(project.path) and path.exists():
                return project.id, path.relative_to(project.path).as_posix()
    return None
