"""A database that is put back as it was some time ago: what has happened since is not known in it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import metadata

#: All rows of all tables, by the table's name.
Backup = dict[str, list[dict[str, Any]]]


def back_up(engine: sa.Engine) -> Backup:
    """What the database holds."""
    with reading(engine) as connection:
        return {
            table.name: [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def restore(engine: sa.Engine, backup: Backup) -> None:
    """Put it back, and start: every timeline is to be looked through again."""
    with writing(engine) as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        for table in metadata.sorted_tables:
            if backup[table.name]:
                connection.execute(sa.insert(table), backup[table.name])
        accounts.look_again(connection)
