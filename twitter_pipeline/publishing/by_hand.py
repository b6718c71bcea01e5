"""What a person does with an item or a project, over the command line or the API. Callers open the transaction.

`actor` is who does it: the log names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import holding, unconfirmed
from twitter_pipeline.store import attempts, decisions, moves, projects
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tasks import Task


@dataclass(frozen=True)
class Approved:
    """What an approval changed."""

    changed: bool
    #: What became of it, for people.
    said: str
    #: What holds the project back still.
    why_not: str | None


def why_not_now(connection: sa.Connection, settings: Settings, task: Task, *, now: datetime) -> str | None:
    """Why a run would not post this item now: asked before one is launched only to say so. None for a posted one."""
    if task.status is Status.COMPLETED:
        return None if task.tweet_url is not None else "it was posted before, elsewhere"
    if task.status is Status.RUNNING:
        return f"run {task.run_id} is working on it; see: twitter-pipeline log {task.partition_key}"
    if (known := unconfirmed.of(connection, task)) is not None:
        return f"it may be on X already and is not posted again: {known}"
    if attempts.may_be_posted(connection, task.id):
        return f"it may be on X already and is not posted again: {task.error_message}"
    return holding.look(connection, settings, settings.project(task.project_id), now).of(task)


def retry(connection: sa.Connection, task_id: int, *, now: datetime, actor: str | None = None) -> bool:
    """Let an item that failed, was skipped or cancelled go out again; False when it is none of these."""
    move = Move(Event.RETRY, _by("asked for another try", actor), not_before=now)
    return moves.move(connection, task_id, move, now=now, actor=actor, values={"retry_count": 0})


def cancel(connection: sa.Connection, task: Task, *, now: datetime, actor: str | None = None) -> bool:
    """Keep an item that waits from going out; False when it does not wait (any more). Its run ends it otherwise."""
    if task.status not in (Status.PENDING, Status.QUEUED):
        return False
    move = Move(Event.STOP, _by("cancelled it", actor))
    # Not one that a run takes at this moment: that run is to be told.
    return moves.take_back(connection, task.id, task.fence, move, now=now, actor=actor)


def approve(
    connection: sa.Connection, settings: Settings, project: Project, *, now: datetime, actor: str | None = None
) -> Approved:
    """Let the rest of a project follow its first post; before that one, all of it goes out without a look."""
    canary = holding.look(connection, settings, project, now, lock=True).canary
    changed = projects.approve(connection, project.id, now=now)
    if changed:
        decisions.note(connection, actor, "approve", f"project {project.id}", now=now)
    why_not = holding.look(connection, settings, project, now).everything
    if canary is None:
        said = f"{project.id}: nothing waits for an approval" + ("" if changed else "; it was given before")
    elif canary.first is None:
        said = f"{project.id} is approved beforehand: its first post does not go out alone"
    else:
        said = f"{project.id} is approved: the rest goes out at its pace"
    return Approved(changed, said, why_not)


def _by(did: str, actor: str | None) -> str:
    return f"{actor or 'a person'} {did}"
