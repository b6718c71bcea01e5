"""The run launcher named in dagster.yaml. Dagster's daemon and webserver make one each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, LaunchRunContext, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, serialize_value

from twitter_pipeline.launching.channel import ServerAway, ask


class ForkingRunLauncher(DefaultRunLauncher):
    """Has runs forked by `server`; where that does not run (`dagster dev`), does what Dagster does by default."""

    def __init__(self, socket: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(inst_data)
        self._socket = Path(socket)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What dagster.yaml says: the path of the server's socket."""
        return {"socket": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]) -> ForkingRunLauncher:
        """As dagster.yaml says."""
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start the run's process. Raises when that failed: Dagster fails the run then."""
        run = context.dagster_run
        origin = run.job_code_origin
        if origin is None:
            raise dg.DagsterInvariantViolationError(f"run {run.run_id} does not say where its code is")
        arguments = ExecuteRunArgs(job_origin=origin, run_id=run.run_id, instance_ref=self._instance.get_ref())
        question = {"do": "launch run", "run_id": run.run_id, "arguments": serialize_value(arguments)}
        try:
            answer = ask(self._socket, question)
        except ServerAway:
            super().launch_run(context)
            return
        if "pid" not in answer:
            raise RuntimeError(f"the run's process could not be started: {answer.get('error')}")

    def terminate(self, run_id: str) -> bool:
        """Tell the run to end; whether it was there to be told."""
        if self._state(run_id) != "alive":
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)  # first: the run asks whether a person has ended it
        return bool(ask(self._socket, {"do": "end run", "run_id": run_id})["told"])

    @property
    def supports_check_run_worker_health(self) -> bool:
        """So that Dagster's monitoring asks, and no run stays "started" whose process is gone."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the run's process lives."""
        if GRPC_INFO_TAG in run.tags:
            # Dagster's own launcher started it, and has no answer.
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        state = self._state(run.run_id)
        if state == "unknown":
            # Runs end with their server, so one that a new server does not know is gone.
            return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "its process is gone")
        # One that has ended has said how, or is about to be reported by the server.
        return CheckRunHealthResult(WorkerStatus.RUNNING if state == "alive" else WorkerStatus.SUCCESS)

    def _state(self, run_id: str) -> str:
        """`alive`, `ended`, or `unknown`."""
        try:
            return str(ask(self._socket, {"do": "look at run", "run_id": run_id})["state"])
        except ServerAway:
            return "unknown"
