"""Requests to Gemini in the database: the budget of a day, and one answer for each question."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.store import gemini, gemini_limits
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import gemini_answers, gemini_requests, publishing_tasks
from twitter_pipeline_tests.support.items import NOW, put_task

AGAIN = frozenset({"asked", "failed", "refused", "limited"})
ONE = gemini.Key("one", "cat")


def begin(engine: sa.Engine, task_id: int, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "key": ONE,
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


def finish(engine: sa.Engine, begun: gemini.Begun, outcome: str, **more: Any) -> None:
    with writing(engine) as connection:
        gemini.finish(connection, begun, outcome=outcome, **{"now": NOW, **more})


def outcomes(engine: sa.Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(sa.select(gemini_requests.c.outcome).order_by(gemini_requests.c.id)))


def asked_by_three_processes(database_url: str, budget: int, *more: str) -> Counter[int]:
    """How often each task was allowed to be asked about."""
    arguments = [database_url, str(budget), str(time.time() + 2), *more]
    command = [sys.executable, "-m", "twitter_pipeline_tests.store.asking_process", *arguments]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) for _ in range(3)
    ]
    asked: Counter[int] = Counter()
    for process in processes:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        asked.update(map(int, said.split()))
    return asked


def test_processes_at_once_ask_the_same_of_many_tasks_once(prepared: sa.Engine, database_url: str) -> None:
    for _ in range(10):
        put_task(prepared)
    assert asked_by_three_processes(database_url, 100, "the same").total() == 1
    assert outcomes(prepared) == ["answered"]


def test_processes_at_once_never_go_over_the_budget_or_ask_twice(prepared: sa.Engine, database_url: str) -> None:
    budget = 20
    task_ids = [put_task(prepared) for _ in range(30)]
    asked = asked_by_three_processes(database_url, budget)
    assert asked.total() == budget
    assert set(asked.values()) <= {1}
    assert set(asked) <= set(task_ids)
    assert outcomes(prepared) == ["answered"] * budget


def test_an_answer_is_kept_and_given_to_whoever_asks_the_same(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    begun = begin(prepared, task_id)
    finish(prepared, begun, "answered", words={"text": "A cat"}, input_tokens=7, output_tokens=5)
    kept = begin(prepared, task_id, by="run-2")
    assert isinstance(kept, gemini.Stored)
    assert (kept.words, kept.outcome, kept.input_tokens) == ({"text": "A cat"}, "answered", 7)
    with reading(prepared) as connection:
        row = connection.execute(sa.select(gemini_requests)).one()
    assert (row.task_id, row.outcome, row.input_tokens, row.output_tokens) == (task_id, "answered", 7, 5)


def test_another_task_that_asks_the_same_of_the_same_content_gets_the_answer(prepared: sa.Engine) -> None:
    finish(prepared, begin(prepared, put_task(prepared)), "answered", words={"text": "A cat"}, input_tokens=7)
    other = put_task(prepared)
    kept = begin(prepared, other, by="run-2")
    assert isinstance(kept, gemini.Stored)
    assert kept.words == {"text": "A cat"}
    with reading(prepared) as connection:
        assert gemini.last_asked(connection, other) == ONE
    for key in (gemini.Key("two", "cat"), gemini.Key("one", "dog")):
        assert isinstance(begin(prepared, other, key=key, by="run-2"), gemini.Begun)
    assert outcomes(prepared) == ["answered", "asked", "asked"]


def test_a_late_answer_to_a_request_that_was_taken_over_does_not_replace_the_newer(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    first = begin(prepared, task_id)
    second = begin(prepared, task_id, by="run-2", now=NOW + timedelta(seconds=31))
    assert isinstance(second, gemini.Begun)
    finish(prepared, second, "answered", words={"text": "new"})
    finish(prepared, first, "answered", words={"text": "old"})
    with reading(prepared) as connection:
        kept = gemini.stored(connection, ONE)
    assert kept is not None
    assert (kept.words, kept.tries) == ({"text": "new"}, 2)
    assert outcomes(prepared) == ["answered", "answered"]


def test_what_costs_nothing_is_sent_again_however_often_it_happened(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    for _ in range(gemini.MOST_TRIES + 1):
        begun = begin(prepared, task_id, budget=100)
        finish(prepared, begun, "refused", free=True)
        finish(prepared, begun, "refused", free=True)  # written down by a try that was thought to have failed
    for _ in range(gemini.MOST_TRIES):
        finish(prepared, begin(prepared, task_id, budget=100), "failed")
    assert isinstance(begin(prepared, task_id, budget=100), gemini.Stored)
    assert outcomes(prepared) == ["refused"] * (gemini.MOST_TRIES + 1) + ["failed"] * gemini.MOST_TRIES


def limited(engine: sa.Engine, wait: timedelta | None, now: datetime, **changes: Any) -> None:
    """A request of a task of its own that meets Google's limit."""
    task_id = put_task(engine)
    begun = begin(engine, task_id, key=gemini.Key(f"task {task_id}", ""), now=now, **changes)
    finish(engine, begun, "limited", limited=True, wait=wait, now=now)


