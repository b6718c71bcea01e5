"""What happens to the items, told line by line as the publishing log grows."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.log import Line
from twitter_pipeline.store.status import Event
from twitter_pipeline.store.tables import publishing_log

_log = logging.getLogger(__name__)

#: The word a person reads for an action, and how it looks. What is not here is for the item's own page.
WORDS = {
    "found": ("found", ""),
    "metadata": ("metadata", ""),
    "moved": ("moved", ""),
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
    Event.RETRY.value: ("again", ""),
}


class Progress:
    """Tells each line of the publishing log once, from now on."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        with reading(engine) as connection:
            self._last = connection.scalar(sa.select(sa.func.max(publishing_log.c.id))) or 0

    def show(self) -> None:
        """Tell what is new."""
        with reading(self._engine) as connection:
            lines = log.after(connection, self._last)
        for line in lines:
            self._last = line.id
            self._tell(line)

    @staticmethod
    def _tell(line: Line) -> None:
        if line.action not in WORDS:
            return
        word, style = WORDS[line.action]
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
