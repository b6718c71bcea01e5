"""What the server does before it forks."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from dagster._core.storage import sql

from twitter_pipeline.launching import preload
from twitter_pipeline.store import schema


def test_dagsters_migrations_are_read_once_and_ours_are_found_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptDirectory, "from_config", ScriptDirectory.from_config)  # so that it is put back
    preload._keep_migrations_of_dagster()
    runs, events = (sql.get_alembic_config(path, script_location=None) for path in ("runs.py", "events.py"))
    assert ScriptDirectory.from_config(runs) is ScriptDirectory.from_config(events)

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        for storage in (instance.run_storage, instance.event_log_storage, instance.schedule_storage):
            version = storage.alembic_version()
            assert version is not None
            assert version[0] == version[1] is not None
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'ours.db'}")
    schema.upgrade(engine)
    assert schema.version(engine) == schema.HEAD
    engine.dispose()
