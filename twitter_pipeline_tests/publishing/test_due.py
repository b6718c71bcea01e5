"""What is due gets a run; what is not says why."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import due
from twitter_pipeline.publishing.due import MOST_QUEUED, Due, Launch
from twitter_pipeline.store import accounts, claims, defaults, moves, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import MINUTE, NOW, PROJECT, put_task, read_lines, read_task

HOUR, DAY = 60 * MINUTE, timedelta(days=1)


def take(engine: sa.Engine, settings: Settings, now: datetime = NOW) -> Due:
    return due.take(engine, settings, settings.project(PROJECT), instance="here", now=now)


def post(engine: sa.Engine, launch: Launch, now: datetime) -> None:
    """What the run of a launch does in the end."""
    with writing(engine) as connection:
        claim = claims.claim(connection, launch.task_id, attempt=launch.attempt, holder="run", instance="here", now=now)
        assert claim is not None
        posted = Move(Event.POST, "posted", tweet_id=str(launch.task_id))
        assert claims.settle(connection, claim, posted, now=now)


def times(engine: sa.Engine, task_ids: list[int]) -> list[timedelta]:
    """When tasks are planned, from NOW on."""
    return [read_task(engine, task_id).scheduled_time - NOW for task_id in task_ids]


def test_a_due_task_is_queued_for_a_run_of_this_instance(prepared: sa.Engine, settings: MakeSettings) -> None:
    task_id = put_task(prepared)

    found = take(prepared, settings())

    task = read_task(prepared, task_id)
    assert found == Due([Launch(task_id, 1, task.partition_key, "sandbox")], why_not=None, next_time=None)
    assert found.launches[0].run_key == f"{task_id}:1"
    assert (task.status, task.attempt, task.dagster_instance) == (Status.QUEUED, 1, "here")
    assert read_lines(prepared, task_id)[-1].message == "due; run requested (attempt 1)"


def test_a_task_is_launched_once_until_it_is_pending_again(prepared: sa.Engine, settings: MakeSettings) -> None:
    task_id = put_task(prepared)
    take(prepared, settings())
    assert take(prepared, settings()).launches == []

    with writing(prepared) as connection:
        moves.move(connection, task_id, Move(Event.UNQUEUE, "its run ended", not_before=NOW), now=NOW)
    assert [launch.run_key for launch in take(prepared, settings()).launches] == [f"{task_id}:2"]


def test_ticks_at_once_launch_each_task_once(prepared: sa.Engine, settings: MakeSettings) -> None:
    task_ids = [put_task(prepared) for _ in range(10)]
    declared = settings()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: take(prepared, declared), range(4)))
    assert sorted(launch.task_id for one in found for launch in one.launches) == task_ids


def test_only_pending_tasks_are_launched(prepared: sa.Engine, settings: MakeSettings) -> None:
    for status in set(Status) - {Status.PENDING}:
        put_task(prepared, status)
    assert take(prepared, settings()) == Due([], None, None)


def test_what_is_not_due_yet_says_when(prepared: sa.Engine, settings: MakeSettings) -> None:
    for after in (3 * HOUR, HOUR, 2 * HOUR):
        put_task(prepared, not_before=NOW + after, scheduled_time=NOW + after)
    assert take(prepared, settings()) == Due([], why_not=None, next_time=NOW + HOUR)


def test_a_backlog_is_launched_in_bounded_parts_oldest_first(prepared: sa.Engine, settings: MakeSettings) -> None:
    task_ids = [put_task(prepared) for _ in range(MOST_QUEUED + 5)]

    first = take(prepared, settings())
    assert [launch.task_id for launch in first.launches] == task_ids[:MOST_QUEUED]
    assert take(prepared, settings()).launches == [], "as many as allowed wait for a run"

    for launch in first.launches[:3]:
        post(prepared, launch, NOW)
    assert [launch.task_id for launch in take(prepared, settings()).launches] == task_ids[MOST_QUEUED:][:3]


def test_a_project_of_another_id_keeps_its_tasks(prepared: sa.Engine, settings: MakeSettings) -> None:
    task_id = put_task(prepared)
    declared = settings(id="dogs")
    with writing(prepared) as connection:
        defaults.apply(connection, declared, open_vault(declared.home, {}), now=NOW)
    found = due.take(prepared, declared, declared.project("dogs"), instance="here", now=NOW)
    assert found.launches == []
    assert read_task(prepared, task_id).status is Status.PENDING


@pytest.mark.parametrize(("scope", "name"), [("all", ""), ("account", "sandbox"), ("project", PROJECT)])
def test_nothing_paused_is_launched(prepared: sa.Engine, settings: MakeSettings, scope: str, name: str) -> None:
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        pauses.pause(connection, scope, name, "a holiday", now=NOW)

    found = take(prepared, settings())

    assert found.launches == []
    assert "is paused (a holiday)" in str(found.why_not)
    assert (read_task(prepared, task_id).status, len(read_lines(prepared, task_id))) == (Status.PENDING, 1)

    with writing(prepared) as connection:
        pauses.resume(connection, scope, name)
    assert len(take(prepared, settings()).launches) == 1


def test_nothing_is_launched_while_the_account_waits(prepared: sa.Engine, settings: MakeSettings) -> None:
    put_task(prepared)
    with writing(prepared) as connection:
        account = accounts.by_name(connection, "sandbox")
        accounts.wait(connection, account.id, NOW + HOUR, "X's limit (429)")
    assert take(prepared, settings()).why_not == (
        "account sandbox waits until 2026-11-24 13:00:00 UTC: X's limit (429)"
    )
    assert len(take(prepared, settings(), NOW + HOUR).launches) == 1


def test_nothing_is_launched_while_the_account_is_stopped(prepared: sa.Engine, settings: MakeSettings) -> None:
    put_task(prepared)
    with writing(prepared) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X refuses the keys")
    found = take(prepared, settings(), NOW + 30 * DAY)
    assert found.launches == []
    assert "is stopped: X refuses the keys" in str(found.why_not)


class TestPacing:
    """With an interval or a daily number each pending task has its slot."""

    def test_of_many_due_one_goes_now_and_the_rest_in_its_turn(
        self, prepared: sa.Engine, settings: MakeSettings
    ) -> None:
        paced = settings(min_interval="30 min")
        task_ids = [put_task(prepared) for _ in range(4)]

        found = take(prepared, paced)

        assert [launch.task_id for launch in found.launches] == task_ids[:1]
        assert times(prepared, task_ids) == [0 * MINUTE, 30 * MINUTE, 60 * MINUTE, 90 * MINUTE]
        assert found.next_time == NOW + 30 * MINUTE

    def test_the_interval_is_kept_from_when_a_post_went_out(self, prepared: sa.Engine, settings: MakeSettings) -> None:
        paced = settings(min_interval="30 min")
        first, second = put_task(prepared), put_task(prepared)
        (launch,) = take(prepared, paced).launches
        assert take(prepared, paced, NOW + 20 * MINUTE).launches == [], "its run takes long"
        post(prepared, launch, NOW + 25 * MINUTE)

        assert take(prepared, paced, NOW + 54 * MINUTE).launches == []
        assert [launch.task_id for launch in take(prepared, paced, NOW + 55 * MINUTE).launches] == [second]
        assert first != second

    def test_an_interval_of_days_is_kept_too(self, prepared: sa.Engine, settings: MakeSettings) -> None:
        weekly = settings(min_interval="7 days")
        put_task(prepared, Status.COMPLETED, executed_time=NOW - 6 * DAY)
        task_id = put_task(prepared)
        assert take(prepared, weekly).launches == []
        assert times(prepared, [task_id]) == [DAY]

    def test_a_day_of_the_project_s_zone_gets_no_more_than_allowed(
        self, prepared: sa.Engine, settings: MakeSettings
    ) -> None:
        paced = settings(max_per_day=2, time_zone="Asia/Tokyo")
        put_task(prepared, Status.COMPLETED, executed_time=NOW - HOUR)
        put_task(prepared, Status.COMPLETED, executed_time=NOW - 22 * HOUR)  # yesterday there
        task_ids = [put_task(prepared) for _ in range(3)]

        found = take(prepared, paced)

        assert [launch.task_id for launch in found.launches] == task_ids[:1]
        midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo("Asia/Tokyo"))
        assert times(prepared, task_ids[1:]) == [midnight - NOW] * 2

    def test_a_task_that_must_wait_keeps_nobody_waiting(self, prepared: sa.Engine, settings: MakeSettings) -> None:
        paced = settings(min_interval="1 h")
        waiting = put_task(prepared, not_before=NOW + 3 * HOUR, scheduled_time=NOW + 3 * HOUR)
        ready = put_task(prepared)
        assert [launch.task_id for launch in take(prepared, paced).launches] == [ready]
        assert times(prepared, [waiting]) == [3 * HOUR]

    def test_what_was_missed_while_nothing_ran_goes_out_one_by_one(
        self, prepared: sa.Engine, settings: MakeSettings
    ) -> None:
        paced = settings(min_interval="1 h")
        task_ids = [put_task(prepared, scheduled_time=NOW - (9 - n) * HOUR) for n in range(3)]
        assert [launch.task_id for launch in take(prepared, paced).launches] == task_ids[:1]
        assert times(prepared, task_ids) == [-9 * HOUR, HOUR, 2 * HOUR]

    def test_planning_again_changes_nothing(self, prepared: sa.Engine, settings: MakeSettings) -> None:
        paced = settings(min_interval="1 h", max_per_day=2)
        task_ids = [put_task(prepared) for _ in range(5)]
        take(prepared, paced)
        before = [read_task(prepared, task_id) for task_id in task_ids]
        take(prepared, paced)
        assert [read_task(prepared, task_id) for task_id in task_ids] == before

    def test_when_pacing_is_taken_out_of_the_config_the_rest_goes_at_once(
        self, prepared: sa.Engine, settings: MakeSettings
    ) -> None:
        task_ids = [put_task(prepared) for _ in range(3)]
        later = put_task(prepared, not_before=NOW + HOUR, scheduled_time=NOW + HOUR)
        take(prepared, settings(min_interval="1 day"))

        assert [launch.task_id for launch in take(prepared, settings()).launches] == task_ids[1:]
        assert times(prepared, [later]) == [HOUR]

    def test_looking_at_the_plan_changes_nothing(self, prepared: sa.Engine, settings: MakeSettings) -> None:
        paced = settings(min_interval="1 h")
        task_ids = [put_task(prepared) for _ in range(3)]
        with reading(prepared) as connection:
            planned = due.slots(connection, paced, paced.project(PROJECT), NOW)
        assert [(task.id, slot - NOW) for task, slot in planned] == [
            (task_id, n * HOUR) for n, task_id in enumerate(task_ids)
        ]
        assert times(prepared, task_ids) == [0 * HOUR] * 3

    def test_over_days_with_a_change_of_clocks_every_promise_is_kept(
        self, prepared: sa.Engine, settings: MakeSettings
    ) -> None:
        paced = settings(min_interval="3 h", max_per_day=4, time_zone="Europe/Berlin")
        now = datetime(2026, 10, 23, 20, 0, tzinfo=timezone.utc)  # clocks go back on the 25th
        task_ids = [put_task(prepared, not_before=now, scheduled_time=now) for _ in range(16)]
        posted: list[datetime] = []
        while len(posted) < len(task_ids):
            found = take(prepared, paced, now)
            for number, launch in enumerate(found.launches):
                assert number == 0, "two at once"
                posted.append(now + 2 * MINUTE)
                post(prepared, launch, posted[-1])
            found = take(prepared, paced, now + 2 * MINUTE)
            now = found.next_time or now

        assert all(other - one >= 3 * HOUR for one, other in itertools.pairwise(posted))
        days = [moment.astimezone(ZoneInfo("Europe/Berlin")).day for moment in posted]
        assert [days.count(day) for day in sorted(set(days))] == [1, 4, 4, 4, 3]
