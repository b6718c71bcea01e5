"""Much of the SQLite file is empty: it is vacuumed once nothing is being posted, and never in a post's way."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.actions import vacuum
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.publishing.session import utc_now
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import publishing_log
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.monitoring.easing_world import alarm, apply, eased, measured
from twitter_pipeline_tests.support.items import put_task, read_task, take

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def path(engine: sa.Engine) -> Path:
    return Path(str(engine.url.database))


def free(engine: sa.Engine) -> float:
    """Percent of its pages that are free."""
    with closing(sqlite3.connect(path(engine))) as database:
        pages, unused = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    return 100 * unused / pages


def alarms(engine: sa.Engine) -> list[Alarm]:
    return measured("sqlite_fragmented", free(engine), 30)


@pytest.fixture
def declared(settings: MakeSettings) -> Settings:
    return settings()


@pytest.fixture
def task(prepared: sa.Engine, declared: Settings) -> int:
    """A task, in a database from which most was deleted."""
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        line = {"task_id": task_id, "action": "a", "status": "s", "message": "m" * 1000, "details": {}}
        connection.execute(sa.insert(publishing_log), [{**line, "created_at": utc_now()}] * 3000)
        connection.execute(sa.delete(publishing_log).where(publishing_log.c.action == "a"))
    return task_id


def test_it_is_vacuumed_when_nothing_is_being_posted(prepared: sa.Engine, declared: Settings, task: int) -> None:
    size, at = path(prepared).stat().st_size, utc_now()
    take(prepared, task)
    assert alarms(prepared)
    apply(prepared, declared, alarms(prepared), at)
    assert eased(prepared, at) == {"vacuum": 1}
    assert alarms(prepared), "not while something is being posted"

    with writing(prepared) as connection:
        connection.execute(sa.text("UPDATE publishing_tasks SET status = 'completed'"))
    with closing(sqlite3.connect(path(prepared), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert vacuum.vacuum(path(prepared)) is None, "somebody writes"
    apply(prepared, declared, alarms(prepared), at + timedelta(minutes=1))
    assert eased(prepared, at) == {}
    assert not alarms(prepared)
    with writing(prepared) as connection:
        assert connection.scalar(sa.text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(sa.text("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'publishing_tasks'"))
    assert path(prepared).stat().st_size < size / 4
    assert read_task(prepared, task).status == "completed"

    apply(prepared, declared, [alarm("sqlite_fragmented", "", 40, 30)], at + timedelta(hours=1))
    assert eased(prepared, at + timedelta(hours=1)) == {}, "not again so soon"


@pytest.mark.parametrize("why", ["room", "size", "time"])
def test_what_would_take_too_much_is_left(
    prepared: sa.Engine,
    declared: Settings,
    task: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
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
    before = free(prepared)
    apply(prepared, declared, alarms(prepared))
    assert eased(prepared) == {}
    assert free(prepared) == before
    said = {"room": "too little room on the disk", "size": "too large", "time": "given up after 15 s"}
    assert said[why] in caplog.text
