"""Files that commands write: whole or not at all, and what stands in a cell of a table."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from twitter_pipeline.cli import output
from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.config.redaction import plain
from twitter_pipeline.config.secrecy import redacted

#: What spreadsheets take for the beginning of a formula; the wide ones are read as the others in some languages.
_FORMULA = tuple("=+-@\t\r＝＋－＠")


@contextmanager
def opened(path: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or the file: there under its name only when it is whole."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)


def show_in_browser(file: Path) -> None:
    """Open it there, or say that there is none."""
    if not webbrowser.open(file.absolute().as_uri()):
        output.say("no browser was found to open it with")


class Encoded:
    """A binary file that takes text: each row of a table is encoded as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, row: str) -> int:
        """Write it as UTF-8."""
        return self._file.write(row.encode("utf-8", "replace"))


def cell(value: Any) -> str:
    """A value as a cell of a table that a spreadsheet may open; without secrets and control characters.

    What it would take for a formula begins with "'", so that it is a text.
    """
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = plain(redacted(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
