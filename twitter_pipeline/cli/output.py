"""How commands speak: tables for people, JSON for programs, and the words and colours both `up` and `status` use."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a table that goes to a file or a pipe.
_FILE_WIDTH = 240

#: The option of commands whose answer a program may want. With it, nothing else goes to standard output.
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def console() -> Console:
    """Standard output for people. Where it is no terminal, lines are as long as they need to be."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)


def print_json(value: Any) -> None:
    """The value as one JSON document; times as ISO 8601."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def when(moment: datetime | None) -> str:
    """A time for people, in UTC like all of Dagster's and the log's; a dash for none."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
