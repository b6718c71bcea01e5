"""Processes at the same tasks, killed at any moment: nothing is posted twice, and nothing is left in between."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.store.status import TRANSITIONS, Event, Status
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import PROJECT, put_task, read_lines, read_task

KILLS = 60


def read_pairs(path: Path) -> Counter[tuple[int, int]]:
    lines = (line.split() for line in path.read_text().splitlines())
    return Counter((int(task_id), int(number)) for task_id, number in lines)


@pytest.mark.slow
def test_whoever_is_killed_whenever_each_task_is_posted_once_at_most_and_ends_in_a_defined_state(
    prepared: sa.Engine, settings: MakeSettings, tmp_path: Path
) -> None:
    declared = settings()
    task_ids = [put_task(prepared) for _ in range(30)]

    subprocess.run(
        [
            *(sys.executable, "-m", "twitter_pipeline_tests.publishing.contenders"),
            *(str(declared.path), str(tmp_path), str(KILLS), str(len(task_ids)), "1"),
        ],
        check=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
    )
    reap(
        prepared,
        PROJECT,
        instance="here",
        run_states=lambda suspects: [RunState.OVER for _ in suspects],
        now=datetime.now(timezone.utc) + timedelta(days=1),
    )

    claims, posts = read_pairs(tmp_path / "claims"), read_pairs(tmp_path / "posts")
    assert max(claims.values()) == 1, "two held a task under one fence"
    posted = Counter(task_id for task_id, _ in posts.elements())
    assert max(posted.values()) == 1, "posted twice"
    ended = Counter[Status]()
    for task_id in task_ids:
        task = read_task(prepared, task_id)
        ended[task.status] += 1
        assert task.status not in (Status.QUEUED, Status.RUNNING)
        assert (task.lease_holder, task.lease_until) == (None, None)
        if posted[task_id]:
            assert task.status in (Status.COMPLETED, Status.UNCONFIRMED)
        else:
            assert task.status is not Status.COMPLETED
        follow_the_log(prepared, task_id)
    assert ended[Status.COMPLETED]
    assert ended[Status.UNCONFIRMED]


def follow_the_log(engine: sa.Engine, task_id: int) -> None:
    """The log tells each move of the task in order, and ends where the task is."""
    lines = read_lines(engine, task_id)
    assert lines[0].action == "found"
    status = Status.PENDING
    for line in lines[1:]:
        transition = TRANSITIONS[Event(line.action)]
        assert status in transition.froms, f"{line.action} from {status}"
        status = Status(line.status)
        assert status is transition.to
    assert status is read_task(engine, task_id).status
    taken = [line.details["attempt"] for line in lines if line.action == Event.CLAIM]
    cancels = [line for line in lines if line.action == Event.STOP]
    assert len(taken) == len(set(taken)) == read_task(engine, task_id).fence - len(cancels)
