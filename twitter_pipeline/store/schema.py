"""The schema's version: looking at it, and bringing a database up to it.

Alembic is imported only when there is something to do; each run just compares one row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

#: The newest migration in `migrations/versions`; a test holds it to that folder.
HEAD = "0014"


class SchemaError(Exception):
    """The database is not at this program's version, and why it was not changed by itself."""


def version(engine: sa.Engine) -> str | None:
    """The version the database is at; None for an empty one."""
    try:
        with engine.connect() as connection:
            found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
        if "alembic_version" in str(error.orig):
            return None
        raise
    return None if found is None else str(found)


def ensure(engine: sa.Engine) -> None:
    """Make sure the database is at HEAD: an SQLite file is upgraded at once, after a copy was put beside it.

    Raises SchemaError where a person should decide: PostgreSQL that is not at HEAD, or a newer database.
    """
    found = version(engine)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise SchemaError(
            f"the database is at version {found}, newer than this program's {HEAD}; install the newer program"
        )
    if engine.dialect.name != "sqlite":
        raise SchemaError(
            f"the database is {'empty' if found is None else f'at version {found}'}, this program needs {HEAD};"
            " run: twitter-pipeline db upgrade"
        )
    upgrade(engine)


def upgrade(engine: sa.Engine, *, to: str | None = None) -> None:
    """Run the migrations up to HEAD, or `to`. Several processes may call it at once: one works, the rest wait."""
    with _one_at_a_time(engine):
        _make_namespace(engine)
        found = version(engine)
        if found == (to or HEAD):
            return
        if found is not None:
            _back_up(engine, found)
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            config.attributes["connection"] = connection
            command.upgrade(config, to or "head")


def _make_namespace(engine: sa.Engine) -> None:
    """Make the PostgreSQL schema that the URL names (config's `url_in_schema`)."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        path = str(connection.scalar(sa.text("SHOW search_path")))
        if path.isidentifier():  # not the server's own '"$user", public'
            connection.execute(sa.schema.CreateSchema(path, if_not_exists=True))


@contextmanager
def _one_at_a_time(engine: sa.Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        import fcntl

        with Path(f"{engine.url.database}.migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        return
    with engine.connect() as connection:
        number = 0x7477  # any number, the same in every process of ours
        connection.execute(sa.text("SELECT pg_advisory_lock(:n)"), {"n": number})
        try:
            yield
        finally:
            connection.execute(sa.text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def _back_up(engine: sa.Engine, found: str) -> None:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return
    copy = f"{engine.url.database}.before-{HEAD}-from-{found}"
    with closing(sqlite3.connect(engine.url.database)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
