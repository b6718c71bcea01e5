"""What is known of items that may be on X, and what comes next: told by every command in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.store import looks, tasks
from twitter_pipeline.store.looks import Open
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: What comes next, in words.
READING = "; the account's timeline is read for it"

_tasks = publishing_tasks.c


def resolving(task_id: int) -> str:
    """How a person decides, in words."""
    return (
        f"look at the account's timeline, then: twitter-pipeline tasks resolve {task_id} --posted URL, or --not-posted"
    )


def who_finds_out(task_id: int, *, read_timeline: bool, now: datetime) -> tuple[str, datetime | None]:
    """What follows once the answer to an item's post is lost: in words, and when the timeline is read; None: never."""
    return (READING, now) if read_timeline else (f"; {resolving(task_id)}", None)


@dataclass(frozen=True)
class Unconfirmed:
    """An item that is `unconfirmed`."""

    task: Task
    #: What was sent and not answered; None where nothing was sent, since a post that is not known here has its words.
    sent: Open | None

    @property
    def next_look(self) -> datetime | None:
        """When the timeline is read for it next (aware UTC), while the pipeline runs; None: a person decides."""
        return None if self.sent is None else self.sent.look_at

    @property
    def reason(self) -> str:
        """Why nobody knows, without what comes next."""
        said = self.task.error_message or "X's answer is not known"
        for end in (READING, "; read again at ", "; look at the account's timeline, then: "):
            said = said.partition(end)[0]
        return said

    @property
    def next_step(self) -> str:
        """Who finds out, and when."""
        if self.next_look is None:
            return f"you decide: {self.choices[0]}, or {self.choices[1]}"
        at = f"{self.next_look:%Y-%m-%d %H:%M:%S} UTC"
        return (
            f"while the pipeline runs its account's timeline is read again at {at}; at once with: twitter-pipeline"
            f" reconcile; or decide yourself: twitter-pipeline tasks resolve {self.task.id}"
        )

    @property
    def choices(self) -> tuple[str, str]:
        """What a person says who has looked: that it is on X, and that it is not."""
        begin = f"twitter-pipeline tasks resolve {self.task.id}"
        return f"{begin} --posted URL", f"{begin} --not-posted"

    def __str__(self) -> str:
        cancelled = (
            "" if self.task.stop_asked_at is None else "; it was cancelled, and goes out no more if it is not on X"
        )
        return f"{self.reason}; {self.next_step}{cancelled}"


def of(connection: sa.Connection, task: Task) -> Unconfirmed | None:
    """What is known of one item; None when it is not unconfirmed."""
    if task.status is not Status.UNCONFIRMED:
        return None
    return Unconfirmed(task, looks.open_of(connection, [task.id]).get(task.id))


def of_projects(connection: sa.Connection, project_ids: Iterable[str]) -> list[Unconfirmed]:
    """The unconfirmed items of these projects, oldest first."""
    query = tasks.select(_tasks.project_id.in_(list(project_ids)), _tasks.status == Status.UNCONFIRMED.value)
    found = tasks.read(connection, query)
    sent = looks.open_of(connection, [task.id for task in found])
    return [Unconfirmed(task, sent.get(task.id)) for task in found]
