"""`twitter-pipeline tasks edit ITEM`: other words for an item that is not posted, or another time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.cli.items import find
from twitter_pipeline.clock import in_utc, utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.config.redaction import one_entry

if TYPE_CHECKING:
    from twitter_pipeline.publishing.editing import Change
    from twitter_pipeline.store.tasks import Task

#: Of a text from standard input so many characters are read: more than any post has.
_MOST = 100_000


def edit(
    settings: Settings, item: str, *, text: str | None, alt_texts: Sequence[str] | None, at: str | None, undo: bool
) -> int:
    """Edit an item, and show it as it goes out then."""
    from twitter_pipeline.cli import preview
    from twitter_pipeline.publishing import editing
    from twitter_pipeline.store.engine import reading

    if undo == any((text is not None, alt_texts, at is not None)):
        raise WrongCommand("say what to change: --text, --alt-text, --at; or --undo all of it")
    engine = prepared(settings)
    with database_errors():
        with reading(engine) as connection:
            task = find(connection, settings, item)
        change = _change(settings, task, text, alt_texts, at, undo=undo)
        now = utc_now()
        try:
            editing.edit(engine, settings, task.id, change, actor=actor(), now=now)
        except editing.Unfit as why:
            raise WrongCommand(f"--{why.field.replace('_', '-')} {why}") from None
        except editing.NotNow as why:
            typer.echo(one_entry(f"{task.partition_key}: nothing was changed: {why}"), err=True)
            return NEEDS_A_PERSON
    preview.run(settings, str(task.id))
    return OK


def _change(
    settings: Settings, task: Task, text: str | None, alt_texts: Sequence[str] | None, at: str | None, *, undo: bool
) -> Change:
    if undo:
        undone: Change = {"text": None, "alt_text": None}
        if task.wanted_time is not None:
            undone["scheduled_time"] = None
        return undone
    change: Change = {}
    if text is not None:
        change["text"] = sys.stdin.read(_MOST) if text == "-" else text
    if alt_texts:
        change["alt_text"] = alt_texts
    if at is not None:
        change["scheduled_time"] = _time(settings, task, at)
    return change


def _time(settings: Settings, task: Task, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise WrongCommand(f"--at: {text!r} is no time such as 2026-11-24T18:00 or 2026-11-24T18:00+01:00") from None
    return in_utc(found, settings.project(task.project_id).zone)
