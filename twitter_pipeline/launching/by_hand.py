"""Runs that a person asks for: launched in the Dagster that `up` has started, looked at, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twitter_pipeline.config import Settings
from twitter_pipeline.defs.names import SEEN_FENCE, job_of, partitions_of
from twitter_pipeline.launching.graphql import REPOSITORY, DagsterAway, ask

if TYPE_CHECKING:
    from twitter_pipeline.store.tasks import Task

_ADD = """mutation ($set: String!, $key: String!, $repository: RepositorySelector!) {
  addDynamicPartition(partitionsDefName: $set, partitionKey: $key, repositorySelector: $repository) {
    __typename ... on PythonError { message } } }"""

_LAUNCH = """mutation ($launch: ExecutionParams!) { launchRun(executionParams: $launch) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on Error { message } } }"""

_STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"

_END = """mutation ($id: String!) { terminateRun(runId: $id) {
  __typename ... on Error { message } ... on TerminateRunFailure { message } } }"""

#: How Dagster calls runs that are over.
ENDED = frozenset({"SUCCESS", "FAILURE", "CANCELED"})


def launch(settings: Settings, task: Task) -> str:
    """Launch the item's partition of its project's job; the run's id. Raises DagsterAway when it is not taken.

    `task` as who asks has seen it: if it is cancelled since, the run does not take it.
    """
    url = settings.dagster.url
    # An item that was just found: the next tick would add it.
    ask(url, _ADD, {"set": partitions_of(task.project_id), "key": task.partition_key, "repository": REPOSITORY})
    wanted = {
        "selector": {**REPOSITORY, "jobName": job_of(task.project_id)},
        "runConfigData": {},
        "executionMetadata": {
            "tags": [
                {"key": "dagster/partition", "value": task.partition_key},
                {"key": SEEN_FENCE, "value": str(task.fence)},
            ]
        },
    }
    answer: dict[str, Any] = ask(url, _LAUNCH, {"launch": wanted})["launchRun"]
    if answer["__typename"] != "LaunchRunSuccess":
        raise DagsterAway(str(answer.get("message") or answer["__typename"]))
    return str(answer["run"]["runId"])


def status_of(settings: Settings, run_id: str) -> str | None:
    """How the run stands, in Dagster's words; None when Dagster does not know it. Raises DagsterAway."""
    found: str | None = ask(settings.dagster.url, _STATUS, {"id": run_id})["runOrError"].get("status")
    return found


def end(settings: Settings, run_id: str) -> str | None:
    """Tell a run to end, as a person does on its page; why it was not told: it is over, or none of Dagster's.

    Raises DagsterAway.
    """
    answer = ask(settings.dagster.url, _END, {"id": run_id})["terminateRun"]
    if answer["__typename"] == "TerminateRunSuccess":
        return None
    why = str(answer.get("message") or answer["__typename"])
    if answer["__typename"] in ("TerminateRunFailure", "RunNotFoundError"):
        return why
    raise DagsterAway(why)
