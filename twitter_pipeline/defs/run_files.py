"""With SQLite, the file that Dagster keeps of each run: made as small as what it says.

A good part of it is empty: for each of some thirty tables and indices a page at least, and the text that declares it.
Only the events are ever read there. Dagster's migrations, of which one chain serves all of its databases, ask whether
there is such a table before they change it.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from twitter_pipeline.defs.briefly import briefly, without_pictures

#: Bytes: the smallest there is.
PAGE = 512
#: The events; what Dagster deletes from, always empty, with the run; and by what it knows that nothing is missing.
_USED = ("event_logs", "asset_event_tags", "alembic_version")


def pack(path: Path, *, without: Sequence[str] | None) -> None:
    """Make a run's file small; `without` kinds of events and large pictures, or with all where that is None.

    Raises sqlite3.OperationalError while somebody else uses it; then nothing, or only a part of it, was done.
    """
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")  # in the other the size of pages cannot change
        if without is not None:
            for kind in without:
                database.execute("DELETE FROM event_logs WHERE dagster_event_type = ?", [kind])
            _tell_briefly(database)
        _drop_what_is_unused(database)
        database.execute(f"PRAGMA page_size = {PAGE}")
        database.execute("VACUUM")


def _tell_briefly(database: sqlite3.Connection) -> None:
    """Large pictures are left to the page of the partition."""
    for id, event in database.execute("SELECT id, event FROM event_logs").fetchall():
        brief = briefly(without_pictures(event))
        database.execute("UPDATE event_logs SET event = ? WHERE id = ?", [brief, id])


def _drop_what_is_unused(database: sqlite3.Connection) -> None:
    """With some twenty rows no index is needed either."""
    parts = database.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    for part in ("index", "table"):
        for type, name in parts:
            if type == part and name not in _USED and not name.startswith("sqlite_"):
                database.execute(f'DROP {part} "{name}"')
