"""What is measured of a pipeline that works, and how long it is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import measures, work
from twitter_pipeline.monitoring.loop import Monitoring
from twitter_pipeline.monitoring.measuring import Answers, Automation, Sources, look
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import measures as table
from twitter_pipeline.store.tables import measures_hourly, publishing_log
from twitter_pipeline_tests.monitoring.conftest import MakeWatched
from twitter_pipeline_tests.support.items import MINUTE, NOW, carry_out, put_task, read_lines, take
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import MakeWorld


def test_a_post_leaves_its_steps_and_what_x_said_of_its_limits(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat")
    here.scan()
    here.publish()
    sources = Sources(lambda: None, lambda: Answers((0.1, 0.2, 0.9), {"2xx": 3}), "nothing of ours")
    (posted,) = [line.created_at for line in read_lines(here.engine, here.task().id) if line.action == "post"]
    found = look(here.engine, here.settings, sources, posted + MINUTE)  # of the post's minute, not of the one by now
    scopes: dict[str, dict[str, float]] = {}
    for (name, scope), value in found.values.items():
        scopes.setdefault(name, {})[scope] = value
    assert set(scopes["step_seconds"]) == {"parse_metadata", "upload_media", "create_tweet"}
    assert all(seconds > 0 for seconds in scopes["step_seconds"].values())
    assert 0 < scopes["x_remaining_percent"]["sandbox POST /2/tweets 15min"] < 100
    assert 0 < scopes["scan_seconds"]["cats"] < 20
    assert scopes["memory"]["api"] > 10e6  # this process
    assert scopes["api_response_seconds"] == {"p50": 0.2, "p95": 0.9}
    assert set(scopes["database_seconds"]) == {"read"}
    assert set(scopes) | {"monitoring_seconds", "queue_age", "errors", "errors_percent"} | found.unknown >= set(
        measures.MEASURES
    ) - {"sqlite_free_percent"}
    if here.engine.dialect.name == "postgresql":
        assert scopes["database_connections"]["server"] >= 1
        assert 0 < scopes["database_connections_percent"]["server"] < 100
    assert found.unknown == {"sensor_lag"}


def test_an_album_of_uploads_is_one_step(prepared: sa.Engine) -> None:
    task = put_task(prepared)
    claim = take(prepared, task)
    with writing(prepared) as connection:
        for seconds, action in [(1, "prepared"), (4, "uploaded"), (6, "uploaded"), (7, "post")]:
            line = {"task_id": task, "action": action, "status": "running", "message": "", "details": {}}
            connection.execute(
                sa.insert(publishing_log).values(
                    **line, created_at=NOW + timedelta(seconds=seconds), run_id=claim.holder
                )
            )
    with reading(prepared) as connection:
        found = work.step_seconds(connection, NOW + MINUTE)
    assert found == {"parse_metadata": 1, "upload_media": 5, "create_tweet": 1}


def test_what_is_due_ages_unless_somebody_holds_it(watched: MakeWatched) -> None:
    here = watched()
    put_task(here.engine, scheduled_time=NOW - 10 * MINUTE)
    put_task(here.engine, scheduled_time=NOW)
    put_task(here.engine, scheduled_time=NOW + 60 * MINUTE)
    here.look()
    assert (here.value("queue_depth", "cats"), here.value("queue_depth")) == (2, 2)
    assert here.value("queue_age", "cats") == 11 * 60
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", "cats", "", now=NOW)
    here.look()
    assert here.value("queue_age", "cats") is None


def test_errors_count_by_account_once_several_tries_got_as_far_as_x(watched: MakeWatched) -> None:
    here = watched()

    def attempt(event: Event, *, prepared: bool) -> None:
        task = put_task(here.engine, Status.PENDING)
        claim = take(here.engine, task, holder=f"run-{task}", now=here.now)
        with writing(here.engine) as connection:
            for action in ["prepared"] * prepared + [event.value]:
                line = {"task_id": task, "action": action, "status": "running", "message": "", "details": {}}
                connection.execute(sa.insert(publishing_log).values(**line, created_at=here.now, run_id=claim.holder))
        carry_out(here.engine, task, Event.STOP, now=here.now)

    for _ in range(5):
        attempt(Event.BACK_OFF, prepared=False)  # a file that cannot be read says nothing of X
    attempt(Event.BACK_OFF, prepared=True)
    attempt(Event.LOSE_TRACK, prepared=True)
    here.look()
    assert (here.value("errors", "back_off"), here.value("errors", "lose_track")) == (6, 1)
    assert here.value("errors_percent", "sandbox") is None
    attempt(Event.BACK_OFF, prepared=True)
    attempt(Event.POST, prepared=True)
    here.look()
    assert here.value("errors_percent", "sandbox") == 75
    here.look(20)
    assert here.value("errors_percent", "sandbox") is None


def test_of_many_who_look_in_the_same_minute_one_measures(watched: MakeWatched) -> None:
    here = watched()
    sources = Sources(lambda: None, lambda: Answers((), {}), "nothing of ours")
    processes = [Monitoring(here.engine, lambda: here.settings, sources) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda one: one.tick(NOW), processes)) == 1
    assert not processes[0].tick(NOW + timedelta(seconds=59))
    assert processes[0].tick(NOW + MINUTE)


def test_minutes_become_hours_once_and_what_is_old_goes(engine: sa.Engine) -> None:
    history = timedelta(days=90)

    def rows(of: sa.Table) -> int:
        with reading(engine) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(of)) or 0

    def minute(at: timedelta, value: float) -> None:
        with writing(engine) as connection:
            measures.keep(connection, NOW + at, {("runs", ""): value})
            measures.roll_up(connection, NOW + at, history)

    for number in range(6):  # one hour, and a look in the next, and one after the machine was off for five hours
        minute(number * 10 * MINUTE, number)
    assert rows(measures_hourly) == 0
    minute(60 * MINUTE, 7)
    minute(70 * MINUTE, 9)
    minute(6 * 60 * MINUTE, 1)
    with reading(engine) as connection:
        points = measures.by_hour(connection, "runs", "", since=NOW, until=NOW + history, limit=10)
    assert [(point.at, point.value, point.least, point.most) for point in points] == [
        (NOW, 2.5, 0, 5),
        (NOW + 60 * MINUTE, 8, 7, 9),
    ]
    minute(timedelta(days=3), 1)
    assert (rows(table), rows(measures_hourly)) == (1, 3)
    minute(timedelta(days=92), 1)
    assert rows(table) == 1
    assert rows(measures_hourly) == 1


def test_a_day_of_a_busy_machine_stays_small(engine: sa.Engine) -> None:
    with writing(engine) as connection:
        measures.keep(connection, NOW, {("memory", f"process {number}"): 1.0 for number in range(5_000)})
    with reading(engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == measures.MOST


@pytest.mark.parametrize("off", [[], ["retention"]])
def test_sensors_that_are_off_are_told_and_lag_is_known_of_the_others(watched: MakeWatched, off: list[str]) -> None:
    here = watched()
    here.automation = Automation({"scan_cats": 12.5}, off)
    here.look()
    assert here.value("sensor_lag", "scan_cats") == 12.5
    assert here.alerts() == [f"{name} is switched off in Dagster" for name in off]
    here.automation = None  # Dagster does not answer: nothing is known, and nothing changes
    here.look(10)
    assert here.value("sensor_lag", "scan_cats") is None
    assert len(here.alerts()) == len(off)
    here.automation = Automation({}, [])
    here.look(7)
    assert here.alerts() == []


def test_limits_that_x_does_not_name_are_not_kept_and_a_window_begun_anew_is_full(
    world: MakeWorld, sandbox: SandboxServer
) -> None:
    from twitter_pipeline.store import x_limits

    here = world()
    here.put(title="Cat")
    here.scan()
    here.publish()
    with reading(here.engine) as connection:
        later = x_limits.remaining(connection, utc_now() + timedelta(days=2))
    assert set(later.values()) == {100}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_look_reads_no_more_when_more_is_done(watched: MakeWatched) -> None:
    here = watched()
    put_task(here.engine)
    seen: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(here.engine, "before_cursor_execute", note)
    here.look()
    sa.event.remove(here.engine, "before_cursor_execute", note)
    plans = []
    with here.engine.connect() as connection:
        for statement, parameters in seen:
            if statement.startswith("SELECT") and "publishing_" in statement:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [row.detail for row in plan]
    assert len(plans) >= 4
    assert [plan for plan in plans if plan.startswith("SCAN publishing_")] == []
