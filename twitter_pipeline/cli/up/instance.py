"""What Dagster is told: dagster.yaml, workspace.yaml, and the environment of all processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from twitter_pipeline.cli.up import home
from twitter_pipeline.config import BASE_DIR_VARIABLE, CONFIG_VARIABLE, Settings
from twitter_pipeline.launching.channel import socket_path
from twitter_pipeline.launching.graphql import LOCATION

MODULE = "twitter_pipeline.definitions"
#: The code server, by the name of its socket.
CODE = "code"
#: Holds the URL of Dagster's storage, so that its password stands in no file.
STORAGE_VARIABLE = "TWITTER_PIPELINE_DAGSTER_STORAGE"

_HEADER = "# Written by `twitter-pipeline up`, which overwrites what is changed here.\n"


def write_dagster_yaml(settings: Settings) -> None:
    """Write home/dagster/dagster.yaml where it changed."""
    _write(settings.home / "dagster" / "dagster.yaml", dagster_yaml(settings))


def write_workspace_yaml(settings: Settings) -> None:
    """Write home/dagster/workspace.yaml where it changed."""
    _write(settings.home / "dagster" / "workspace.yaml", workspace_yaml(settings))


def dagster_yaml(settings: Settings) -> dict[str, Any]:
    """The instance's configuration. Without `storage`, Dagster keeps SQLite files in DAGSTER_HOME."""
    said: dict[str, Any] = {}
    if settings.database_url is not None:
        said["storage"] = {
            "custom": {
                "module": "twitter_pipeline.launching.storage",
                "class": "PlannedAtOnce",
                "config": {"postgres_url": {"env": STORAGE_VARIABLE}},
            }
        }
    return said | {
        "run_coordinator": {
            "module": "twitter_pipeline.launching.run_queue",
            "class": "EasedRunCoordinator",
            # Below `concurrency`, the number of runs would be fixed.
            "config": {"dequeue_interval_seconds": 1, "max_concurrent_runs": settings.dagster.max_concurrent_runs},
        },
        # By run: by op, a crashed holder keeps its slot.
        "concurrency": {"pools": {"granularity": "run"}},
        "run_launcher": {
            "module": "twitter_pipeline.launching.run_launcher",
            "class": "ForkingRunLauncher",
            "config": {"socket": str(socket_path(settings.home))},
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": 60,
            "cancel_timeout_seconds": 20,
            # The last resort: each wait of a run has its own limit, and an upload may be slow. But one that takes
            # longer than this X has forgotten by its end.
            "max_runtime_seconds": 86_400,
            "poll_interval_seconds": 30,
        },
        # `run_retries` is absent on purpose: it repeats side effects. The task table decides about retries.
        # Without threads one project's slow scan holds up every other sensor.
        "sensors": {"use_threads": True, "num_workers": 4, "num_submit_workers": 4},
        "schedules": {"use_threads": True, "num_workers": 2},
        # A tick every five seconds for each project: what did nothing is not worth keeping.
        "retention": {"sensor": {"purge_after_days": {"skipped": 1, "started": 1, "success": 30, "failure": 30}}},
        # Dagster's own starts four processes a run to copy what it prints to a terminal.
        "compute_logs": {
            "module": "twitter_pipeline.defs.compute_logs",
            "class": "QuietComputeLogs",
            "config": {"base_dir": str(settings.home / "dagster" / "storage")},
        },
        "auto_materialize": {"enabled": False},
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }


def workspace_yaml(settings: Settings) -> dict[str, Any]:
    """Where webserver and daemon find our code."""
    server = {"socket": str(socket_path(settings.home, CODE)), "location_name": LOCATION}
    return {"load_from": [{"grpc_server": server}]}


def environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What all processes run with. Secrets that config.yaml takes from the environment stay there."""
    # Without compiled bytecode a run costs three times as much.
    passed = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    passed |= {
        CONFIG_VARIABLE: str(settings.home / "config.yaml"),
        BASE_DIR_VARIABLE: str(settings.base_dir),
        "DAGSTER_HOME": str(settings.home / "dagster"),
        "PYTHONUNBUFFERED": "1",
        # Of a backfill in one run, the events of so many partitions at once: a year's hours take minutes otherwise.
        "DAGSTER_EVENT_BATCH_SIZE": "1000",
    }
    if settings.database_url is not None:
        passed[STORAGE_VARIABLE] = storage_url(settings)
    return passed


def storage_url(settings: Settings) -> str:
    """Dagster's own schema in our PostgreSQL database."""
    return settings.url_in_schema(_schema(settings))


def make_storage_schema(settings: Settings, engine: sa.Engine) -> None:
    """Make the schema that `storage_url` names; each mode has its own."""
    if settings.database_url is not None:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema(_schema(settings), if_not_exists=True))


def _schema(settings: Settings) -> str:
    return f"dagster_{settings.mode}"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    home.write_if_changed(path, (_HEADER + yaml.safe_dump(content, sort_keys=False)).encode())
