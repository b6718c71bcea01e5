"""One scan of a project at a time, whoever asks for it: the sensor, a command, the API.

Two at once would do no harm (`recording` makes each task once), only the work twice. Who scans holds a lock that ends
with its process, however that dies: beside the SQLite file, or PostgreSQL's own.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa

from twitter_pipeline.config import Project
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.scan import scan

#: Of PostgreSQL's locks, those of scans.
_LOCKS = 0x7363
#: Seconds between two tries.
_AGAIN = 0.05


def scan_in_turn(engine: sa.Engine, project: Project, *, time_box: timedelta, patience: float = 3.0) -> ScanReport:
    """`scan`, once nobody else scans the project; `busy` in the report, and nothing done, after `patience` seconds."""
    began = time.monotonic()
    while True:
        with _turn(engine, project.id) as is_mine:
            if is_mine:
                return scan(engine, project, time_box=time_box)
        if time.monotonic() - began >= patience:
            return ScanReport(busy=True, seconds=time.monotonic() - began)
        time.sleep(_AGAIN)


@contextmanager
def _turn(engine: sa.Engine, project_id: str) -> Iterator[bool]:
    """Hold the project's lock, unless somebody else does."""
    if engine.dialect.name == "sqlite":
        import fcntl

        file = os.open(f"{engine.url.database}.scan-{project_id}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_mine = True
            except BlockingIOError:
                is_mine = False
            yield is_mine
        finally:
            os.close(file)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Schemas (modes) of one database have projects of the same id.
        number = "hashtext(current_schema() || :project)"
        lock = {"locks": _LOCKS, "project": project_id}
        is_mine = bool(connection.scalar(sa.text(f"SELECT pg_try_advisory_lock(:locks, {number})"), lock))
        try:
            yield is_mine
        finally:
            if is_mine:
                connection.execute(sa.text(f"SELECT pg_advisory_unlock(:locks, {number})"), lock)
