"""What Dagster asks of a run launcher, where `up` does not run, and of runs it does not know."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import DefaultRunLauncher, LaunchRunContext, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from twitter_pipeline.launching.run_launcher import ForkingRunLauncher


@pytest.fixture
def launcher(tmp_path: Path) -> ForkingRunLauncher:
    return ForkingRunLauncher(str(tmp_path / "nobody"))


def run_with(tags: dict[str, str]) -> dg.DagsterRun:
    return dg.DagsterRun("publish_cats", tags=tags)


def test_monitoring_is_told_of_a_run_whose_process_went_with_its_server(launcher: ForkingRunLauncher) -> None:
    assert launcher.supports_check_run_worker_health
    assert launcher.check_run_worker_health(run_with({})).status is WorkerStatus.NOT_FOUND


def test_a_run_that_dagster_started_itself_is_not_taken_for_a_lost_one(launcher: ForkingRunLauncher) -> None:
    assert launcher.check_run_worker_health(run_with({GRPC_INFO_TAG: "{}"})).status is WorkerStatus.RUNNING


def test_without_a_server_dagster_starts_the_run_itself(
    launcher: ForkingRunLauncher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under `dagster dev` with this DAGSTER_HOME."""
    launched: list[LaunchRunContext] = []
    monkeypatch.setattr(DefaultRunLauncher, "launch_run", lambda _, context: launched.append(context))

    @dg.job
    def nothing() -> None:
        pass

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        launcher.register_instance(instance)
        origin = dg.reconstructable(_job).get_python_origin()
        run = instance.create_run_for_job(nothing, job_code_origin=origin)
        context = LaunchRunContext(run, workspace=None)
        launcher.launch_run(context)
    assert launched == [context]


@dg.job
def _job() -> None:
    pass
