"""After a weekend down: nothing bursts, and where the project says so what is late stays behind."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import causes
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import by_hand, due, late
from twitter_pipeline.publishing.planning import CATCH_UP_GAP
from twitter_pipeline.store import accounts, attempts, pauses, projects, tasks
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import MINUTE, NOW, PROJECT, put_task, read_lines, read_task

HOUR, DAY = 60 * MINUTE, timedelta(days=1)
#: When the machine was switched off, for a weekend until NOW.
STOPPED = NOW - 2 * DAY - 18 * HOUR


def look(engine: sa.Engine, settings: Settings, now: datetime = NOW) -> list[str]:
    """What a tick does of it."""
    return late.catch_up(engine, settings, settings.project(PROJECT), now=now)


def take(engine: sa.Engine, settings: Settings, now: datetime = NOW) -> list[int]:
    found = due.take(engine, settings, settings.project(PROJECT), instance="here", now=now)
    return [launch.task_id for launch in found.launches]


def put(engine: sa.Engine, at: datetime) -> int:
    """An item that is to go out at that time."""
    return put_task(engine, not_before=at, scheduled_time=at)


def times(engine: sa.Engine, task_ids: list[int]) -> list[timedelta]:
    return [read_task(engine, task_id).scheduled_time - NOW for task_id in task_ids]


def statuses(engine: sa.Engine, task_ids: list[int]) -> list[Status]:
    return [read_task(engine, task_id).status for task_id in task_ids]


def test_times_that_passed_over_a_weekend_do_not_all_leave_in_one_minute(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    plain = settings()
    assert look(prepared, plain, STOPPED) == []
    together = [put(prepared, NOW - 2 * DAY) for _ in range(2)]
    apart = [put(prepared, NOW - DAY), put(prepared, NOW - DAY + 5 * MINUTE)]
    coming = put(prepared, NOW + MINUTE)

    (said,) = look(prepared, plain)

    assert said.endswith("UTC: 4; to go out one after the other: 4")
    assert take(prepared, plain) == together
    assert times(prepared, [*apart, coming]) == [CATCH_UP_GAP, CATCH_UP_GAP + 5 * MINUTE, MINUTE]
    assert "so that not all go out at once" in read_lines(prepared, apart[0])[-1].message
    assert look(prepared, plain, NOW + MINUTE) == []
    assert times(prepared, apart) == [CATCH_UP_GAP, CATCH_UP_GAP + 5 * MINUTE]


def test_with_an_interval_the_plan_spreads_them_and_nothing_is_written_twice(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    paced = settings(min_interval="1 h")
    look(prepared, paced, STOPPED)
    missed = [put(prepared, NOW - (9 - n) * HOUR) for n in range(3)]
    look(prepared, paced)
    assert take(prepared, paced) == missed[:1]
    assert times(prepared, missed) == [-9 * HOUR, HOUR, 2 * HOUR]


def test_what_was_due_before_the_stop_or_is_found_after_it_is_not_late(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    strict = settings(catch_up="skip", max_lateness="10 min")
    waited = [put(prepared, STOPPED - HOUR) for _ in range(2)]
    look(prepared, strict, STOPPED)
    assert look(prepared, strict) == []
    found = put_task(prepared)
    assert take(prepared, strict) == [*waited, found]


def test_where_a_project_skips_what_is_late_stays_behind_with_its_way_back(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    strict = settings(catch_up="skip")
    look(prepared, strict, STOPPED)
    gone = [put(prepared, STOPPED + MINUTE), put(prepared, NOW - 7 * HOUR)]
    fresh = put(prepared, NOW - 6 * HOUR)

    (said,) = look(prepared, strict)

    assert said.endswith("UTC: 3; more than 6 h late and skipped: 2; to go out one after the other: 1")
    assert statuses(prepared, [*gone, fresh]) == [Status.SKIPPED, Status.SKIPPED, Status.PENDING]
    reason = str(read_task(prepared, gone[1]).error_message)
    assert "2026-11-24 05:00 UTC, more than 6 h ago" in reason
    assert f"twitter-pipeline retry {gone[1]}" in reason
    with reading(prepared) as connection:
        (cause,) = causes.find(connection, strict, now=NOW, running_since=NOW)
    assert (cause.key, cause.count) == ("late:cats", 2)
    with writing(prepared) as connection:
        assert by_hand.retry(connection, gone[0], now=NOW)
    assert look(prepared, strict, NOW + 2 * MINUTE) == []
    assert take(prepared, strict, NOW + 2 * MINUTE) == [fresh, gone[0]]


def test_what_something_else_holds_back_is_not_judged(prepared: sa.Engine, settings: MakeSettings) -> None:
    strict = settings(
        catch_up="skip",
        sources=[{"type": "video"}, {"type": "image", "account": "b"}],
        top={"accounts": [{"name": "sandbox"}, {"name": "b"}]},
    )
    look(prepared, strict, STOPPED)
    task_id = put(prepared, STOPPED + HOUR)
    with writing(prepared) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "402")
    assert look(prepared, strict) == []
    with writing(prepared) as connection:
        accounts.resume(connection, "sandbox")
        pauses.pause(connection, "all", "", "restored", now=NOW)
    assert look(prepared, strict, NOW + 2 * DAY) == []
    with writing(prepared) as connection:
        pauses.resume(connection, "all", "")
    # It ran since, and so is not late when the pauses end.
    assert look(prepared, strict, NOW + 2 * DAY + HOUR) == []
    assert take(prepared, strict, NOW + 2 * DAY + HOUR) == [task_id]


@pytest.mark.parametrize("gap", [MINUTE, 10 * MINUTE, -DAY])
def test_a_slow_tick_is_no_stop_and_a_clock_set_back_does_no_harm(
    prepared: sa.Engine, settings: MakeSettings, gap: timedelta
) -> None:
    strict = settings(catch_up="skip", max_lateness="10 min")
    look(prepared, strict, NOW - gap)
    task_id = put(prepared, NOW - gap + timedelta(seconds=1))
    assert look(prepared, strict) == []
    assert statuses(prepared, [task_id]) == [Status.PENDING]
    with reading(prepared) as connection:
        assert projects.ran_until(connection, PROJECT) == NOW


def test_what_a_tick_that_died_has_skipped_is_not_forgotten(
    prepared: sa.Engine, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = settings(catch_up="skip")
    look(prepared, strict, STOPPED)
    gone = [put(prepared, STOPPED + n * MINUTE) for n in range(1, 4)]
    monkeypatch.setattr(late, "BATCH", 2)
    original, calls = late._skip, []

    def dies(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise RuntimeError("power cut")
        original(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(late, "_skip", dies)
        with pytest.raises(RuntimeError):
            look(prepared, strict)
    assert statuses(prepared, gone) == [Status.SKIPPED, Status.SKIPPED, Status.PENDING]
    look(prepared, strict, NOW + MINUTE)
    assert statuses(prepared, gone) == [Status.SKIPPED] * 3
    assert [len(read_lines(prepared, task_id)) for task_id in gone] == [2, 2, 2]


def test_what_waits_for_a_first_post_that_is_half_a_thread_is_not_late(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    skips = settings(canary=True, catch_up="skip", max_lateness="1 h")
    look(prepared, skips, STOPPED)
    half, other = put(prepared, NOW - 2 * DAY), put(prepared, NOW - 2 * DAY)
    with writing(prepared) as connection:
        account = accounts.by_name(connection, "sandbox")
        first = Content("Paper", "paper", part=1, parts=2, more=("planes",))
        task = tasks.get(connection, half)
        attempts.record(connection, task, first, "1", account_id=account.id, now=STOPPED)
    assert look(prepared, skips) == []
    assert statuses(prepared, [half, other]) == [Status.PENDING] * 2
    assert take(prepared, skips) == [half]
