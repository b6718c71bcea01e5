"""How working on a task can end. `decide` turns each into a move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

#: Why an attempt failed whose run hung: the words of both who may find out, the run and the reaper.
TOOK_TOO_LONG = "its run took longer than a run may, and Dagster ended it"


@dataclass(frozen=True)
class Outcome:
    """What happened, for people."""

    reason: str


@dataclass(frozen=True)
class Posted(Outcome):
    """X confirmed the post; of a thread, one of its posts."""

    tweet_id: str
    url: str
    #: Of the last post of a thread: the first one's id and address, which the task is known by from then on.
    head: tuple[str, str] | None = field(default=None, kw_only=True)
    #: How many posts of its thread are still to come.
    left: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Adopted(Posted):
    """It was found on the timeline, or a person found it."""

    #: When it was made (aware UTC); None when that is not known.
    posted_at: datetime | None = None


@dataclass(frozen=True)
class MustWait(Outcome):
    """Not now: a limit, a pause, metadata that has not come. Nobody's fault; uses up no retry."""

    #: Aware UTC.
    until: datetime
    #: Whether it holds for all items of the account (X's limits), not for this one.
    whole_account: bool = False


@dataclass(frozen=True)
class AccountStopped(Outcome):
    """X refuses the account as it is (keys, permission, credit): its items wait until a person has acted."""


@dataclass(frozen=True)
class NotPublishable(Outcome):
    """The item cannot be posted as it is: broken media, no metadata, a duplicate."""


@dataclass(frozen=True)
class Refused(Outcome):
    """X refused this item for good."""


@dataclass(frozen=True)
class Failed(Outcome):
    """It did not work this time and nothing was posted: the network, a 5xx, a full disk, a bug."""

    #: X was not there: no connection, no answer, a 5xx.
    x_is_out: bool = False
    #: It took long, and another try within seconds would, too: the next one is for a later run.
    for_later: bool = False


@dataclass(frozen=True)
class Died(Outcome):
    """The run was killed, or its lease ran out, before anything was sent."""


@dataclass(frozen=True)
class Unknown(Outcome):
    """It may have been posted."""

    #: X was not there: no answer, a 5xx.
    x_is_out: bool = False


@dataclass(frozen=True)
class Absent(Outcome):
    """It was sent, and surely is not on X."""

    #: A person says so, and wants it sent; otherwise the timeline does.
    by_person: bool = False
    #: Whether X was only busy: no retry is used up.
    was_busy: bool = False
    #: When X may take it (aware UTC), where that is known; otherwise it is tried again as after a failure.
    not_before: datetime | None = None


@dataclass(frozen=True)
class Interrupted(Outcome):
    """The run was told to stop before anything was sent."""

    #: A person ended this run in Dagster; otherwise the whole pipeline was shutting down.
    by_person: bool
