"""Connecting: one engine for each process and database, with SQLite made as strict as PostgreSQL."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import redacting

#: How long a writer waits for another one, in seconds.
BUSY_TIMEOUT = 30


@functools.cache
def connect(url: str, *, pool_size: int = 2) -> sa.Engine:
    """The engine for `url` (`sqlite:///…` or `postgresql+psycopg2://…`), one a process and size.

    So many connections are kept open; a few more are opened when all are in use, and closed again.

    SQLite: WAL, foreign keys, `synchronous=FULL` (an intent to post must survive a power cut before the
    request leaves), and a folder readable by nobody else. PostgreSQL: `synchronous_commit`, for the same reason, also
    where its configuration has turned it off. No secret is written into either (`redacting`).
    """
    redacting.install()
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_size=pool_size, pool_pre_ping=True)
        sa.event.listen(engine, "connect", _make_commits_durable)
        return engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = sa.create_engine(url, pool_size=max(pool_size, 5), connect_args={"timeout": BUSY_TIMEOUT})

    @sa.event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where `_begin` says, not where pysqlite guesses
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A reader that turns writer is refused at once when somebody wrote meanwhile; a writer says so first.
        kind = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


def _make_commits_durable(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose selects see one state of the database."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # where each select would see what was written since the last one
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def asking(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection for a select that stands alone: PostgreSQL is asked nothing to begin and to end it."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: sa.Engine, *, keep: bool = True) -> Iterator[sa.Connection]:
    """A transaction: committed at the end, rolled back on any error. Without `keep` it only tries: nothing is kept."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        yield connection
        if not keep:
            transaction.rollback()
