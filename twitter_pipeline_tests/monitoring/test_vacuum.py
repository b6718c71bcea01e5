"""Much of the SQLite file is empty: it is vacuumed once nothing is being posted, and never in a post's way."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.monitoring.actions import vacuum
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import publishing_log
from twitter_pipeline_tests.monitoring.conftest import MakeWatched, Watched
from twitter_pipeline_tests.monitoring.easing_world import alarm, apply, eased, names
from twitter_pipeline_tests.support.items import put_task, read_task, take

FRAGMENTED = [("sqlite_fragmented", "")]

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def path(engine: sa.Engine) -> Path:
    return Path(str(engine.url.database))


@pytest.fixture
def here(watched: MakeWatched) -> Watched:
    """With a task, and a database of more than 20 MB from which most was deleted."""
    made = watched()
    task_id = put_task(made.engine)
    with writing(made.engine) as connection:
        # Made by the database: what we write is looked through for secrets, and this is much.
        connection.execute(
            sa.text(
                "INSERT INTO publishing_log (task_id, action, status, message, details, created_at)"
                " WITH RECURSIVE line(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM line WHERE number < 400)"
                " SELECT :task, 'a', 's', hex(zeroblob(30000)), '{}', '2026-11-24 12:00:00' FROM line"
            ),
            {"task": task_id},
        )
        connection.execute(sa.delete(publishing_log).where(publishing_log.c.action == "a"))
    return made


def test_it_is_vacuumed_when_nothing_is_being_posted(here: Watched) -> None:
    prepared, size = here.engine, path(here.engine).stat().st_size
    task = 1  # the only one
    take(prepared, task)
    assert names(here.look()) == FRAGMENTED
    assert eased(prepared, here.now) == {"vacuum": 1}
    assert names(here.look()) == FRAGMENTED, "not while something is being posted"

    with writing(prepared) as connection:
        connection.execute(sa.text("UPDATE publishing_tasks SET status = 'completed'"))
    with closing(sqlite3.connect(path(prepared), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert vacuum.vacuum(path(prepared)) is None, "somebody writes"
    here.look()
    assert eased(prepared, here.now) == {}
    assert here.look() == []
    with writing(prepared) as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(sa.text("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'publishing_tasks'"))
    assert path(prepared).stat().st_size < size / 4
    assert read_task(prepared, task).status == "completed"

    later = here.now + timedelta(hours=1)
    apply(prepared, here.settings, [alarm("sqlite_fragmented", "", 40, 30)], later)
    assert eased(prepared, later) == {}, "not again so soon"


@pytest.mark.parametrize("why", ["room", "size", "time"])
def test_what_would_take_too_much_is_left(
    here: Watched, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if why == "room":
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))  # type: ignore[attr-defined]
    elif why == "size":
        monkeypatch.setattr(vacuum, "LARGEST", 1000)
    else:  # as when it takes longer than it may
        monkeypatch.setattr(
            vacuum,
            "_PROGRAM",
            vacuum._PROGRAM.replace("VACUUM", "SELECT 1").replace(
                f"signal.alarm({vacuum.SECONDS})", "signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()"
            ),
        )
    assert names(here.look()) == FRAGMENTED
    assert eased(here.engine, here.now) == {}
    assert names(here.look()) == FRAGMENTED, "it is as it was"
    said = {"room": "too little room on the disk", "size": "too large", "time": "given up after 15 s"}
    assert said[why] in caplog.text
