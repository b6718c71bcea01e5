"""The transition table against the database: what it allows happens, what it does not leaves no trace."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import TRANSITIONS, Event, Move, Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.support.items import MINUTE, NOW, carry_out, put_task, read_lines, read_task, take

LATER = NOW + MINUTE


@pytest.mark.parametrize("event", Event)
def test_an_event_moves_a_task_from_each_state_of_its_row_and_from_no_other(prepared: sa.Engine, event: Event) -> None:
    transition = TRANSITIONS[event]
    for status in Status:
        task_id = put_task(prepared, status)
        before, lines_before = read_task(prepared, task_id), read_lines(prepared, task_id)

        moved = carry_out(prepared, task_id, event, now=LATER)

        task, lines = read_task(prepared, task_id), read_lines(prepared, task_id)
        if status in transition.froms:
            assert moved
            assert task.status is transition.to
            assert task.updated_at == LATER
            assert [(line.action, line.status) for line in lines[len(lines_before) :]] == [
                (event.value, transition.to.value)
            ]
        else:
            assert not moved
            assert task == before
            assert lines == lines_before


def test_every_event_has_a_row_and_every_state_but_the_approval_to_come_is_reached() -> None:
    assert TRANSITIONS.keys() == set(Event)
    reached = {Status.PENDING} | {transition.to for transition in TRANSITIONS.values()}
    assert set(Status) - reached == {Status.AWAITING_APPROVAL}


def test_nothing_leads_away_from_what_is_on_x() -> None:
    assert not [event for event, transition in TRANSITIONS.items() if Status.COMPLETED in transition.froms]


def test_from_what_may_be_on_x_only_those_lead_back_who_know_that_it_is_not() -> None:
    leaving = {event: move for event, move in TRANSITIONS.items() if Status.UNCONFIRMED in move.froms}
    assert {event for event, move in leaving.items() if move.to is not Status.COMPLETED} == {Event.REOPEN, Event.FAIL}


def test_a_task_that_does_not_exist_is_not_moved(prepared: sa.Engine) -> None:
    assert not carry_out(prepared, 404, Event.STOP)


def test_a_move_and_its_line_are_rolled_back_together(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    before, lines_before = read_task(prepared, task_id), read_lines(prepared, task_id)

    def stop_and_break(connection: sa.Connection) -> None:
        assert moves.move(connection, task_id, Move(Event.STOP, "stopped"), now=LATER)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"), writing(prepared) as connection:
        stop_and_break(connection)

    assert read_task(prepared, task_id) == before
    assert read_lines(prepared, task_id) == lines_before


def test_a_move_is_not_made_when_its_line_cannot_be_written(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    unwritable = Move(Event.STOP, "stopped", details={"moment": NOW})  # JSON knows no times

    with pytest.raises(sa.exc.StatementError), writing(prepared) as connection:
        moves.move(connection, task_id, unwritable, now=LATER)

    assert read_task(prepared, task_id).status is Status.PENDING


def test_a_line_holds_what_was_decided_by_whom_and_when(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.RUNNING)
    decided = Move(Event.FAIL, "X refused it: „duplicate“ 🐈", details={"status": 403, "codes": [187]})

    with writing(prepared) as connection:
        moves.move(connection, task_id, decided, now=LATER, run_id="run-7")

    line = read_lines(prepared, task_id)[-1]
    assert (line.message, line.details, line.created_at, line.run_id) == (
        decided.message,
        decided.details,
        LATER,
        "run-7",
    )


def test_a_later_time_moves_the_plan_too(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.RUNNING)

    carry_out(prepared, task_id, Event.WAIT, not_before=LATER)

    task = read_task(prepared, task_id)
    assert task.not_before == task.scheduled_time == LATER


def test_only_a_move_that_says_so_uses_a_retry(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.RUNNING, retry_count=2)
    carry_out(prepared, task_id, Event.WAIT, not_before=LATER)
    assert read_task(prepared, task_id).retry_count == 2

    take(prepared, task_id)
    carry_out(prepared, task_id, Event.BACK_OFF, not_before=LATER, counts_as_retry=True)
    assert read_task(prepared, task_id).retry_count == 3


def test_a_task_says_why_it_stands_as_it_does_until_it_is_posted(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, Status.RUNNING)
    carry_out(prepared, task_id, Event.BACK_OFF)
    assert read_task(prepared, task_id).error_message == "back_off by a test"

    carry_out(prepared, task_id, Event.QUEUE)
    take(prepared, task_id)
    assert read_task(prepared, task_id).error_message == "back_off by a test", "taking it anew explains nothing"

    carry_out(prepared, task_id, Event.POST)
    assert read_task(prepared, task_id).error_message is None


@pytest.mark.parametrize("event", [event for event in Event if Status.RUNNING in TRANSITIONS[event].froms])
def test_whatever_ends_a_run_frees_its_lease(prepared: sa.Engine, event: Event) -> None:
    task_id = put_task(prepared)
    take(prepared, task_id)

    carry_out(prepared, task_id, event)

    task = read_task(prepared, task_id)
    assert (task.lease_holder, task.lease_until) == (None, None)


def test_a_condition_that_no_longer_holds_stops_the_move(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, attempt=3)

    with writing(prepared) as connection:
        moved = moves.move(
            connection,
            task_id,
            Move(Event.STOP, "stopped"),
            now=LATER,
            where=[publishing_tasks.c.attempt == 2],
        )

    assert not moved
    assert read_task(prepared, task_id).status is Status.PENDING


def test_a_time_without_a_zone_is_refused(prepared: sa.Engine) -> None:
    task_id = put_task(prepared)
    with pytest.raises(sa.exc.StatementError, match="has no time zone"):
        carry_out(prepared, task_id, Event.STOP, now=datetime(2026, 11, 24))  # noqa: DTZ001 - what is refused


def test_a_time_of_another_zone_comes_back_as_utc(prepared: sa.Engine) -> None:
    from zoneinfo import ZoneInfo

    task_id = put_task(prepared, Status.RUNNING)
    carry_out(prepared, task_id, Event.WAIT, not_before=LATER.astimezone(ZoneInfo("Asia/Kathmandu")))

    moment = read_task(prepared, task_id).not_before
    assert moment == LATER
    assert moment.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
