"""Markdown for Dagster's pages: its plain text loses line ends, and shows a list of records as JSON."""

import re
from collections.abc import Sequence

from twitter_pipeline.store.log import Line

#: Lines of the log shown at most: metadata lives in Dagster's event log, and an item may have waited often.
MOST_LINES = 50

_ADDRESS = re.compile(r"(https?://[^\s<>\x00-\x20\x7f]+)")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def exact(text: str) -> str:
    """Markdown that shows `text` as it is: every line end, no `*` taken for emphasis; addresses become links."""
    parts = _ADDRESS.split(text)
    parts[::2] = [_PUNCTUATION.sub(r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"<{address}>" for address in parts[1::2]]
    return "".join(parts).replace("\n", "  \n")


def history(lines: Sequence[Line]) -> str:
    """The last lines of an item's log, oldest first, times in UTC."""
    return "\n".join(
        f"- {line.created_at:%Y-%m-%d %H:%M:%S} **{exact(line.action)}** {exact(' '.join(line.message.split()))}"
        for line in lines[-MOST_LINES:]
    )
