"""The publishing log, and which of its lines Dagster was told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import log, moves
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.log import RUNS_OWN, Line
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.items import MINUTE, NOW, PROJECT, put_task, read_lines, read_task

#: When a run that wrote something at NOW should be over.
LATER = NOW + RUNS_OWN + MINUTE


def note(engine: sa.Engine, task_id: int, action: str, *, run_id: str | None = None) -> None:
    with writing(engine) as connection:
        moves.note(connection, task_id, action, Status.RUNNING, f"it was {action}", now=NOW, run_id=run_id)


def mark(engine: sa.Engine, lines: list[Line], to: int) -> list[Line]:
    with writing(engine) as connection:
        return log.mark(connection, lines, to=to)


def untold(engine: sa.Engine, project: str = PROJECT, *, now: object = NOW, limit: int = 100) -> list[str]:
    with reading(engine) as connection:
        return [
            line.action
            for line in log.untold_of_project(connection, project, now=now, limit=limit)  # type: ignore[arg-type]
        ]


def test_a_line_says_what_was_done_to_which_item(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    note(prepared, task_id, "uploaded", run_id="run-1")

    line = read_lines(prepared, task_id)[-1]
    assert (line.task_id, line.partition_key) == (task_id, read_task(prepared, task_id).partition_key)
    assert (line.action, line.status, line.message) == ("uploaded", "running", "it was uploaded")
    assert (line.details, line.run_id, line.created_at, line.relayed) == ({}, "run-1", NOW, 0)


def test_a_line_moves_nothing(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    before = read_task(prepared, task_id)
    note(prepared, task_id, "uploaded")
    assert read_task(prepared, task_id) == before


def test_lines_are_read_from_where_a_reader_stopped(prepared: sa.Engine) -> None:
    first, second = put_task(prepared), put_task(prepared)
    note(prepared, first, "uploaded")
    with reading(prepared) as connection:
        lines = log.after(connection, 0)
        assert [(line.task_id, line.action) for line in lines] == [
            (first, "found"),
            (second, "found"),
            (first, "uploaded"),
        ]
        assert log.after(connection, lines[1].id) == lines[2:]
        assert log.after(connection, 0, limit=2) == lines[:2]
        assert log.after(connection, lines[-1].id) == []


def test_a_line_is_told_by_one_teller_only(prepared: sa.Engine) -> None:
    lines = read_lines(prepared, put_task(prepared))
    assert mark(prepared, lines, 1) == lines
    assert mark(prepared, lines, 1) == [], "somebody else tells it"


def test_a_line_is_told_only_after_it_was_said_that_it_would_be(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    lines = read_lines(prepared, task_id)
    assert mark(prepared, lines, 2) == []
    mark(prepared, lines, 1)
    assert mark(prepared, lines, 2) == lines
    assert [line.relayed for line in read_lines(prepared, task_id)] == [2]


def test_of_two_tellers_at_once_each_line_has_exactly_one(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    for _ in range(30):
        note(prepared, task_id, "uploaded")
    lines = read_lines(prepared, task_id)
    together = Barrier(2, timeout=60)

    def tell_all(_: int) -> list[int]:
        told = []
        for line in lines:
            together.wait()
            told += [mine.id for mine in mark(prepared, [line], 1)]
        return told

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(tell_all, range(2))
    assert sorted(one + other) == [line.id for line in lines]


def test_a_run_tells_its_task_s_lines_that_nobody_tells(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    mark(prepared, read_lines(prepared, task_id), 1)
    note(prepared, task_id, "uploaded", run_id="run-1")
    put_task(prepared)
    with reading(prepared) as connection:
        assert [line.action for line in log.untold_of_task(connection, task_id)] == ["uploaded"]


def test_outside_runs_a_line_without_a_run_is_told_at_once(prepared: sa.Engine) -> None:
    put_task(prepared)
    assert untold(prepared) == ["found"]
    assert untold(prepared, "dogs") == []


def test_a_line_of_a_run_is_left_to_it_until_the_run_should_be_over(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    mark(prepared, mark(prepared, read_lines(prepared, task_id), 1), 2)
    note(prepared, task_id, "uploaded", run_id="run-1")

    assert untold(prepared) == []
    assert untold(prepared, now=LATER) == ["uploaded"]


def test_a_line_of_a_task_still_worked_on_is_left_to_its_run(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.RUNNING, updated_at=LATER)
    mark(prepared, mark(prepared, read_lines(prepared, task_id), 1), 2)
    note(prepared, task_id, "uploaded", run_id="run-1")
    assert untold(prepared, now=LATER) == []


def test_a_line_whose_teller_died_is_found_again(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    mark(prepared, read_lines(prepared, task_id), 1)

    assert untold(prepared) == [], "it may just be being told"
    assert untold(prepared, now=LATER) == ["found"]


def test_a_told_line_is_not_told_again_and_no_more_than_asked_for(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    mark(prepared, mark(prepared, read_lines(prepared, task_id), 1), 2)
    for _ in range(3):
        note(prepared, task_id, "planned")
    assert untold(prepared, now=LATER) == ["planned"] * 3
    assert untold(prepared, now=LATER, limit=2) == ["planned"] * 2


@pytest.mark.parametrize("message", ["line\nbreak", "„Grüße“ 🐈‍⬛", '100 % of "it\'s" \\ {x}'])
def test_any_words_come_back_as_they_were(prepared: sa.Engine, message: str) -> None:
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        moves.note(connection, task_id, "note", Status.PENDING, message, now=NOW, details={"said": [message]})
    line = read_lines(prepared, task_id)[-1]
    assert (line.message, line.details) == (message, {"said": [message]})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL plans by the values, and what is there
def test_what_is_told_is_not_gone_through_for_what_is_not(prepared: sa.Engine) -> None:
    asked: list[tuple[str, object]] = []
    with reading(prepared) as connection:
        sa.event.listen(prepared, "before_cursor_execute", lambda _c, _u, *statement: asked.append(statement[:2]))
        log.untold_of_project(connection, PROJECT, now=NOW, limit=9)
        statement, parameters = asked[-1]
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()  # type: ignore[arg-type]
    assert "ix_publishing_log_unrelayed" in str(plan)
