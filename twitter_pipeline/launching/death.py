"""Telling Dagster of a run whose process died; in a process of its own, since it opens Dagster's database."""

from __future__ import annotations

import signal

import dagster as dg
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import deserialize_value


def tell_of_death(serialized: str, how: str) -> None:
    """Give the run with these arguments, whose process died, its end; `how` it died is for people."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    arguments = deserialize_value(serialized, ExecuteRunArgs)
    if arguments.instance_ref is None:
        return
    with dg.DagsterInstance.from_ref(arguments.instance_ref) as instance:
        found = instance.get_run_by_id(arguments.run_id)
        if found is None or found.is_finished:
            return
        message = f"The run's process {how}."
        if found.status is dg.DagsterRunStatus.CANCELING:
            instance.report_run_canceled(found, message=message)
        else:
            instance.report_run_failed(found, message=message)
