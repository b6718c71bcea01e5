"""What Dagster is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from twitter_pipeline.cli.up import home, instance
from twitter_pipeline.config import Settings, load

Loads = Callable[[str], Settings]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """Load a configuration from its text."""

    def loads(text: str) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return load(path, environ={})

    return loads


def test_dagster_accepts_what_is_written(loads: Loads, monkeypatch: pytest.MonkeyPatch) -> None:
    import dagster as dg

    settings = loads("dagster: {max_concurrent_runs: 3}")
    home.make(settings.home)
    instance.write_dagster_yaml(settings)
    monkeypatch.setenv("DAGSTER_HOME", str(settings.home / "dagster"))
    with dg.DagsterInstance.get() as made:
        assert made.get_concurrency_config().run_queue_config.max_concurrent_runs == 3  # type: ignore[union-attr]
        assert made.run_monitoring_enabled
        assert not made.run_retries_enabled
        assert not made.telemetry_enabled
        assert made.get_sensor_settings()["use_threads"]
        assert made.run_coordinator.dequeue_interval_seconds == 1  # type: ignore[union-attr]
        assert Path(made.root_directory) == settings.home / "dagster"


def test_a_failed_run_is_never_repeated_by_dagster(loads: Loads) -> None:
    assert "run_retries" not in instance.dagster_yaml(loads(""" mode: sandbox """))


def test_the_password_of_the_database_stands_in_no_file(loads: Loads) -> None:
    settings = loads("database_url: postgresql://me:hidden-word@db/one")
    home.make(settings.home)
    instance.write_dagster_yaml(settings)
    written = (settings.home / "dagster" / "dagster.yaml").read_text()
    assert "hidden-word" not in written
    named = yaml.safe_load(written)["storage"]["custom"]["config"]["postgres_url"]["env"]
    assert "hidden-word" in instance.environment(settings, {})[named]


def test_dagster_keeps_its_tables_in_a_schema_of_the_mode(loads: Loads) -> None:
    """Both sides have a table `alembic_version`: in one schema each would take the other's for its own."""
    url = sa.make_url(instance.storage_url(loads("database_url: postgresql://me:word@db/one")))
    assert url.query == {"options": "-csearch_path=dagster_sandbox"}
    assert (url.password, url.database, url.drivername) == ("word", "one", "postgresql+psycopg2")


def test_a_restart_with_the_same_settings_changes_no_file(loads: Loads) -> None:
    settings = loads("mode: sandbox")
    home.make(settings.home)
    instance.write_workspace_yaml(settings)
    written = (settings.home / "dagster" / "workspace.yaml").stat().st_ino
    instance.write_workspace_yaml(settings)
    assert (settings.home / "dagster" / "workspace.yaml").stat().st_ino == written


def test_processes_get_the_snapshot_and_compiled_bytecode(loads: Loads) -> None:
    settings = loads("mode: sandbox")
    passed = instance.environment(settings, {"PYTHONDONTWRITEBYTECODE": "1", "X_API_KEY": "kept"})
    assert passed["TWITTER_PIPELINE_CONFIG"] == str(settings.home / "config.yaml")
    assert passed["TWITTER_PIPELINE_BASE_DIR"] == str(settings.path.parent)
    assert passed["DAGSTER_HOME"] == str(settings.home / "dagster")
    assert passed["X_API_KEY"] == "kept"
    assert "PYTHONDONTWRITEBYTECODE" not in passed
