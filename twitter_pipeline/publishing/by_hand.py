"""What a person does with an item or a project, over the command line or the API. Callers open the transaction.

`actor` is who does it: the log names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import holding, unconfirmed
from twitter_pipeline.store import attempts, decisions, moves, projects, tasks
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


@dataclass(frozen=True)
class Cancelled:
    """What came of cancelling an item."""

    task: Task
    #: Whether it goes out no more.
    changed: bool
    #: Whether it ends as cancelled later, unless its post has left: a run is at work on it, or it may be on X.
    later: bool = False

    @property
    def run_id(self) -> str | None:
        """The run at work on it, which ends sooner when it is told to."""
        return self.task.run_id if self.task.status is Status.RUNNING else None


def why_not_now(connection: sa.Connection, settings: Settings, seen: Task, *, now: datetime) -> str | None:
    """Why a run would not post this item now: asked before one is launched only to say so. None for a posted one.

    `seen`: the task when the person asked.
    """
    task = tasks.get(connection, seen.id)
    if task.status is Status.COMPLETED:
        return None if task.tweet_url is not None else "it was posted before, elsewhere"
    if task.status is Status.RUNNING:
        if task.stop_asked_at is not None:
            return (
                f"it was cancelled, and ends with run {task.run_id}; then: twitter-pipeline retry {task.partition_key}"
            )
        return f"run {task.run_id} is working on it; see: twitter-pipeline log {task.partition_key}"
    if task.status is Status.CANCELLED and task.fence != seen.fence:
        return "it was cancelled meanwhile"
    if (known := unconfirmed.of(connection, task)) is not None:
        return f"it may be on X already and is not posted again: {known}"
    if attempts.may_be_on_x(connection, task.id):
        return f"it may be on X already and is not posted again: {task.error_message}"
    return holding.look(connection, settings, settings.project(task.project_id), now).of(task)


def retry(connection: sa.Connection, task_id: int, *, now: datetime, actor: str | None = None) -> bool:
    """Let an item that failed, was skipped or cancelled go out again; False when it is none of these.

    One that may be on X, and was cancelled for where it is not, is so no more.
    """
    task, said = tasks.get(connection, task_id, lock=True), _by("asked for another try", actor)
    if task.status is Status.UNCONFIRMED and task.stop_asked_at is not None:
        moves.ask_to_stop(connection, task, said, now=now, actor=actor, stop=False)
        return True
    move = Move(Event.RETRY, said, not_before=now)
    return moves.move(connection, task_id, move, now=now, actor=actor, values={"retry_count": 0}) is not None


def ask(connection: sa.Connection, task: Task, *, now: datetime, actor: str | None = None) -> None:
    """Write down that a run is launched now."""
    said = _by("asked for it to be posted now", actor)
    moves.note(connection, task.id, "asked", task.status, said, now=now, actor=actor)


def cancel(connection: sa.Connection, task_id: int, *, now: datetime, actor: str | None = None) -> Cancelled:
    """Keep an item from going out. A run asked for before does not take it any more (`claims.claim`)."""
    task = tasks.get(connection, task_id, lock=True)
    said = _by("cancelled it", actor)
    if task.status in (Status.RUNNING, Status.UNCONFIRMED):
        moves.ask_to_stop(connection, task, said, now=now, actor=actor)
        return Cancelled(task, changed=False, later=True)
    stopped = moves.move(connection, task_id, Move(Event.STOP, said), now=now, actor=actor)
    return Cancelled(tasks.get(connection, task_id), changed=stopped is not None)


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
