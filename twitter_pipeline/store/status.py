"""The life of a publishing task: its states, and the only moves between them.

    found ──▶ pending ──queue──▶ queued ──claim──▶ running ──post──▶ completed
                 ▲ ▲                │                 │
                 │ └────unqueue─────┘                 ├─ wait, back_off, release ──▶ pending (later)
                 │                                    ├─ skip ──▶ skipped
                 └── retry (a person, a sidecar) ──── ├─ fail ──▶ failed
                                                      ├─ stop ──▶ cancelled
                                                      └─ lose_track ──▶ unconfirmed ─┬─ adopt ──▶ completed
                                                                                     └─ reopen ──▶ pending (later)

`docs/architecture.md` shows the same table; a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class Status(str, Enum):
    """How a publishing task stands."""

    #: To be posted at its scheduled time; waiting and backing off are this too, with a later time.
    PENDING = "pending"
    #: A run was requested for it and has not begun.
    QUEUED = "queued"
    #: A run holds its lease.
    RUNNING = "running"
    #: On X; its post's id is recorded, unless a person only said that it was posted before, elsewhere.
    COMPLETED = "completed"
    #: Every retry is used up, or X refused it for good; a person may retry.
    FAILED = "failed"
    #: Cannot be published as it is, with the reason; goes on by itself when the reason is gone.
    SKIPPED = "skipped"
    #: A person must say yes first. No move leads here yet: a project's first post is approved, which leaves its tasks
    #: `pending`. The name is kept for approving items one by one, and no row holds it.
    AWAITING_APPROVAL = "awaiting_approval"
    #: A person ended it.
    CANCELLED = "cancelled"
    #: It may be on X: never posted again until the timeline, or a person, has shown that it is not.
    UNCONFIRMED = "unconfirmed"

    def __str__(self) -> str:
        return self.value


#: States that somebody is to look at.
NEED_A_PERSON = (Status.FAILED, Status.UNCONFIRMED)


class Event(str, Enum):
    """What moves a task. The value is the `action` of its line in the publishing log."""

    QUEUE = "queue"
    UNQUEUE = "unqueue"
    CLAIM = "claim"
    POST = "post"
    WAIT = "wait"
    BACK_OFF = "back_off"
    RELEASE = "release"
    FAIL = "fail"
    SKIP = "skip"
    STOP = "stop"
    LOSE_TRACK = "lose_track"
    RETRY = "retry"
    IMPORT = "import"
    ADOPT = "adopt"
    REOPEN = "reopen"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Transition:
    """One row of the state table."""

    #: The states it may start in.
    froms: frozenset[Status]
    to: Status
    #: Who makes it: scan, sensor, run, reaper or person.
    who: tuple[str, ...]


_S = Status


def _row(froms: tuple[Status, ...], to: Status, *who: str) -> Transition:
    return Transition(frozenset(froms), to, who)


#: Every move there is. A task is created `pending` by the scan; all else happens through this table.
TRANSITIONS: dict[Event, Transition] = {
    Event.QUEUE: _row((_S.PENDING,), _S.QUEUED, "sensor"),
    Event.UNQUEUE: _row((_S.QUEUED,), _S.PENDING, "reaper"),
    # By hand a run may take what is not due, or ended without a post.
    Event.CLAIM: _row((_S.QUEUED, _S.PENDING, _S.FAILED, _S.SKIPPED, _S.CANCELLED), _S.RUNNING, "run"),
    Event.POST: _row((_S.RUNNING,), _S.COMPLETED, "run"),
    Event.WAIT: _row((_S.RUNNING,), _S.PENDING, "run"),
    Event.BACK_OFF: _row((_S.RUNNING,), _S.PENDING, "run", "reaper"),
    Event.RELEASE: _row((_S.RUNNING,), _S.PENDING, "run"),
    # From unconfirmed: it is not on X, and is not tried again.
    Event.FAIL: _row((_S.RUNNING, _S.UNCONFIRMED), _S.FAILED, "run", "reaper", "sensor"),
    Event.SKIP: _row((_S.RUNNING, _S.PENDING), _S.SKIPPED, "run", "scan", "sensor"),
    # From cancelled: a run may have been asked for since. What leads away from running or unconfirmed, and leaves the
    # task not posted, is this where a person has cancelled it meanwhile (`moves.move`).
    Event.STOP: _row(
        (_S.RUNNING, _S.QUEUED, _S.PENDING, _S.FAILED, _S.SKIPPED, _S.CANCELLED),
        _S.CANCELLED,
        *("run", "reaper", "sensor", "person"),
    ),
    Event.LOSE_TRACK: _row((_S.RUNNING,), _S.UNCONFIRMED, "run", "reaper"),
    Event.RETRY: _row((_S.FAILED, _S.SKIPPED, _S.CANCELLED), _S.PENDING, "person", "scan"),
    # It was posted before, elsewhere. Not while a run is at it: what that posts counts.
    Event.IMPORT: _row(
        (_S.PENDING, _S.QUEUED, _S.SKIPPED, _S.FAILED, _S.CANCELLED, _S.UNCONFIRMED), _S.COMPLETED, "person"
    ),
    # It was found on the timeline, or X's answer came when the task was no longer its run's. From the others: the
    # database is an older copy, and does not know what it posted; or the post had been taken for absent.
    Event.ADOPT: _row(
        (_S.RUNNING, _S.UNCONFIRMED, _S.PENDING, _S.QUEUED, _S.SKIPPED, _S.FAILED, _S.CANCELLED),
        _S.COMPLETED,
        *("run", "sensor", "person"),
    ),
    # It surely is not on X.
    Event.REOPEN: _row((_S.UNCONFIRMED,), _S.PENDING, "run", "sensor", "person"),
}


@dataclass(frozen=True)
class Move:
    """A decision about a task: the event, and what changes with it."""

    event: Event
    #: For people: what happened and what follows.
    message: str
    #: What happened alone, where the message says what follows.
    because: str | None = field(default=None, kw_only=True)
    #: Aware UTC; the task is not looked at before. Only for moves back to `pending`.
    not_before: datetime | None = None
    #: Whether this uses up one of the task's retries. Waiting never does.
    counts_as_retry: bool = False
    #: The post's id, for POST and ADOPT.
    tweet_id: str | None = None
    #: When it was made (aware UTC), where that was not just now.
    posted_at: datetime | None = None
    #: For programs: numbers, ids, causes. JSON-safe, never a secret.
    details: dict[str, Any] = field(default_factory=dict)
