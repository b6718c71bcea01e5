"""Dagster's storage in PostgreSQL, named in dagster.yaml: what a run plans is written at once.

Dagster's own writes an event for each partition of a run before it starts, one by one, each over two new connections:
a month's hours took it 20 s, and it takes a run for dead that does not start within a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster._core.events import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config

_PLANNED = DagsterEventType.ASSET_MATERIALIZATION_PLANNED


class PlannedAtOnce(DagsterPostgresStorage):
    """Dagster's own, with another log of events."""

    def __init__(
        self,
        postgres_url: str,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        super().__init__(postgres_url, should_autocreate_tables, inst_data)
        # Not another one beside it: each looks at its tables when it is made, in every run.
        self._event_log_storage.__class__ = _Events

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PlannedAtOnce:
        """As Dagster makes it from dagster.yaml."""
        create = config_value.get("should_autocreate_tables", True)
        return cls(pg_url_from_config(config_value), create, inst_data)


class _Events(PostgresEventLogStorage):
    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        planned = [event for event in events if event.dagster_event_type == _PLANNED]
        if len(planned) < 2:
            super().store_event_batch(events)
            return
        insert = SqlEventLogStorageTable.insert().returning(SqlEventLogStorageTable.c.id)
        with self._connect() as connection:
            rows = [self._event_to_row(event) for event in planned]
            newest = max(connection.execute(insert, rows).scalars())
        # Of each asset Dagster keeps which run plans it; an event's number it keeps only of what was done.
        last = {event.get_dagster_event().asset_key: event for event in planned}
        with self.index_transaction() as connection:
            for event in last.values():
                self._store_asset_event(connection, event, newest)
        others = [event for event in events if event.dagster_event_type != _PLANNED]
        if others:
            super().store_event_batch(others)
