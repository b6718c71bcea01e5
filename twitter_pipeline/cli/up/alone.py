"""One pipeline for each database: the lock of a data folder does not guard a PostgreSQL that two folders name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from twitter_pipeline.cli.database import database_errors
from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.config import Settings

#: Any number, the same in every process of ours.
_KIND = 0x7478


@contextmanager
def alone_in_database(settings: Settings) -> Iterator[None]:
    """Hold the tables of this mode. Raises CannotStart when an `up` with another folder, or on another machine, does.

    Dagster's storage is in the same database: two daemons would both work on every run. PostgreSQL lets go of it when
    the connection ends, whatever ended it.
    """
    if settings.database_url is None:
        yield
        return
    import sqlalchemy as sa

    from twitter_pipeline.store.engine import connect

    with database_errors():
        # Outside a transaction, which would be open for days, and outside the pool, where it would stay held.
        connection = connect(settings.sqlalchemy_url).connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()
    with connection:
        with database_errors():
            held = connection.scalar(
                sa.text("SELECT pg_try_advisory_lock(:kind, hashtext(:mode))"), {"kind": _KIND, "mode": settings.mode}
            )
        if not held:
            raise CannotStart(
                f"another pipeline works on this database in {settings.mode} mode, with another data_dir or on another"
                " machine; stop it first, or give this one a database_url of its own"
            )
        yield
