"""Keeping what was counted: rows in the place of those with the same keys, with one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from twitter_pipeline.store.inserting import insert_into


def store(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Put rows in the place of those with the same keys."""
    values = list(rows)
    if not values:
        return
    (keys,) = [
        [column.name for column in constraint.columns]
        for constraint in table.constraints
        if isinstance(constraint, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
        and "project_id" in [column.name for column in constraint.columns]
    ]
    replaced = [name for name in values[0] if name not in keys]
    statement = insert_into(connection, table)
    statement = statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in replaced}
    )
    if connection.dialect.name == "sqlite":
        connection.execute(statement, values)
        return
    # All as one value: each row would be a statement of its own, asked and answered by itself.
    columns = [sa.column(name, table.c[name].type) for name in values[0]]
    given = sa.func.json_to_recordset(sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON))
    given_rows = given.table_valued(*columns).render_derived("given", with_types=True)
    statement = statement.from_select(list(values[0]), sa.select(*given_rows.c))
    connection.execute(statement, {"rows": json.dumps(values, default=lambda when: when.isoformat())})
