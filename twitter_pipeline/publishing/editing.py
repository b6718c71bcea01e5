"""What a person may change of an item that is not posted: its text, its pictures' descriptions, its time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.config.secrecy import shows_secret
from twitter_pipeline.publishing.session import Ended, Item
from twitter_pipeline.publishing.wording import as_written
from twitter_pipeline.store import attempts, tasks
from twitter_pipeline.store import edits as store
from twitter_pipeline.store.edits import Edits
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task

#: X's limit for a description, in characters.
MOST_ALT_TEXT = 1_000


class Change(TypedDict, total=False):
    """What is to be another one. What is not there stays; None takes an edit back."""

    #: The whole text as it is posted: neither template nor hashtags are added.
    text: str | None
    #: What the picture shows, of several the first; or of each, in their order.
    alt_text: str | Sequence[str] | None
    #: When it goes out by itself (aware UTC), or as soon after as pacing lets it.
    scheduled_time: datetime | None


class Unfit(Exception):
    """A value that cannot be posted, in words; `field` is the part of the change that it is."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


class NotNow(Exception):
    """Why the item cannot be edited (any more), in words."""


class Changed(NotNow):
    """Somebody else has changed it since it was looked at."""


def version_of(task: Task) -> str:
    """What is another one after each change that a person who edits the task should know of."""
    seen = (task.status, task.attempt, task.media_path, task.media_files, task.metadata_path, task.edits)
    return hashlib.sha256(json.dumps([*seen, task.wanted_time], default=str).encode()).hexdigest()[:16]


def edit(
    engine: sa.Engine,
    settings: Settings,
    task_id: int,
    change: Change,
    *,
    actor: str,
    now: datetime,
    versions: Collection[str] | None = None,
) -> Task:
    """Edit a task; as it is then. With `versions` only when it is still one of them.

    Raises LookupError, NotNow, Unfit, or ConfigError for a project that is not in config.yaml.
    """
    with reading(engine) as connection:
        task = tasks.get(connection, task_id)
        made = attempts.made(connection, task_id)
    version = version_of(task)
    if task.status not in store.EDITABLE:
        raise NotNow(f"it is {task.status}: {_WHY[task.status]}")
    _refuse_begun(made)
    if versions is not None and version not in versions:
        raise Changed("somebody has changed it since: look at it again, and send its new ETag")
    if task.status is Status.QUEUED and "scheduled_time" in change:
        raise NotNow("a run was requested for it already: cancel it, give it the time, and let it be tried again")
    edits, wanted_time, parts = _edited(Item(engine, settings, task), change, actor, now)
    if not parts:
        return task
    with writing(engine) as connection:
        task = tasks.get(connection, task_id, lock=True)
        if version_of(task) != version:
            raise Changed("it was changed a moment ago: look at it again")
        # A post of it that was found on the timeline meanwhile is no change of the task.
        _refuse_begun(attempts.made(connection, task_id))
        details = {"edits": None if edits is None else store.plain(edits), "before": task.edits}
        message = f"{actor} changed {' and '.join(parts)}"
        store.put(connection, task, edits, wanted_time, message, actor=actor, now=now, details=details)
        return tasks.get(connection, task_id)


def _refuse_begun(made: attempts.Made) -> None:
    if made.is_begun:
        raise NotNow(f"{made}: the rest stays as it is")


_WHY = {
    Status.RUNNING: "a run is at it",
    Status.UNCONFIRMED: "it may be on X",
    Status.COMPLETED: "it is posted",
}


def _edited(item: Item, change: Change, actor: str, now: datetime) -> tuple[Edits | None, datetime | None, list[str]]:
    """The edits and the time of a task after a change, and what is another one by it, in words."""
    before = store.of(item.task)
    after = before or Edits(actor, now)
    parts = []
    if "text" in change:
        text = change["text"]
        said, after = "the text to that of its files", replace(after, text=None)
        if text is not None:
            fitted, said = _fitting(item, text)
            after = replace(after, text=fitted)
        if after.text != (before and before.text):
            parts.append(said)
    if "alt_text" in change:
        after = replace(after, alt_texts=_alt_texts(item, change["alt_text"]))
        if after.alt_texts != (before.alt_texts if before else {}):
            parts.append("the description of its pictures" + ("" if after.alt_texts else " to that of its files"))
    wanted_time = change.get("scheduled_time", item.task.wanted_time)
    if len(parts) > 0:
        after = replace(after, actor=actor, at=now)
    if wanted_time != item.task.wanted_time:
        parts.append("the time to its turn" if wanted_time is None else f"the time to {wanted_time:%Y-%m-%d %H:%M} UTC")
    return (None if after.is_empty else after), wanted_time, parts


def _fitting(item: Item, text: str) -> tuple[str, str]:
    """The text as it is sent, and what it is, in words. Raises Unfit."""
    from twitter_pipeline.content.tidy import clean, single_spaced
    from twitter_pipeline.content.weight import normalize

    text = single_spaced(normalize(clean(text)))
    if not text:
        raise Unfit("text", "must not be empty; null takes the edited text back")
    if shows_secret(text):
        raise Unfit("text", "holds a key or password of this pipeline")
    try:
        source = item.source()
    except Ended as ended:
        raise NotNow(str(ended)) from ended
    limit = item.text_limit(source)
    composed = as_written(source, text, limit)
    if isinstance(composed, str):
        raise Unfit("text", composed)
    if composed.more:
        return text, f"the text (a thread of {1 + len(composed.more)} posts)"
    return text, f"the text ({composed.weight} of {limit} characters)"


def _alt_texts(item: Item, given: str | Sequence[str] | None) -> dict[str, str]:
    """What each picture shows, by its file. Raises Unfit."""
    from twitter_pipeline.content.tidy import clean

    if given is None:
        return {}
    files = item.task.files
    try:
        is_video = item.source().type == "video"
    except Ended as ended:
        raise NotNow(str(ended)) from ended
    if is_video or not files:
        raise Unfit("alt_text", "is for pictures, and it has none; X keeps no description of a video")
    texts = [given] if isinstance(given, str) else given
    if len(texts) > len(files):
        raise Unfit(
            "alt_text", f"has {len(texts)} descriptions for {len(files)} picture{'s' if len(files) > 1 else ''}"
        )
    described = {file: clean(text).strip() for file, text in zip(files, texts, strict=False)}
    for text in described.values():
        if len(text) > MOST_ALT_TEXT:
            raise Unfit("alt_text", f"has {len(text)} characters, more than the {MOST_ALT_TEXT} that X takes")
        if shows_secret(text):
            raise Unfit("alt_text", "holds a key or password of this pipeline")
    return described
