"""With SQLite, the file that Dagster keeps of each run: made as small as what it says.

A good part of it is empty: for each of some thirty tables and indices a page at least, and the text that declares it.
Only the events are ever read there. Dagster's migrations, of which one chain serves all of its databases, ask whether
there is such a table before they change it.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg

from twitter_pipeline.defs.briefly import briefly

#: Bytes: the smallest there is.
PAGE = 512
#: Characters: pictures with more are on the page of the partition only.
LARGE = 2_000
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
    for id, kind, event in database.execute("SELECT id, dagster_event_type, event FROM event_logs").fetchall():
        told = _without_large_pictures(event) if kind == dg.DagsterEventType.ASSET_MATERIALIZATION.value else event
        database.execute("UPDATE event_logs SET event = ? WHERE id = ?", [briefly(told), id])


def _without_large_pictures(event: str) -> str:
    """Those are on the page of the partition."""
    said = json.loads(event)
    made = said["dagster_event"]["event_specific_data"]["materialization"]
    made["metadata_entries"] = [one for one in made["metadata_entries"] if not _is_large_picture(json.dumps(one))]
    return json.dumps(said)


def _is_large_picture(entry: str) -> bool:
    return len(entry) > LARGE and "(data:image/" in entry


def _drop_what_is_unused(database: sqlite3.Connection) -> None:
    """With some twenty rows no index is needed either."""
    parts = database.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    for part in ("index", "table"):
        for type, name in parts:
            if type == part and name not in _USED and not name.startswith("sqlite_"):
                database.execute(f'DROP {part} "{name}"')
