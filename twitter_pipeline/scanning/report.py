"""What one scan did, and how long it may take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass
class ScanReport:
    """What one scan did."""

    #: Items that became tasks.
    found: int = 0
    #: Those of them that are skipped at once: broken at sight, refused, or older than the project wants.
    skipped: int = 0
    #: Files seen that may still be being written.
    arriving: int = 0
    #: What went wrong or was refused, for people.
    problems: list[str] = field(default_factory=list)
    #: Those of `problems` for which a source could not be looked at, as the project's `scan_problem` keeps them.
    unreachable: list[str] = field(default_factory=list)
    #: False when a source could not be looked at, or the time box ended it: the next scan goes on from there.
    whole: bool = False
    #: True when nothing was looked at, since somebody else was scanning the project.
    busy: bool = False
    #: Set when nothing was looked at, since the folder rests until then (aware UTC).
    rests_until: datetime | None = None
    #: Wall-clock time it took.
    seconds: float = 0.0


class TimeBox:
    """Ends a scan, but not before its first step."""

    def __init__(self, length: timedelta) -> None:
        self._length = length.total_seconds()
        self._began = time.monotonic()
        self._got_on = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def is_over(self) -> bool:
        """Whether the scan should stop; asked before each step: a folder, or a batch of one."""
        if not self._got_on:
            self._got_on = True
            return False
        return self.seconds > self._length
