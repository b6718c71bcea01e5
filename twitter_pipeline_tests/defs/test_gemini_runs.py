"""Gemini inside a run of Dagster: what the item's page says of it, and a run that is ended while it is asked."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import gemini_requests
from twitter_pipeline_tests.defs.conftest import ByHand
from twitter_pipeline_tests.support.sandbox import GEMINI
from twitter_pipeline_tests.support.waiting import wait_for

#: The first in its worker starts the pipeline.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def outcomes(here: ByHand, task_id: int) -> list[str]:
    columns = gemini_requests.c
    with reading(here.engine) as connection:
        return list(connection.scalars(sa.select(columns.outcome).where(columns.task_id == task_id)))


def test_ended_while_gemini_is_asked_nothing_is_posted_and_launched_again_its_words_are(improved: ByHand) -> None:
    (task,) = improved.put("one")
    improved.sandbox.fault(GEMINI, "delay", seconds=60)
    run = improved.launch(task)
    wait_for(lambda: improved.sandbox.faults() == [], 30, "Gemini to be asked")
    assert outcomes(improved, task.id) == ["asked"]
    improved.dagster.terminate(run)
    assert improved.dagster.wait_for_end(run, seconds=45) == "CANCELED"
    assert improved.task("one").status is Status.CANCELLED
    assert outcomes(improved, task.id) == ["failed"]
    assert improved.sandbox.posts(improved.project.account) == []

    assert improved.dagster.wait_for_end(improved.launch(task)) == "SUCCESS"
    (post,) = improved.sandbox.posts(improved.project.account)
    assert post["text"] == "✨ improved one\n\n#ImprovedInTheSandbox"
    assert outcomes(improved, task.id) == ["failed", "answered"]
    with reading(improved.engine) as connection:
        (line,) = [line for line in log.of_task(connection, task.id) if line.action == "enhanced"]
    events = improved.dagster.events(improved.project.id, task.partition_key)
    assert line.message in [event["said"] for event in events if event["kind"] == "observation"]
    (posted,) = [event for event in events if event["kind"] == "materialization"]
    said = {entry["label"]: entry.get("text") or entry.get("mdStr") for entry in posted["metadataEntries"]}
    assert said["gemini"] == line.message
    assert said["original_text"] == "improved one"
