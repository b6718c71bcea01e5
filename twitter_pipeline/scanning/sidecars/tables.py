"""Tables that people keep: CSV and XLSX, as rows of text under a row of names."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import MAX_BYTES, Malformed, from_text

#: Of a table; what lies beyond is not looked at.
MOST_ROWS, MOST_COLUMNS = 50_000, 100
#: The names of the columns stand in one of the first rows: a title, or an empty row, may go before.
_HEADER_WITHIN = 10
#: What a workbook may have unpacked, in bytes; and how many times what it has packed. A sheet of a small bomb takes
#: minutes and gigabytes.
_MOST_UNPACKED, _MOST_TIMES, _SMALL = MAX_BYTES, 50, 1_000_000
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Table:
    """A table with a column that names files; one without has neither names nor rows."""

    names: tuple[str, ...] = ()
    #: With the number people know them by, from 1; all of them strings.
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def names_files(self) -> bool:
        """Whether there is such a column."""
        return bool(self.names)


def from_csv(content: bytes) -> Table:
    """The table in a file of values divided by commas, semicolons, tabs or bars. Raises Malformed."""
    try:
        text = from_text(content)
    except Malformed:
        # An export of another program is none of ours; of a table that is, the letters must be the right ones.
        if _from_text(content.decode("latin-1")).names_files:
            raise
        return Table()
    return _from_text(text)


def _from_text(text: str) -> Table:
    if (said := re.match(r"\s*sep=(.)\s*\n", text)) is not None:  # a hint to Excel
        text, delimiters = text[said.end() :], said[1]
    else:
        delimiters = _DELIMITERS
    delimiter = max(delimiters, key=lambda mark: _known(_head(text, mark)))
    try:
        return _table(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Malformed(f"no valid CSV: {error}") from error


def _head(text: str, delimiter: str) -> list[list[str]]:
    try:
        lines = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
        return [row for row, _ in zip(lines, range(_HEADER_WITHIN), strict=False)]
    except csv.Error:
        return []


def _known(rows: Iterable[Sequence[str]]) -> int:
    return max((sum(meaning(name) is not None for name in row) for row in rows), default=0)


def from_xlsx(content: bytes) -> Table:
    """The first sheet of a workbook that names files. Raises Malformed."""
    import openpyxl  # takes a third of a second

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > min(_MOST_UNPACKED, _SMALL + _MOST_TIMES * len(content)):
            raise Malformed(f"unpacked it has {unpacked / 1e6:,.0f} MB; split it")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what only Excel shows
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets:
                rows = sheet.iter_rows(values_only=True, max_row=MOST_ROWS, max_col=MOST_COLUMNS)
                if (table := _table([_shown(cell) for cell in row] for row in rows)).names_files:
                    return table
    except Malformed:
        raise
    except Exception as error:  # what openpyxl raises on a broken part is not told apart by anything
        raise Malformed(
            f"no workbook that can be read ({type(error).__name__}); is it protected by a password?"
        ) from error
    return Table()


def _shown(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime) and cell.time() == time(0):
        cell = cell.date()
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell)


def _table(rows: Iterable[Sequence[str]]) -> Table:
    numbered = enumerate(rows, start=1)
    names: tuple[str, ...] = ()
    for number, row in numbered:
        if any((found := meaning(name)) is not None and found[0] == "file" for name in row[:MOST_COLUMNS]):
            names = tuple(row[:MOST_COLUMNS])
            break
        if number == _HEADER_WITHIN:
            break
    return Table(names, tuple(_filled(numbered))) if names else Table()


def _filled(numbered: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, row in numbered:
        if number > MOST_ROWS:
            return
        if any(row):
            yield number, tuple(row[:MOST_COLUMNS])
