"""`posts.csv` or `posts.xlsx`: a row for each medium, with a column that names its file.

Columns are known by what people call them in many languages (`columns`). A column may be for one language
(`title_de`), or a column `language` says in which a row is; unknown ones are kept for templates: `{{ extra.price }}`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from twitter_pipeline.content.language_codes import language_of
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.columns import meaning
from twitter_pipeline.scanning.sidecars.document import Document, Malformed
from twitter_pipeline.scanning.sidecars.listing import last_part
from twitter_pipeline.scanning.sidecars.reader import Answer, ByName, Passed, Refused, Wanted, Words
from twitter_pipeline.scanning.sidecars.tables import Table, fault

KIND = "table"
EXAMPLES: tuple[str, ...] = ("posts.csv", "posts.xlsx", "posts.tsv")
FIELDS: tuple[str, ...] = ("file", *fields.FIELDS, "language", "status")
SHARED = True
IN_LANGUAGES = True

Row = tuple[int, tuple[str, ...]]


def claims(name: str, /) -> bool:
    """Every table may be."""
    return name.endswith((".csv", ".tsv", ".xlsx"))


def names(wanted: Wanted, /) -> Iterable[str]:
    """Every table of the folder."""
    return ("*.csv", "*.xlsx", "*.tsv")


def understands(content: object, /) -> bool:
    """It has a column that names files."""
    return isinstance(content, Table) and content.names_files


def read(document: Document, wanted: Wanted, /) -> Answer:
    """The last row for the medium in the language wanted."""
    table = document.content
    if not isinstance(table, Table):
        raise Malformed("it is no table")
    if not table.names_files:
        return Passed("it has no column that names files, such as file or Dateiname")
    rows = document.once(by_medium)
    for number, cells in reversed(rows.of(wanted) or []):
        if (entry := _entry(table, number, cells, wanted)) is not None:
            if (why := fields.refusal(entry)) is not None:
                return Refused(f"row {number}: {why}")
            entry.pop("status", None)
            return Words(fields.read(entry), f"row {number}")
    return None


def by_medium(table: object) -> ByName[list[Row]]:
    """The rows by the name of their media, with and without its ending where that is one of a file."""
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    if isinstance(table, Table):
        for row in table.rows:
            named = {last_part(row[1][place].strip()) for place in table.file_places if place < len(row[1])}
            for name in named - {""}:
                rows[name].append(row)
    return ByName(rows)


def _entry(table: Table, number: int, cells: tuple[str, ...], wanted: Wanted) -> dict[str, object] | None:
    """A row as an entry of a batch file; None when it is in another language. Raises Malformed."""
    entry: dict[str, object] = {}
    language = wanted.language.casefold().replace("_", "-")
    in_language = False
    of_language: dict[str, object] = {}
    for name, cell in zip(table.names, cells, strict=False):
        known = meaning(name)
        if not cell.strip() or (known is None and fault(cell) is not None):
            continue
        if known is None:
            entry.setdefault(fields.text(name)[:100], fields.text(cell))
            continue
        field, said = known
        if field == "language":
            if _differs(cell, language):
                return None
            in_language = True
        elif said is not None:
            if not _differs(said, language):
                of_language[field] = cell
        elif field != "file":
            entry.setdefault(field, cell)
    if not (wanted.neutral or in_language or of_language):
        return None
    entry.update(of_language)
    for field, value in entry.items():
        if isinstance(value, str) and (why := fault(value)) is not None:
            raise Malformed(f"row {number}: its {field} {why}")
    return entry


def _differs(said: str, language: str) -> bool:
    # "English (en-US)" is English.
    said = said.partition("(")[0].strip().casefold().replace("_", "-")
    if language in (said, said.partition("-")[0]):
        return False
    return "-" in said or (known := language_of(said)) is None or known.code != language
