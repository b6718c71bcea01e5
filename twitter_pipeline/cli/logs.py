"""Logging of a command that stays: the console for people, a rotating file of JSON lines for programs, no secrets."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.config.redaction import Redact, one_entry

if TYPE_CHECKING:
    from rich.console import Console

_log = logging.getLogger(__name__)

LOG_BYTES = 10_000_000
LOGS_KEPT = 5

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "bold red"}

#: What a record may carry for programs: the item, or what else it speaks of.
FIELDS = ("item", "project", "task", "action", "status", "service", "easing", "scope")


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and FIELDS where set."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        said = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_text:
            said["traceback"] = record.exc_text
        return json.dumps(said, ensure_ascii=False)


class LogFile(logging.handlers.RotatingFileHandler):
    """A log, cut at LOG_BYTES. While it cannot be written (a full disk), that is told once, not for each line."""

    #: Over all logs of the process: they lie on one disk.
    _told = False

    def __init__(self, path: Path, *, kept: int = LOGS_KEPT) -> None:
        super().__init__(path, maxBytes=LOG_BYTES, backupCount=kept, encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Called where a record could not be written."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif not LogFile._told:
            LogFile._told = True
            _log.error("%s cannot be written: %s; lines are lost until it can", self.baseFilename, error.strerror)

    def close(self) -> None:
        """Close it; what could not be written is lost."""
        with suppress(OSError):
            super().close()


class ToConsole(logging.Handler):
    """Writes records for people: the time, and the message in the colour of its weight."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        from rich.text import Text

        line = Text(f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S} ", style="dim")
        style = getattr(record, "style", _STYLES.get(record.levelno, ""))
        line.append(one_entry(record.getMessage()), style=style)
        self._console.print(line, soft_wrap=True)


@contextmanager
def logging_to(home: Path, console: Console, redact: Redact) -> Iterator[None]:
    """Send the program's records to the console and to home/logs/twitter-pipeline.log."""
    file = LogFile(home / "logs" / "twitter-pipeline.log")
    file.setFormatter(JsonLines())
    handlers = [file, ToConsole(console)]
    root = logging.getLogger("twitter_pipeline")
    before = root.level
    root.setLevel(logging.INFO)
    for handler in handlers:
        handler.addFilter(redact)
        root.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
