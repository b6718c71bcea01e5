"""Keeping what was counted: rows in the place of those with the same keys, with one statement."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


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
    if connection.dialect.name == "sqlite":
        here = sqlite.insert(table)
        here = here.on_conflict_do_update(index_elements=keys, set_={name: here.excluded[name] for name in replaced})
        connection.execute(here, values)
        return
    # All as one value: each row would be a statement of its own, asked and answered by itself.
    columns = [sa.column(name, table.c[name].type) for name in values[0]]
    given = sa.func.json_to_recordset(sa.cast(sa.bindparam("rows", type_=sa.Text), postgresql.JSON))
    given_rows = given.table_valued(*columns).render_derived("given", with_types=True)
    there = postgresql.insert(table).from_select(list(values[0]), sa.select(*given_rows.c))
    there = there.on_conflict_do_update(index_elements=keys, set_={name: there.excluded[name] for name in replaced})
    connection.execute(there, {"rows": json.dumps(values, default=lambda when: when.isoformat())})
