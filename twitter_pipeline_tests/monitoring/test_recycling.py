"""A service that grew is started anew, in a quiet moment, once an hour at most."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up import fleet as fleet_module
from twitter_pipeline.cli.up import recycling
from twitter_pipeline.cli.up.fleet import Fleet
from twitter_pipeline.cli.up.processes import Service
from twitter_pipeline.cli.up.recycling import Recycling
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.actions.recycling import AGAIN_AFTER, SERVICES, WITHIN
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.monitoring import growing_process
from twitter_pipeline_tests.monitoring.easing_world import alarm, apply, eased, measured
from twitter_pipeline_tests.support.items import put_task, queue
from twitter_pipeline_tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
DAEMON = "recycling daemon"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def declared(settings: MakeSettings) -> Settings:
    return settings()


@pytest.fixture
def fleet(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """The daemon's place is held by a process that grows when it is told to."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "grow").touch()
    if "stubborn" in request.node.name:
        (tmp_path / "stubborn").touch()
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    made = Fleet(tmp_path, environment, logging.Filter())
    made.start(Service("daemon", (growing_process.__name__,), forked=False))
    yield made
    for process in made.everybody():
        process.signal(signal.SIGKILL, group=True)
        process.wait()


def memory(fleet: Fleet, folder: Path) -> list[Alarm]:
    """The alarm of the process that holds the daemon's place."""
    wait_for((folder / "started").exists, 60, "the process to be up")
    used = psutil.Process(fleet.process("daemon").pid).memory_info().rss
    return measured("memory", used / 1e6, 100, scope="daemon")


@pytest.mark.parametrize("how", ["as it is told", "stubborn"])
def test_it_is_started_anew_and_small_again(
    prepared: sa.Engine,
    declared: Settings,
    fleet: Fleet,
    tmp_path: Path,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if how == "stubborn":
        monkeypatch.setattr(fleet_module, "ENDS_WITHIN", 0.1)
    up, task_id = Recycling(prepared, fleet, every=timedelta(0)), put_task(prepared)
    grown, pid = memory(fleet, tmp_path), fleet.process("daemon").pid
    assert grown
    apply(prepared, declared, grown)
    assert eased(prepared) == {DAEMON: 1}

    queue(prepared, task_id)
    up.look(declared)
    assert eased(prepared) == {DAEMON: 1}, "a run is being requested"
    with writing(prepared) as connection:
        connection.execute(sa.text("UPDATE publishing_tasks SET status = 'running'"))
    (tmp_path / "started").unlink()
    up.look(declared)
    assert eased(prepared) == {}

    def is_another() -> bool:
        fleet.tend()
        return fleet.process("daemon").pid != pid

    wait_for(is_another, 30, "the service to be started again")
    assert "ended with exit code" not in caplog.text, "that would be a death, with a wait"
    assert memory(fleet, tmp_path) == []
    apply(prepared, declared, [alarm("memory", "daemon", 200, 100)])
    assert eased(prepared) == {}, "not twice within an hour"
    apply(prepared, declared, [alarm("memory", "daemon", 200, 100)], utc_now() + AGAIN_AFTER)
    assert eased(prepared, utc_now() + AGAIN_AFTER) == {DAEMON: 1}


def test_where_no_moment_is_quiet_it_is_done_all_the_same(
    prepared: sa.Engine, declared: Settings, fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recycling, "PATIENCE", timedelta(0))
    queue(prepared, put_task(prepared))
    apply(prepared, declared, memory(fleet, tmp_path))
    Recycling(prepared, fleet, every=timedelta(0)).look(declared)
    assert eased(prepared) == {}


def test_runs_and_their_launcher_are_left_alone_and_without_up_it_ends_by_itself(
    prepared: sa.Engine, declared: Settings
) -> None:
    apply(
        prepared,
        declared,
        [alarm("memory", name, 200, 100) for name in (*SERVICES, "launcher", "run", "sandbox", "up")],
    )
    assert eased(prepared) == {f"recycling {name}": 1 for name in SERVICES}
    assert eased(prepared, utc_now() + WITHIN) == {}
    apply(prepared, declared, [], utc_now())
    assert eased(prepared) == {}
