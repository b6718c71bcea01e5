"""What an alert is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Kind(str, Enum):
    """What kind of trouble it is: the part of a cause before its colon."""

    #: By project.
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    SKIPPED = "skipped"
    LATE = "late"
    FOLDER = "folder"
    SILENT = "silent"
    BACKLOG = "backlog"
    #: By account.
    STOPPED = "stopped"
    NO_KEYS = "no_keys"
    #: By account, too: `monitoring` lets it wait.
    RESTING = "resting"
    #: By disk.
    DISK = "disk"
    #: By job: a run that failed outside the moves of a task.
    RUN = "run"
    #: Only `up` sees it.
    DAEMON = "daemon"
    #: By sensor or schedule, and by kind of alarm: what `monitoring` sees.
    OFF = "off"
    ALARM = "alarm"

    def __str__(self) -> str:
        return self.value


#: What was skipped is told while it is as new as this: an archive of broken files is no news for ever.
SKIPPED_LATELY = timedelta(days=7)
#: How long a cause is told, by its kind, where it may last for ever.
TOLD_FOR = dict.fromkeys((Kind.SKIPPED.value, Kind.LATE.value), SKIPPED_LATELY)


@dataclass(frozen=True)
class Cause:
    """Something that needs a person now, in plain words. Times are aware UTC."""

    kind: Kind
    #: Which project, account, disk or job.
    about: str
    #: What it is, in one line.
    title: str
    #: Which items, and why.
    message: str
    #: What to do.
    remedy: str
    #: Where to look.
    link: str | None = None
    project_id: str | None = None
    #: How many items or times.
    count: int = 1
    #: When the newest of them came; None: it is a state, not a number of events.
    last_at: datetime | None = None

    @property
    def key(self) -> str:
        """What tells one cause from another: at most one alert with it is open."""
        return f"{self.kind.value}:{self.about}"
