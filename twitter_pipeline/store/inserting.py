"""INSERT that says what is to be done where the row is there already: by each database's own words."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`; SQLAlchemy's general one has neither."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
