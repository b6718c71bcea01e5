"""How commands speak: tables for people, JSON for programs, and the words and colours both `up` and `status` use."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twitter_pipeline.config.redaction import one_entry, plain, plain_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Columns of a table that goes to a file or a pipe.
_FILE_WIDTH = 240

#: The option of commands whose answer a program may want. With it, nothing else goes to standard output.
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def console() -> Console:
    """Standard output for people. Where it is no terminal, lines are as long as they need to be."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Plain(Console):
        """What files and servers are called and say is text: nothing in it moves the cursor or ends a line early."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else segment._replace(text=plain(segment.text))

    return Plain(highlight=False, width=None if sys.stdout.isatty() else _FILE_WIDTH)


def table(*head: str, last: str | None = None, show_header: bool = True) -> Table:
    """A table as all are: no lines around it. Of a column `last` what is too long goes on below."""
    from rich.table import Table

    made = Table(*head, box=None, pad_edge=False, show_header=show_header)
    if last is not None:
        made.add_column(last, overflow="fold")
    return made


def warn_of_some(console: Console, said: Sequence[str], most: int) -> None:
    """What went wrong, a line each; of more than `most` the number."""
    for line in said[:most]:
        console.print(f"  {line}", style="yellow", markup=False, soft_wrap=True)
    if (more := len(said) - most) > 0:
        console.print(f"  … and {more:,} more; --json has them all", style="yellow", markup=False)


def say(text: str) -> None:
    """One line, whatever stands in it."""
    typer.echo(one_entry(text))


def print_json(value: Any) -> None:
    """The value as one JSON document; times as ISO 8601."""
    typer.echo(plain_json(json.dumps(value, ensure_ascii=False, indent=2, default=_plain)))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def when(moment: datetime | None) -> str:
    """A time for people, in UTC like all of Dagster's and the log's; a dash for none."""
    return "–" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
