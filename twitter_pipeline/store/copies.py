"""Copies of databases while they are in use: each SQLite file at one moment, all of PostgreSQL at one moment."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa

#: Columns of a table, by the schema's part in the backup and its name.
Columns = dict[str, dict[str, list[str]]]
Add = Callable[[str, Path], None]


def copy_sqlite(source: Path, add: Add, name: str) -> None:
    """Add a copy of an SQLite file as it is at one moment, whoever writes to it."""
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=source.parent) as folder:
        copy = Path(folder) / "copy.db"
        with closing(sqlite3.connect(source, timeout=30)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
        add(name, copy)


def problem_of_sqlite(path: Path) -> str | None:
    """What is wrong with an SQLite file; None when it is whole."""
    try:
        with closing(sqlite3.connect(path)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if said == "ok" else str(said)


def copy_postgresql(engine: sa.Engine, schemas: Mapping[str, str], add: Add) -> Columns:
    """Add the rows of these schemas, part → schema, all as they are at one moment. Their columns."""
    copied: Columns = {}
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        for part, schema in schemas.items():
            copied[part] = {}
            inspected = sa.inspect(connection)
            for table in _in_order(inspected, schema):
                columns = [column["name"] for column in inspected.get_columns(table, schema=schema)]
                copied[part][table] = columns
                with tempfile.NamedTemporaryFile(prefix="rows-") as file:
                    _cursor(connection).copy_expert(f"COPY {_named(schema, table, columns)} TO STDOUT", file)
                    file.flush()
                    add(f"{part}/{table}.rows", Path(file.name))
    return copied


def load_postgresql(connection: sa.Connection, schema: str, columns: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Replace all rows of a schema's tables by those of the folder."""
    inspected = sa.inspect(connection)
    tables = _in_order(inspected, schema)
    cursor = _cursor(connection)
    cursor.execute("TRUNCATE " + ", ".join(_named(schema, table) for table in tables))
    for table in tables:
        if table not in columns:
            continue
        with (folder / f"{table}.rows").open("rb") as file:
            cursor.copy_expert(f"COPY {_named(schema, table, columns[table])} FROM STDIN", file)
        for column in inspected.get_columns(table, schema=schema):
            if "nextval" in str(column.get("default")):
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, %s), max({_quoted(column['name'])}))"  # noqa: S608
                    f" FROM {_named(schema, table)}",
                    (_named(schema, table), column["name"]),
                )


def _in_order(inspected: sa.Inspector, schema: str) -> list[str]:
    """The tables of a schema, those that others refer to first."""
    return [name for name, _ in inspected.get_sorted_table_and_fkc_names(schema=schema) if name is not None]


def _cursor(connection: sa.Connection) -> Any:
    """psycopg2's own: SQLAlchemy knows no COPY."""
    return connection.connection.cursor()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _named(schema: str, table: str, columns: Sequence[str] = ()) -> str:
    listed = f" ({', '.join(map(_quoted, columns))})" if columns else ""
    return f"{_quoted(schema)}.{_quoted(table)}{listed}"
