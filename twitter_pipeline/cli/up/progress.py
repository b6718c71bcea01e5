"""What happens to the items, told line by line as the publishing log grows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.log import Line
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import publishing_log

_log = logging.getLogger(__name__)

#: The word a person reads for an action, and how it looks. What is not here is for the item's own page.
WORDS = {
    "found": ("found", ""),
    "metadata": ("metadata", ""),
    "edit": ("edited", ""),
    "moved": ("moved", ""),
    "not_moved": ("not moved", "yellow"),
    "tried": ("trying", "yellow"),
    Event.QUEUE.value: ("queued", ""),
    Event.UNQUEUE.value: ("again", "yellow"),
    Event.POST.value: ("posted", "green"),
    Event.WAIT.value: ("waits", "yellow"),
    Event.BACK_OFF.value: ("waits", "yellow"),
    Event.RELEASE.value: ("stopped", "yellow"),
    Event.FAIL.value: ("failed", "bold red"),
    Event.SKIP.value: ("skipped", "yellow"),
    Event.STOP.value: ("cancelled", "yellow"),
    Event.LOSE_TRACK.value: ("unconfirmed", "bold red"),
    "looked": ("looked", "yellow"),
    Event.RETRY.value: ("again", ""),
    Event.IMPORT.value: ("imported", "green"),
    Event.ADOPT.value: ("posted", "green"),
    Event.REOPEN.value: ("again", "yellow"),
}

_SKIPPED = WORDS[Event.SKIP.value][0]

#: Of what scans find in one go, so many lines of a kind are told; the others are counted.
MOST_FOUND = 10
#: When nothing more was found for so long, in seconds, the count is told; and at least so often.
QUIET, OFTEN = 12.0, 60.0


@dataclass
class _Burst:
    """Lines of one kind that came one after the other. Times are monotonic seconds."""

    began: float
    last: float
    count: int = 0

    def is_over(self, now: float) -> bool:
        return now - self.last > QUIET or now - self.began > OFTEN


class Progress:
    """Tells each line of the publishing log once, from now on; of an archive just found, how much there is."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        #: What was found lately, by its word.
        self._bursts: dict[str, _Burst] = {}
        with reading(engine) as connection:
            self._last = connection.scalar(sa.select(sa.func.max(publishing_log.c.id))) or 0

    def show(self, *, last: bool = False) -> None:
        """Tell what is new; `last`: nothing is kept for later."""
        with reading(self._engine) as connection:
            lines = log.after(connection, self._last)
        now = self._clock()
        for line in lines:
            self._last = line.id
            if line.action in ("found", Event.IMPORT.value):
                burst = self._bursts.setdefault(_word(line)[0], _Burst(now, now))
                burst.last = now
                burst.count += 1
                if burst.count > MOST_FOUND:
                    continue
            self._tell(line)
        for word in [word for word, burst in self._bursts.items() if last or burst.is_over(now)]:
            if (more := self._bursts.pop(word).count - MOST_FOUND) > 0:
                why = "; twitter-pipeline status says why" if word == _SKIPPED else ""
                _log.info("%-11s %s more%s", word, f"{more:,}", why)

    @staticmethod
    def _tell(line: Line) -> None:
        if line.action not in WORDS:
            return
        word, style = _word(line)
        extra: dict[str, Any] = {
            "item": line.partition_key,
            "task": line.task_id,
            "action": line.action,
            "status": line.status,
            "style": style,
        }
        # A line stands alone on its partition's page; here its first word stands before it already.
        message = "" if line.action == Event.QUEUE.value else line.message.removeprefix(word).lstrip(":;, ")
        _log.info("%-11s %s  %s", word, line.partition_key, message, extra=extra)


def _word(line: Line) -> tuple[str, str]:
    """The word for a line and how it looks: what is found may be skipped at once."""
    return WORDS[Event.SKIP.value if line.status == Status.SKIPPED.value and line.action == "found" else line.action]