def test_while_google_says_wait_nobody_asks_this_model_and_no_budget_is_used(prepared: sa.Engine) -> None:
    limited(prepared, timedelta(seconds=40), NOW)
    soon, then = NOW + timedelta(seconds=39), NOW + timedelta(seconds=40)
    assert begin(prepared, put_task(prepared), now=soon) == gemini.Waits(then)
    assert outcomes(prepared) == ["limited"]
    assert isinstance(
        begin(prepared, put_task(prepared), now=soon, model="other", key=gemini.Key("x", "")), gemini.Begun
    )
    assert begin(prepared, put_task(prepared), now=soon - timedelta(days=1)) != gemini.Waits(then), "the clock set back"
    assert isinstance(begin(prepared, put_task(prepared), now=then, by="run-2"), gemini.Begun)


def test_each_refusal_in_a_row_doubles_the_wait_up_to_an_hour(prepared: sa.Engine) -> None:
    now, waits = NOW, []
    for wait in (None, None, timedelta(seconds=10), timedelta(), timedelta(hours=9)):
        limited(prepared, wait, now, budget=100)
        met = begin(prepared, put_task(prepared), now=now, budget=100)
        assert isinstance(met, gemini.Waits)
        waits.append((met.until - now).total_seconds())
        now = met.until
    assert waits == [60, 120, 40, 8, 3600]
    key = gemini.Key("two", "")
    finish(prepared, begin(prepared, put_task(prepared), key=key, now=now, budget=100), "answered", now=now)
    limited(prepared, None, now, budget=100)
    assert begin(prepared, put_task(prepared), now=now, budget=100) == gemini.Waits(now + timedelta(minutes=1))


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
        key = gemini.Key(f"at {at}", "")
        assert isinstance(begin(prepared, put_task(prepared), key=key, now=at, budget=2), gemini.Begun)
    assert isinstance(begin(prepared, put_task(prepared), budget=2), gemini.Spent)
    with reading(prepared) as connection:
        assert [gemini_limits.used(connection, at) for at in (before, NOW, after)] == [1, 2, 1]


def test_what_another_release_kept_is_asked_anew(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        connection.execute(sa.update(publishing_tasks).values(enhanced={"digest": "one", "new": True}))
        assert gemini.last_asked(connection, task_id) is None
    assert isinstance(begin(prepared, task_id), gemini.Begun)


def test_old_answers_go_and_those_stay_that_an_unposted_item_was_asked_about(prepared: sa.Engine) -> None:
    old = {name: gemini.Key(name, name) for name in ("before", "posted", "failed", "pending")}
    ids = {name: put_task(prepared) for name in ("posted", "failed", "pending")}
    ids_asked = {"before": ids["posted"], **ids}
    for name, key in old.items():
        finish(prepared, begin(prepared, ids_asked[name], key=key), "answered", words={"text": name})
    set_status(prepared, ids["posted"], "completed")
    set_status(prepared, ids["failed"], "failed")
    later = NOW + timedelta(days=90)
    young = gemini.Key("young", "")
    finish(prepared, begin(prepared, ids["posted"], key=young, now=later), "answered", words={"text": "young"})

    assert forget(prepared, NOW) == 0  # not old yet
    assert forget(prepared, later, most=1) == 1
    assert forget(prepared, later) == 1
    assert forget(prepared, later) == 0
    assert kept(prepared) == {old["failed"], old["pending"], young}
    assert outcomes(prepared) == ["answered"], "but for the young one they count for nothing any more"
    # What it will say is what was shown of it.
    again = begin(prepared, ids["pending"], key=old["pending"], now=later)
    assert isinstance(again, gemini.Stored)
    assert again.words == {"text": "pending"}


def test_what_an_older_release_kept_of_a_question_keeps_no_answer_from_going(prepared: sa.Engine) -> None:
    other, task_id = put_task(prepared), put_task(prepared)
    finish(prepared, begin(prepared, task_id), "answered", words={"text": "A cat"})
    set_status(prepared, task_id, "completed")
    with writing(prepared) as connection:
        connection.execute(
            sa.update(publishing_tasks).where(publishing_tasks.c.id == other).values(enhanced={"text": "kept here"})
        )
    assert forget(prepared, NOW + timedelta(days=1)) == 1


def forget(engine: sa.Engine, before: datetime, most: int = 100) -> int:
    with writing(engine) as connection:
        return gemini.forget(connection, before=before, most=most)


def kept(engine: sa.Engine) -> set[gemini.Key]:
    with reading(engine) as connection:
        rows = connection.execute(sa.select(gemini_answers.c.digest, gemini_answers.c.content))
        return {gemini.Key(*row) for row in rows}


def set_status(engine: sa.Engine, task_id: int, status: str) -> None:
    with writing(engine) as connection:
        connection.execute(sa.update(publishing_tasks).where(publishing_tasks.c.id == task_id).values(status=status))
