"""A client of Dagster's GraphQL, as its UI is: launching, ending and reading runs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from twitter_pipeline_tests.support.waiting import wait_for

REPOSITORY = {"repositoryLocationName": "twitter_pipeline", "repositoryName": "__repository__"}
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}


@dataclass(frozen=True)
class Dagster:
    """Dagster's webserver at `url`."""

    url: str

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a query; errors of GraphQL itself are raised."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if answer.get("errors"):
            raise AssertionError(answer["errors"])
        return answer["data"]

    def launch(self, job: str, partition: str, tags: dict[str, str] | None = None) -> str:
        """Launch one partition of a job, as the UI's Launchpad does; the run's id."""
        pairs = {"dagster/partition": partition, **(tags or {})}
        answer = self.ask(
            """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
                 __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
                 ... on RunConfigValidationInvalid { errors { message } } } }""",
            p={
                "selector": {**REPOSITORY, "jobName": job},
                "runConfigData": {},
                "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in pairs.items()]},
            },
        )["launchRun"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def reexecute_from_failure(self, run_id: str) -> str:
        """What the UI's "Re-execute from failure" does; the new run's id."""
        answer = self.ask(
            """mutation($p: ReexecutionParams!) { launchRunReexecution(reexecutionParams: $p) {
                 __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }""",
            p={"parentRunId": run_id, "strategy": "FROM_FAILURE"},
        )["launchRunReexecution"]
        assert answer["__typename"] == "LaunchRunSuccess", answer
        return str(answer["run"]["runId"])

    def terminate(self, run_id: str) -> None:
        """What the UI's "Terminate" does."""
        answer = self.ask("""mutation($id: String!) { terminateRun(runId: $id) { __typename } }""", id=run_id)[
            "terminateRun"
        ]
        assert answer["__typename"] == "TerminateRunSuccess", answer

    def backfill_job(self, job: str, partitions: list[str]) -> str:
        """Launch a backfill of a job over partitions; its id."""
        answer = self.ask(
            """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
                 __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
            p={
                "selector": {
                    "repositorySelector": REPOSITORY,
                    "partitionSetName": f"{job}_partition_set",
                },
                "partitionNames": partitions,
            },
        )["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfill_asset(self, asset: str, partitions: list[str]) -> str:
        """What "Materialize…" does on an asset's page for several partitions; the backfill's id."""
        answer = self.ask(
            """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
                 __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }""",
            p={"assetSelection": [{"path": [asset]}], "partitionNames": partitions},
        )["launchPartitionBackfill"]
        assert answer["__typename"] == "LaunchBackfillSuccess", answer
        return str(answer["backfillId"])

    def backfill_status(self, backfill_id: str) -> str:
        """Such as REQUESTED, COMPLETED_SUCCESS."""
        answer = self.ask(
            """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
                 ... on PartitionBackfill { status } } }""",
            id=backfill_id,
        )
        return str(answer["partitionBackfillOrError"]["status"])

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on again."""
        start = "mutation($s: SensorSelector!) { startSensor(sensorSelector: $s) { __typename } }"
        self.ask(start, s={**REPOSITORY, "sensorName": name})

    def stop_sensor(self, name: str) -> None:
        """Turn a sensor off, as the switch in the UI does, and see to it that it stays off.

        Dagster's daemon writes the state that it read before a tick, or at its end, and may so turn the sensor on
        again (seen in CI). Hence also: ask again some seconds later.
        """
        query = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
                     ... on Sensor { id sensorState { status ticks(limit: 1) { status } } } } }"""
        stop = "mutation($id: String) { stopSensor(id: $id) { __typename } }"

        def rests() -> bool:
            # While the daemon writes a tick, Dagster's SQLite file may be locked: the answer is a 500 then.
            with suppress(urllib.error.HTTPError):
                sensor = self.ask(query, s={**REPOSITORY, "sensorName": name})["sensorOrError"]
                state = sensor["sensorState"]
                if state["status"] == "STOPPED":
                    return all(tick["status"] != "STARTED" for tick in state["ticks"])
                self.ask(stop, id=sensor["id"])
            return False

        wait_for(rests, 60, f"sensor {name} to stop")

    def stop_schedules(self) -> None:
        """Turn all schedules off, as their switches in the UI do."""
        query = """query($s: RepositorySelector!) { schedulesOrError(repositorySelector: $s) { ... on Schedules {
                     results { id scheduleState { status } } } } }"""
        stop = "mutation($id: String) { stopRunningSchedule(id: $id) { __typename } }"

        def rest() -> bool:
            with suppress(urllib.error.HTTPError):  # as above
                schedules = self.ask(query, s=REPOSITORY)["schedulesOrError"]["results"]
                running = [one for one in schedules if one["scheduleState"]["status"] == "RUNNING"]
                for one in running:
                    self.ask(stop, id=one["id"])
                return bool(schedules) and not running
            return False

        wait_for(rest, 60, "all schedules to stop")

    def last_tick(self, sensor: str) -> str:
        """Why the sensor's last tick requested no run; empty when it did, or there was none."""
        found = self.ask(
            """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
                 ... on Sensor { sensorState { ticks(limit: 1) { skipReason } } } } }""",
            s={**REPOSITORY, "sensorName": sensor},
        )["sensorOrError"]["sensorState"]["ticks"]
        return str(found[0]["skipReason"] or "") if found else ""

    def run(self, run_id: str) -> dict[str, Any]:
        """Status, tags and steps of a run."""
        answer = self.ask(
            """query($id: ID!) { runOrError(runId: $id) { ... on Run {
                 status tags { key value } stepStats { stepKey status } } } }""",
            id=run_id,
        )["runOrError"]
        return {**answer, "tags": {tag["key"]: tag["value"] for tag in answer["tags"]}}

    def status(self, run_id: str) -> str:
        """Such as STARTED, SUCCESS, FAILURE, CANCELED."""
        return str(self.run(run_id)["status"])

    def wait_for_end(self, run_id: str, seconds: float = 60) -> str:
        """Wait until a run has ended; its status."""
        wait_for(lambda: self.status(run_id) in ENDED, seconds, f"the end of run {run_id}")
        return self.status(run_id)

    def runs(self, **tags: str) -> list[dict[str, Any]]:
        """All runs with these tags, newest first."""
        answer = self.ask(
            """query($f: RunsFilter!) { runsOrError(filter: $f) { ... on Runs { results {
                 runId status tags { key value } } } } }""",
            f={"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        )
        return list(answer["runsOrError"]["results"])

    def partition_statuses(self, project: str) -> dict[str, set[str]]:
        """Which partitions of a project's tweets are materialized, failed, missing."""
        node = self.ask(
            """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode {
                 assetPartitionStatuses { ... on DefaultPartitionStatuses {
                   materializedPartitions failedPartitions unmaterializedPartitions } } } } }""",
            k={"path": [project, "tweets"]},
        )["assetNodeOrError"]["assetPartitionStatuses"]
        return {
            "materialized": set(node["materializedPartitions"]),
            "failed": set(node["failedPartitions"]),
            "missing": set(node["unmaterializedPartitions"]),
        }

    def events(self, project: str, partition: str) -> list[dict[str, Any]]:
        """Observations and materializations of one partition, newest first, as its page shows them.

        `said` is the message of the line of the log that an observation tells.
        """
        answer = self.ask(
            """query($k: AssetKeyInput!, $p: [String!]) { assetNodeOrError(assetKey: $k) { ... on AssetNode {
                 assetObservations(partitions: $p, limit: 200) { runId
                   metadataEntries { label ... on IntMetadataEntry { intRepr }
                                     ... on TextMetadataEntry { text } ... on UrlMetadataEntry { url } } }
                 assetMaterializations(partitions: $p, limit: 200) { runId description
                   metadataEntries { label ... on UrlMetadataEntry { url } ... on BoolMetadataEntry { boolValue }
                                     ... on TextMetadataEntry { text } ... on MarkdownMetadataEntry { mdStr } } }
               } } }""",
            k={"path": [project, "tweets"]},
            p=[partition],
        )["assetNodeOrError"]
        return [
            *({"kind": "observation", "said": _said(event), **event} for event in answer["assetObservations"]),
            *({"kind": "materialization", **event} for event in answer["assetMaterializations"]),
        ]


def _said(event: dict[str, Any]) -> str:
    (said,) = (entry["text"] for entry in event["metadataEntries"] if entry["label"] == "said")
    return str(said)
