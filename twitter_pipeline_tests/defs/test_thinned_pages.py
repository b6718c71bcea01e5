"""The pages of a thinned run, as Dagster's own webserver answers the UI: the same lines, post, checks and times."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs import post_checks
from twitter_pipeline.defs.thinning import AFTER, LATER, thin
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.defs.conftest import ByHand

#: The first in its worker starts the pipeline.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: What is asked for an event of a run.
EVENT = """__typename
  ... on MessageEvent { message timestamp stepKey level eventType runId }
  ... on ObservationEvent { partition assetKey { path } metadataEntries { label } }
  ... on MaterializationEvent { description partition assetKey { path } metadataEntries { label } }
  ... on AssetCheckEvaluationEvent { evaluation { checkName success metadataEntries { label } } }
  ... on ExecutionStepSuccessEvent { stepKey }"""
#: Kinds that stay until the run goes, and those that stay for a week.
ALWAYS = {"ObservationEvent", "MaterializationEvent", "RunStartEvent", "RunSuccessEvent", "ExecutionStepSuccessEvent"}
A_WEEK = ALWAYS | {"ExecutionStepStartEvent"} | {"AssetCheckEvaluationEvent", "RunEnqueuedEvent", "RunStartingEvent"}


def run_page(here: ByHand, run_id: str) -> dict[str, Any]:
    query = f"""query($id: ID!) {{ runOrError(runId: $id) {{ ... on Run {{
        status startTime endTime jobName tags {{ key value }} assets {{ key {{ path }} }}
        stepStats {{ stepKey status startTime endTime }}
        stats {{ ... on RunStatsSnapshot {{ startTime endTime materializations stepsFailed }} }}
        eventConnection {{ events {{ {EVENT} }} }} }} }} }}"""
    page: dict[str, Any] = here.dagster.ask(query, id=run_id)["runOrError"]
    return page


def events_of(page: dict[str, Any], kinds: set[str]) -> list[dict[str, Any]]:
    """The events of these kinds; large pictures are on the page of the partition."""
    found = []
    for event in page["eventConnection"]["events"]:
        if event["__typename"] in kinds:
            said = [one for one in event.get("metadataEntries", []) if one["label"] != "larger_picture"]
            found.append({**event, "metadataEntries": said})
    return found


def checks(here: ByHand) -> list[Any]:
    """The asset's page of each check."""
    query = """query($k: AssetKeyInput!, $c: String!) { assetCheckExecutions(assetKey: $k, checkName: $c, limit: 9) {
        status runId timestamp evaluation { success severity metadataEntries { label } } } }"""
    key = {"path": [here.project.id, "tweets"]}
    return [here.dagster.ask(query, k=key, c=name)["assetCheckExecutions"] for name in post_checks.CHECKS]


def thinned(here: ByHand, age: timedelta, run_id: str) -> None:
    """Thin this run, the newest, alone."""
    older = [run.run_id for run in here.instance.get_runs(limit=9) if run.run_id != run_id]
    now, until = utc_now() + age * 2, time.monotonic() + 60
    last = thin(here.instance, here.engine, older[0] if older else None, age=age, now=now, until=until)
    assert last == run_id


def test_a_thinned_runs_pages_answer_as_before(by_hand: ByHand) -> None:
    (task,) = by_hand.put("one")
    run_id = by_hand.launch(task)
    by_hand.dagster.wait_for_end(run_id)
    page, partition, of_checks = run_page(by_hand, run_id), shown(by_hand, task.partition_key), checks(by_hand)
    assert all(of_checks)

    thinned(by_hand, AFTER, run_id)

    after = run_page(by_hand, run_id)
    assert {name: after[name] for name in after if name != "eventConnection"} == {
        name: page[name] for name in page if name != "eventConnection"
    }
    assert {event["__typename"] for event in after["eventConnection"]["events"]} == A_WEEK
    assert events_of(after, A_WEEK) == events_of(page, A_WEEK)
    assert (shown(by_hand, task.partition_key), checks(by_hand)) == (partition, of_checks)

    thinned(by_hand, LATER, run_id)

    after = run_page(by_hand, run_id)
    assert {**after, "stepStats": page["stepStats"], "eventConnection": page["eventConnection"]} == page
    # Without, the page would call them "not executed".
    assert [(one["stepKey"], one["status"]) for one in after["stepStats"]] == [
        (one["stepKey"], "SUCCESS") for one in page["stepStats"]
    ]
    assert {event["__typename"] for event in after["eventConnection"]["events"]} == ALWAYS
    assert events_of(after, ALWAYS) == events_of(page, ALWAYS)
    assert shown(by_hand, task.partition_key) == [
        {**event, "metadataEntries": [one for one in event["metadataEntries"] if one["label"] != "larger_picture"]}
        for event in partition
    ]
    assert checks(by_hand) == of_checks
    with reading(by_hand.engine) as connection:
        lines = [line.message for line in log.of_task(connection, task.id)]
    told = [event["said"] for event in shown(by_hand, task.partition_key) if event["kind"] == "observation"]
    assert sorted(told) == sorted(lines)
    assert by_hand.partitions()["materialized"] == {task.partition_key}


def shown(here: ByHand, partition: str) -> list[dict[str, Any]]:
    """The partition's page."""
    return here.dagster.events(here.project.id, partition)
