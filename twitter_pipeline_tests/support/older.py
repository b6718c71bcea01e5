"""A database as an older release left it: the rows of this one, as far as it had a place for them."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store import schema
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import metadata
from twitter_pipeline_tests.support.restored import Backup, back_up

#: The schemas that were released: any may be what somebody upgrades from.
RELEASED = ("0001", "0002", "0003", "0004")


def make_older(engine: sa.Engine, version: str) -> Backup:
    """Make of the database one of that schema; the rows that it holds."""
    rows = back_up(engine)
    with writing(engine) as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE IF EXISTS task_names"))  # no table of ours: SQLite's index of names
        connection.execute(sa.text("DROP TABLE alembic_version"))
    schema.upgrade(engine, to=version)
    inspected = sa.inspect(engine)
    names = set(inspected.get_table_names())
    held: Backup = {}
    with writing(engine) as connection:
        for table in metadata.sorted_tables:
            if table.name not in names:
                continue
            columns = {column["name"] for column in inspected.get_columns(table.name)}
            of_table = [{name: value for name, value in row.items() if name in columns} for row in rows[table.name]]
            held[table.name] = sorted(of_table, key=str)
            if of_table:
                connection.execute(sa.insert(table), of_table)
            if (
                of_table
                and engine.dialect.name == "postgresql"
                and isinstance(table.primary_key.columns[0].type, sa.BigInteger)
            ):
                _count_on(connection, table)
    return held


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let the next row get the next number."""
    number = table.primary_key.columns[0]
    sequence = sa.func.pg_get_serial_sequence(table.name, number.name)
    connection.execute(sa.select(sa.func.setval(sequence, sa.select(sa.func.max(number)).scalar_subquery())))


def held_still(engine: sa.Engine, held: Backup) -> Backup:
    """Of the database's rows what `held` holds of them."""
    found: Backup = {}
    with reading(engine) as connection:
        for name, rows in held.items():
            columns = [metadata.tables[name].c[column] for column in rows[0]] if rows else [sa.true()]
            query = sa.select(*columns).select_from(metadata.tables[name])
            found[name] = sorted((dict(row) for row in connection.execute(query).mappings()), key=str)
    return found
