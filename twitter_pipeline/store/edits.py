"""What a person wrote in place of an item's own words, and the time they gave it.

The words stand beside what the files say, so that no scan and no changed sidecar takes them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import moves
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: What may be edited. Not what a run is at, nor what is on X or may be.
EDITABLE = frozenset({Status.PENDING, Status.QUEUED, Status.FAILED, Status.SKIPPED, Status.CANCELLED})

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Edits:
    """The words of a person, and whose they are."""

    actor: str
    #: Aware UTC.
    at: datetime
    #: The whole text as it is posted, past template and hashtags; None: the files' own.
    text: str | None = None
    #: What a picture shows, by its file; one that is not there has its sidecar's. An empty one has none.
    alt_texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether all words are the files' own."""
        return self.text is None and not self.alt_texts


def of(task: Task) -> Edits | None:
    """What was edited of the task's words; None for nothing."""
    kept = task.edits
    return None if kept is None else Edits(**{**kept, "at": datetime.fromisoformat(kept["at"])})


def put(
    connection: sa.Connection,
    task: Task,
    edits: Edits | None,
    wanted_time: datetime | None,
    message: str,
    *,
    actor: str,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    """Keep what was edited of a task that the caller has locked; without `wanted_time` it goes out at its turn."""
    values: dict[str, Any] = {"edits": None if edits is None else plain(edits), "updated_at": now}
    if wanted_time != task.wanted_time:
        start = now if wanted_time is None else wanted_time
        values |= {"wanted_time": wanted_time, "not_before": start, "scheduled_time": start}
    connection.execute(sa.update(publishing_tasks).where(_tasks.id == task.id).values(**values))
    moves.note(connection, task.id, "edit", task.status, message, now=now, details=details, actor=actor)


def moved(task: Task, files: Sequence[str]) -> dict[str, Any] | None:
    """What is kept of the task's words when its files, in their order, have other names."""
    edits = of(task)
    if edits is None:
        return None
    names = dict(zip(task.files, files, strict=False))
    return plain(replace(edits, alt_texts={names.get(path, path): text for path, text in edits.alt_texts.items()}))


def plain(edits: Edits) -> dict[str, Any]:
    """As the table keeps it."""
    return {
        "actor": edits.actor,
        "at": edits.at.isoformat(),
        "text": edits.text,
        "alt_texts": dict(edits.alt_texts),
    }
