"""Dagster's daemon as a service of ours."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon import controller
from dagster._daemon.backfill import execute_backfill_iteration_loop

from twitter_pipeline.launching import daemon


class Waits(threading.Event):
    """Ends the loop when it waits, and knows how long it meant to."""

    seconds: float | None = None

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds = timeout
        raise StopAsyncIteration


def test_it_looks_for_backfills_every_few_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller, "DEFAULT_DAEMON_INTERVAL_SECONDS", controller.DEFAULT_DAEMON_INTERVAL_SECONDS)
    daemon.look_often()
    waits = Waits()
    with (
        dg.instance_for_test(temp_dir=str(tmp_path)) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as context,
        pytest.raises(StopAsyncIteration),
    ):
        list(execute_backfill_iteration_loop(context, logging.getLogger(__name__), waits))
    assert waits.seconds is not None
    assert 0 < waits.seconds <= 5
