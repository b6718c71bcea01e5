"""Much of the SQLite file is empty: it is vacuumed and analyzed while nothing is being posted.

VACUUM keeps all writers out, for a second or so for each 100 MB. It is done in a process of its own that ends itself
well before a writer would give up, so that a post that begins meanwhile only waits. Dagster's index is
packed in the same way, once a week (`defs.packing`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.monitoring.actions import LASTS, Now, said
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import VACUUM
from twitter_pipeline.store.engine import BUSY_TIMEOUT, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

#: It is not done again sooner, whatever came of it.
AGAIN_AFTER = timedelta(hours=12)
#: It is given up after so many seconds.
SECONDS = BUSY_TIMEOUT // 2
#: A larger file would take too long, in bytes.
LARGEST = 1_000_000_000
#: So much room beside twice the file's size: for the copy, and for the log that it goes through.
ROOM = 100_000_000

#: What that process does. It ends by itself, whoever is still there.
_PROGRAM = f"""
import signal, sqlite3, sys
signal.alarm({SECONDS})
database = sqlite3.connect(sys.argv[1], timeout=1, isolation_level=None)
database.execute("PRAGMA synchronous=FULL")
database.execute("VACUUM")
if sys.argv[2:] == ["analyze"]:
    database.execute("PRAGMA analysis_limit=1000")
    database.execute("ANALYZE")
database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""


def ease(now: Now) -> None:
    """Begin when the alarm is new, act when nothing is being posted, end in any case."""
    if now.engine.dialect.name != "sqlite" or not now.engine.url.database:
        return
    path = Path(now.engine.url.database)
    alarms = now.named("sqlite_fragmented")
    with writing(now.engine) as connection:
        easing = easings.in_force(connection, VACUUM, now=now.at)
        if easing is None:
            last = easings.last_began(connection, VACUUM)
            if not alarms or (last is not None and now.at - last < AGAIN_AFTER):
                return
            easings.begin(connection, VACUUM, "", 1, said(alarms[0]), now=now.at, until=now.at + LASTS)
            easing = easings.in_force(connection, VACUUM, now=now.at)
        if easing is None:
            return
        why = "no such alarm is open any more" if not alarms else impossible(path)
        if why is not None:
            easings.end(connection, easing, why, now=now.at)
            return
        easings.renew(connection, easing, until=now.at + LASTS)
        if is_posting(connection):
            return
    if (came_of_it := vacuum(path)) is not None:
        with writing(now.engine) as connection:
            easings.end(connection, easing, came_of_it, now=now.at)


def vacuum(path: Path, *, analyze: bool = True) -> str | None:
    """Do it; what came of it, for people, or None where somebody was just writing. Blocks for SECONDS at most."""
    before = path.stat().st_size
    # The copy is made where the file is, not where temporary files are: that may be memory.
    environment = {**os.environ, "SQLITE_TMPDIR": str(path.parent)}
    ended = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-I", "-c", _PROGRAM, str(path), *(["analyze"] if analyze else [])],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode == 0:
        return f"vacuumed: {before / 1e6:.1f} MB became {path.stat().st_size / 1e6:.1f} MB"
    if "database is locked" in ended.stderr:
        return None
    if ended.returncode < 0:
        return f"given up after {SECONDS} s: nothing was changed"
    return f"nothing was changed: {(ended.stderr.strip().splitlines() or ['it does not say why'])[-1]}"


def impossible(path: Path) -> str | None:
    """Why it cannot be done, for people; None where it can."""
    size = path.stat().st_size
    if size > LARGEST:
        return f"the file is too large to keep all others out of it ({size / 1e9:.1f} GB); stop `up`, then run VACUUM"
    room = shutil.disk_usage(path.parent).free
    if room < 2 * size + ROOM:
        return f"there is too little room on the disk: {room / 1e6:.0f} MB of {(2 * size + ROOM) / 1e6:.0f} MB"
    return None


def is_posting(connection: sa.Connection) -> bool:
    """Whether some item is queued or a run works on it."""
    under_way = publishing_tasks.c.status.in_([Status.QUEUED.value, Status.RUNNING.value])
    return connection.scalar(sa.select(publishing_tasks.c.id).where(under_way).limit(1)) is not None
