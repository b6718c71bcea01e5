"""Launching a run in the Dagster that `up` has started, and waiting for its end: by GraphQL, as its pages do."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import typer

from twitter_pipeline.cli.up.dagster_api import DagsterAway, ask
from twitter_pipeline.cli.up.instance import LOCATION
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    from twitter_pipeline.store.tasks import Task

#: Seconds between two looks at the run.
LOOK = 0.5
#: A run that has not begun after so long (seconds) waits for others to end.
USUAL_START = 10.0
#: Dagster may be away this long (seconds) while a run is waited for.
PATIENCE = 30.0

_REPOSITORY = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}

_ADD = """mutation ($set: String!, $key: String!, $repository: RepositorySelector!) {
  addDynamicPartition(partitionsDefName: $set, partitionKey: $key, repositorySelector: $repository) {
    __typename ... on PythonError { message } } }"""

_LAUNCH = """mutation ($launch: ExecutionParams!) { launchRun(executionParams: $launch) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on Error { message } } }"""

_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"

_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


def launch(settings: Settings, task: Task) -> str:
    """Launch the item's partition of its project's job; the run's id. Raises DagsterAway when it is not taken."""
    url = settings.dagster.url
    # An item that was just found: the next tick would add it.
    ask(url, _ADD, {"set": f"{task.project_id}_items", "key": task.partition_key, "repository": _REPOSITORY})
    wanted = {
        "selector": {**_REPOSITORY, "jobName": f"publish_{task.project_id}"},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": task.partition_key}]},
    }
    answer: dict[str, Any] = ask(url, _LAUNCH, {"launch": wanted})["launchRun"]
    if answer["__typename"] != "LaunchRunSuccess":
        raise DagsterAway(str(answer.get("message") or answer["__typename"]))
    return str(answer["run"]["runId"])


def wait(settings: Settings, run_id: str) -> None:
    """Wait until the run has ended; Ctrl-C ends the waiting, not the run."""
    began = seen = time.monotonic()
    told = False
    try:
        while True:
            status = None
            with contextlib.suppress(DagsterAway):
                status = ask(settings.dagster.url, _STATUS, {"id": run_id})["runOrError"].get("status")
                seen = time.monotonic()
            if status in _ENDED:
                return
            if time.monotonic() - seen > PATIENCE:
                typer.echo("Dagster does not answer any more; what became of the item:")
                return
            if not told and status == "QUEUED" and time.monotonic() - began > USUAL_START:
                told = True
                typer.echo("it waits for other runs to end (dagster.max_concurrent_runs)")
            time.sleep(LOOK)
    except KeyboardInterrupt:
        typer.echo("the run goes on without being watched")
