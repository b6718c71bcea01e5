"""Tables that people keep, as rows of text under a row of names; those of a CSV file (`workbook` has XLSX)."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from twitter_pipeline.content.data import words
from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import Malformed, from_text

#: Of a table; what lies beyond is not looked at.
MOST_ROWS, MOST_COLUMNS = 50_000, 100
#: The names of the columns stand in one of the first rows: a title, or an empty row, may go before.
_HEADER_WITHIN = 10
_DELIMITERS = ",;\t|"
#: What tables are written in that are not UTF-8: the names of their columns are looked for as these.
_ENCODINGS = ("latin-1", "cp1251", "gb18030", "big5", "cp932", "cp949")
_HEAD = 100_000

#: Stands where a formula has no value.
NOT_SAVED = "\ufdd0formula"


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

    @cached_property
    def file_places(self) -> tuple[int, ...]:
        """Which columns do, from 0."""
        return tuple(place for place, name in enumerate(self.names) if _names_a_file(name))


def fault(cell: str) -> str | None:
    """Why a cell holds nothing that anybody wrote; None where it does."""
    if cell == NOT_SAVED:
        return "is a formula whose value was not saved; open and save it in a spreadsheet program"
    is_error = cell.startswith("#") and cell.strip() in words("formula_errors")
    return f"is the error {cell.strip()} of a formula; mend it" if is_error else None


def from_csv(content: bytes) -> Table:
    """The table in a file of values divided by commas, semicolons, tabs or bars. Raises Malformed."""
    # An export of another program is none of ours, whatever is wrong with it.
    try:
        text = from_text(content)
    except Malformed:
        if any(_is_ours(*_divided(content[:_HEAD].decode(encoding, "replace"))) for encoding in _ENCODINGS):
            raise  # the letters must be the right ones
        return Table()
    text, delimiter = _divided(text)
    return table_of(_rows(text, delimiter)) if _is_ours(text, delimiter) else Table()


def _is_ours(text: str, delimiter: str) -> bool:
    return _header_of(_head(text, delimiter)) is not None


def _divided(text: str) -> tuple[str, str]:
    """The rows of a text, and what divides them into cells."""
    if (said := re.match(r"\s*sep=(.)\s*\n", text)) is not None:  # a hint to Excel
        return text[said.end() :], said[1]
    return text, max(_DELIMITERS, key=lambda mark: _known(_head(text, mark)))


def _head(text: str, delimiter: str) -> list[list[str]]:
    try:
        lines = csv.reader(io.StringIO(text[:_HEAD], newline=""), delimiter=delimiter)
        return [row for row, _ in zip(lines, range(_HEADER_WITHIN), strict=False)]
    except csv.Error:
        return []


def _known(rows: Iterable[Sequence[str]]) -> int:
    return max((sum(meaning(name) is not None for name in row) for row in rows), default=0)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows of a CSV. Raises Malformed, also where a quotation mark takes the rows after it into its cell.

    One that is closed in its own line does no harm, whatever comes after it: `"The" cat`.
    """
    lines = list(io.StringIO(text, newline=""))
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begin = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            try:
                row, *more = csv.reader([lines[begin - 1], ""], delimiter=delimiter)
            except csv.Error:
                more = []
            if rows.line_num > begin or not more:
                why = f"no valid CSV: {error}, in the row that begins in line {begin}"
                raise Malformed(f"{why}; is a quotation mark not closed?") from error
        if row is None:
            return
        yield row


def table_of(rows: Iterable[Sequence[str]]) -> Table:
    """The rows under the one that names the columns; nothing where no column names files."""
    numbered = enumerate(rows, start=1)
    head = list(itertools.islice(numbered, _HEADER_WITHIN))
    at = _header_of([row for _, row in head])
    if at is None:
        return Table()
    return Table(tuple(head[at][1][:MOST_COLUMNS]), tuple(_filled(itertools.chain(head[at + 1 :], numbered))))


def _header_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Which row names the columns, one of files among them: the first, or one below with more known names.

    A title ("Video"), or the names of groups of columns, may stand above it, with gaps; below it no row of a medium,
    whose cells may be called like columns ("Video", "Post"), has more cells.
    """
    found, most = None, (0, 0)
    for number, row in enumerate(rows):
        if any(map(_names_a_file, row[:MOST_COLUMNS])):
            size = (_known([row]), sum(bool(cell.strip()) for cell in row))
            if found is None or all(more > less for more, less in zip(size, most, strict=True)):
                found, most = number, size
    return found


def _names_a_file(column: str) -> bool:
    return (found := meaning(column)) is not None and found[0] == "file"


def _filled(numbered: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number, row in numbered:
        if number > MOST_ROWS:
            return
        if any(row):
            yield number, tuple(row[:MOST_COLUMNS])
