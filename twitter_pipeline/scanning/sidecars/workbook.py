"""The table in a workbook: XLSX, as Excel, LibreOffice, Google Sheets and programs that export write it."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from twitter_pipeline.scanning.sidecars.document import MAX_BYTES, Malformed
from twitter_pipeline.scanning.sidecars.tables import MOST_COLUMNS, MOST_ROWS, NOT_SAVED, Table, fault, table_of

#: What a workbook may have unpacked, in bytes; and how many times what it has packed. A sheet of a small bomb takes
#: minutes and gigabytes.
_MOST_UNPACKED, _MOST_TIMES, _SMALL = MAX_BYTES, 50, 1_000_000
#: In the XML of a sheet: that there is a formula, and each range of merged cells.
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s+ref=["']([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})["']""")
_MOST_MERGED = 10_000
#: What programs write that leave the values of formulas to whoever opens the workbook; some put 0 there.
_UNCALCULATED = b"fullCalcOnLoad"


def from_xlsx(content: bytes) -> Table:
    """The first sheet of a workbook that names files, one that is hidden after the others. Raises Malformed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
            if unpacked > min(_MOST_UNPACKED, _SMALL + _MOST_TIMES * len(content)):
                raise Malformed(f"unpacked it has {unpacked / 1e6:,.0f} MB; split it")
            uncalculated = _UNCALCULATED in parts.read("xl/workbook.xml")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what only Excel shows
            book = _opened(content, values=True)
            for sheet in sorted(book.worksheets, key=lambda sheet: bool(sheet.sheet_state != "visible")):
                with sheet._get_source() as source:
                    xml = source.read()
                rows = _written(content, sheet, uncalculated) if _FORMULA.search(xml) else _plain(sheet)
                if (table := table_of(_spread(rows, _merged(xml)))).names_files:
                    return _of_files(table)
    except Malformed:
        raise
    except Exception as error:  # what openpyxl raises on a broken part is not told apart by anything
        raise Malformed(
            f"no workbook that can be read ({type(error).__name__}); is it protected by a password?"
        ) from error
    return Table()


def _opened(content: bytes, *, values: bool) -> Any:
    import openpyxl  # takes a third of a second

    return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)


def _plain(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS, max_col=MOST_COLUMNS):
        yield [_shown(cell) for cell in row]


def _written(content: bytes, sheet: Any, uncalculated: bool) -> Iterator[list[str]]:
    """The rows of a sheet with formulas, those told that have no value: nothing says so but the cells as written."""
    written = _opened(content, values=False)[sheet.title]

    def shown(cell: Any, as_written: object) -> str:
        if as_written is None:
            return ""
        # A value that is an empty text is none either, but has the type of one.
        is_missing = cell.value is None and cell.data_type != "str"
        if is_missing or (uncalculated and cell.value == 0 != as_written):
            return NOT_SAVED
        return _shown(cell.value)

    cells = sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS)
    for both in zip(cells, written.iter_rows(values_only=True, max_row=MOST_ROWS, max_col=MOST_COLUMNS), strict=False):
        yield list(map(shown, *both))


def _merged(xml: bytes) -> dict[int, list[tuple[int, int]]]:
    """Ranges of cells that are one, down a column: by their first row, that column (from 0) and their last row."""
    merged: dict[int, list[tuple[int, int]]] = {}
    for number, found in enumerate(_MERGED.finditer(xml)):
        if number == _MOST_MERGED:
            raise Malformed(f"it has more than {_MOST_MERGED:,} merged cells; unmerge them")
        column, first, last = _number_of(found[1]), int(found[2]), int(found[3])
        if first < last and column < MOST_COLUMNS:
            merged.setdefault(first, []).append((column, last))
    return merged


def _number_of(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _spread(rows: Iterable[list[str]], merged: Mapping[int, list[tuple[int, int]]]) -> Iterator[list[str]]:
    """The rows, with what stands in a merged cell in all of its rows that hold anything; in XLSX the first one does."""
    reaching: dict[int, tuple[int, str]] = {}
    for number, row in enumerate(rows, start=1):
        if any(row):
            for column, (last, text) in reaching.items():
                if number <= last and not row[column]:
                    row[column] = text
        for column, last in merged.get(number, ()):
            reaching[column] = last, row[column]
        yield row


def _of_files(table: Table) -> Table:
    """The table, if it says of each row whose it is."""
    for number, row in table.rows:
        if any(row[place] == NOT_SAVED for place in table.file_places):
            raise Malformed(f"row {number}: the name of the file {fault(NOT_SAVED)}")
    return table


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
