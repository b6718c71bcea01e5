"""Requests to Gemini in the database: the budget of a day, and one answer for each question."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import gemini
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import gemini_requests, publishing_tasks
from twitter_pipeline_tests.support.items import NOW, put_task

AGAIN = frozenset({"asked", "failed"})


def begin(engine: sa.Engine, task_id: int, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "digest": "one",
        "model": "gemini",
        "by": "run-1",
        "budget": 10,
        "again": AGAIN,
        "patience": timedelta(seconds=30),
        "now": NOW,
        **changes,
    }
    with writing(engine) as connection:
        return gemini.begin(connection, task_id, **values)


def finish(engine: sa.Engine, task_id: int, begun: gemini.Begun, outcome: str, **more: Any) -> None:
    with writing(engine) as connection:
        gemini.finish(connection, task_id, begun, outcome=outcome, **more)


def outcomes(engine: sa.Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(sa.select(gemini_requests.c.outcome).order_by(gemini_requests.c.id)))


def test_processes_at_once_never_go_over_the_budget_or_ask_twice(prepared: sa.Engine, database_url: str) -> None:
    budget = 20
    task_ids = [put_task(prepared) for _ in range(30)]
    arguments = [database_url, str(budget), str(time.time() + 2)]
    command = [sys.executable, "-m", "twitter_pipeline_tests.store.asking_process", *arguments]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) for _ in range(3)
    ]
    asked: Counter[int] = Counter()
    for process in processes:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        asked.update(map(int, said.split()))
    assert asked.total() == budget
    assert set(asked.values()) <= {1}
    assert set(asked) <= set(task_ids)
    assert outcomes(prepared) == ["answered"] * budget


def test_an_answer_is_kept_and_given_to_whoever_asks_the_same(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    begun = begin(prepared, task_id)
    finish(prepared, task_id, begun, "answered", words={"text": "A cat"}, input_tokens=7, output_tokens=5)
    kept = begin(prepared, task_id, by="run-2")
    assert isinstance(kept, gemini.Stored)
    assert (kept.words, kept.outcome, kept.input_tokens) == ({"text": "A cat"}, "answered", 7)
    with reading(prepared) as connection:
        row = connection.execute(sa.select(gemini_requests)).one()
    assert (row.task_id, row.outcome, row.input_tokens, row.output_tokens) == (task_id, "answered", 7, 5)


def test_another_question_is_another_request_and_a_late_answer_to_the_first_does_not_replace_it(
    prepared: sa.Engine,
) -> None:
    task_id = put_task(prepared)
    first = begin(prepared, task_id)
    second = begin(prepared, task_id, digest="two", by="run-2")
    assert isinstance(second, gemini.Begun)
    finish(prepared, task_id, second, "answered", words={"text": "new"})
    finish(prepared, task_id, first, "answered", words={"text": "old"})
    with reading(prepared) as connection:
        kept = gemini.stored(connection, task_id)
    assert kept is not None
    assert (kept.digest, kept.words) == ("two", {"text": "new"})
    assert outcomes(prepared) == ["answered", "answered"]


def test_the_request_of_another_is_waited_for_and_taken_over_when_nothing_comes_of_it(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    begin(prepared, task_id)
    assert isinstance(begin(prepared, task_id, by="run-2"), gemini.UnderWay)
    back = NOW - timedelta(hours=2)
    assert isinstance(begin(prepared, task_id, by="run-2", now=back), gemini.Begun), "the clock was set back"
    later = NOW + timedelta(seconds=31)
    assert isinstance(begin(prepared, task_id, by="run-3", now=later), gemini.Begun)
    assert outcomes(prepared) == ["asked"] * 3
    last = begin(prepared, task_id, by="run-4", now=later + timedelta(days=1))
    assert isinstance(last, gemini.Stored), "three times is enough"


def test_ones_own_request_that_was_cut_off_is_not_waited_for(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    begin(prepared, task_id)
    assert isinstance(begin(prepared, task_id), gemini.Begun)


def test_the_budget_counts_the_day_in_utc_over_all_tasks(prepared: sa.Engine) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    before, after = midnight - timedelta(microseconds=1), midnight + timedelta(days=1)
    for at in (before, midnight, after - timedelta(microseconds=1), after):
        assert isinstance(begin(prepared, put_task(prepared), now=at, budget=2), gemini.Begun)
    assert isinstance(begin(prepared, put_task(prepared), budget=2), gemini.Spent)
    with reading(prepared) as connection:
        assert [gemini.used(connection, at) for at in (before, NOW, after)] == [1, 2, 1]


def test_what_another_release_kept_is_asked_anew(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        connection.execute(sa.update(publishing_tasks).values(enhanced={"digest": "one", "new": True}))
    assert isinstance(begin(prepared, task_id), gemini.Begun)
