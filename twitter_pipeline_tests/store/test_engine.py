"""Connections and transactions: SQLite is as strict as PostgreSQL."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.tables import content_sources
from twitter_pipeline.store.tables import pauses as pauses_table
from twitter_pipeline_tests.support.items import NOW
from twitter_pipeline_tests.support.postgres import PostgresServer


def pause(engine: sa.Engine, name: str) -> None:
    with writing(engine) as connection:
        pauses.pause(connection, "project", name, "", now=NOW)


def count(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(pauses_table)) or 0


def test_a_process_has_one_engine_for_a_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    assert connect(url) is connect(url)
    assert connect(url) is not connect(f"sqlite:///{tmp_path / 'b.db'}")


def test_a_missing_folder_is_made_for_the_owner_only(tmp_path: Path) -> None:
    connect(f"sqlite:///{tmp_path / 'sandbox' / 'pipeline.db'}")
    assert stat.S_IMODE((tmp_path / "sandbox").stat().st_mode) == 0o700


def test_a_post_s_intent_survives_a_power_cut_on_sqlite(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'pipeline.db'}")
    with reading(engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_post_s_intent_survives_a_crash_of_a_server_that_was_told_to_be_fast(postgres: PostgresServer) -> None:
    with postgres.database() as url:
        engine = connect(url)
        with engine.connect() as connection:
            assert (
                connection.scalar(sa.text("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"))
                == "off"
            )
            assert connection.scalar(sa.text("SHOW synchronous_commit")) == "on"
        engine.dispose()


def test_a_transaction_that_breaks_leaves_nothing(engine: sa.Engine) -> None:
    def pause_and_break(connection: sa.Connection) -> None:
        pauses.pause(connection, "project", "cats", "", now=NOW)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"), writing(engine) as connection:
        pause_and_break(connection)
    with reading(engine) as connection:
        assert count(connection) == 0


def test_a_row_that_refers_to_nothing_is_refused(engine: sa.Engine) -> None:
    orphan = sa.insert(content_sources).values(
        project_id="nobody's", key="k", source_type="video", source_path=".", config={}, created_at=NOW, updated_at=NOW
    )
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as connection:
        connection.execute(orphan)


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(engine: sa.Engine) -> None:
    with reading(engine) as connection:
        assert count(connection) == 0
        pause(engine, "cats")
        assert count(connection) == 0
    with reading(engine) as connection:
        assert count(connection) == 1


def test_a_reader_keeps_no_writer_waiting(engine: sa.Engine) -> None:
    with reading(engine) as connection, ThreadPoolExecutor(1) as other:
        count(connection)
        other.submit(pause, engine, "cats").result(timeout=10)


def test_writers_wait_for_each_other_instead_of_failing(engine: sa.Engine) -> None:
    def pause_many(worker: int) -> None:
        for number in range(20):
            with writing(engine) as connection:
                before = count(connection)
                pauses.pause(connection, "project", f"{worker}-{number}", "", now=NOW)
                assert count(connection) > before

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(pause_many, range(4)))
    with reading(engine) as connection:
        assert count(connection) == 80
