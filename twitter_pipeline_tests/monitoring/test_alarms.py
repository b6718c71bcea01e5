"""From a measure beyond its threshold to an alarm, its alert, and the end of both; whoever dies meanwhile."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import tick
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring import loop
from twitter_pipeline.monitoring.loop import Monitoring
from twitter_pipeline.monitoring.measuring import Answers, Automation, Sources
from twitter_pipeline.monitoring.rules import RULES, WORDS
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.tables import alarms as table
from twitter_pipeline.store.tables import measures, projects, publishing_tasks
from twitter_pipeline_tests.monitoring.conftest import MakeWatched
from twitter_pipeline_tests.support.items import put_task
from twitter_pipeline_tests.support.tcp_proxy import PASS, REFUSE, TcpProxy
from twitter_pipeline_tests.support.waiting import wait_for


def test_an_alarm_begins_is_told_once_outlives_its_process_and_ends(
    watched: MakeWatched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "twitter_pipeline.monitoring")
    here = watched(queue_depth=2, alarm_after="5 min", over_after="3 min")
    put_task(here.engine)
    put_task(here.engine)
    assert here.look(5) == []
    here.start()
    (alarm,) = here.look()
    assert (alarm.name, alarm.scope, alarm.value, alarm.threshold, alarm.raised_at) == (
        "queue_depth",
        "",
        2,
        2,
        here.now,
    )
    assert here.alerts() == ["many items are due"]
    here.start()
    assert here.look(30) == [alarm]
    assert here.alerts(closed=True) == ["many items are due"]
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(status="cancelled"))
    assert len(here.look(3)) == 1
    here.start()
    assert here.look() == []
    assert (here.alerts(), here.alerts(closed=True)) == ([], ["many items are due"])
    said = [record.message for record in caplog.records]
    assert said[0] == "alarm: queue_depth is at 2, beyond 2"
    assert [line.partition(",")[0] for line in said[1:]] == ["over: queue_depth"]


def test_a_value_that_comes_and_goes_is_no_alarm_and_leaves_nothing(watched: MakeWatched) -> None:
    here = watched(queue_depth=1, alarm_after="5 min")
    task = put_task(here.engine)
    for status in ("pending", "cancelled") * 3:
        with writing(here.engine) as connection:
            connection.execute(sa.update(publishing_tasks).values(status=status).where(publishing_tasks.c.id == task))
        assert here.look(4) == []
    with reading(here.engine) as connection:
        assert connection.execute(sa.select(table)).all() == []


def test_each_scope_has_its_alarm_and_one_alert_tells_of_all(watched: MakeWatched) -> None:
    here = watched()
    here.automation = Automation({"scan_cats": 500.0, "scan_dogs": 400.0, "alerts": 0.0}, [])
    assert {alarm.scope for alarm in here.look()} == {"scan_cats", "scan_dogs"}
    assert here.alerts() == ["sensors do not tick, or only fail: scan_cats, scan_dogs"]
    # The daemon is gone: what is not known goes on as it is.
    here.automation = Automation(None, [])
    assert len(here.look(10)) == 2
    here.automation = Automation({"scan_cats": 500.0}, [])
    assert [alarm.scope for alarm in here.look()] == ["scan_cats"]
    assert here.alerts(closed=True) == ["sensors do not tick, or only fail: scan_cats"]


def test_what_x_still_lets_one_do_is_an_alarm_downward(watched: MakeWatched) -> None:
    from twitter_pipeline.store import accounts, x_limits
    from twitter_pipeline.x.limits import Limit

    here = watched(x_limit_percent=10)

    def left(remaining: int) -> None:
        reset = here.now + timedelta(hours=1)
        limits = {"POST /2/tweets 15min": Limit(100, remaining, reset), "GET /2/users/me 15min": Limit(75, 75, reset)}
        with writing(here.engine) as connection:
            x_limits.keep(connection, accounts.by_name(connection, "sandbox").id, limits)

    left(11)
    assert here.look() == []
    left(9)
    (alarm,) = here.look()
    assert (alarm.name, alarm.scope, alarm.value) == ("x_limit", "sandbox", 9)
    left(50)
    assert here.look() == []


def test_a_project_whose_sensor_is_off_is_told_as_that_alone(watched: MakeWatched) -> None:
    here = watched()
    with writing(here.engine) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=here.now - timedelta(hours=3)))
    here.automation = Automation({}, ["scan_cats"])
    here.look()
    tick.look(here.engine, here.settings, now=here.now, running_since=here.now - timedelta(hours=1))
    assert here.alerts() == ["scan_cats is switched off in Dagster"]


def test_every_alarm_has_words_and_alarms_that_are_over_go_in_the_end(watched: MakeWatched) -> None:
    assert {rule.alarm for rule in RULES} == set(WORDS)
    here = watched(queue_depth=1, history="1 h")
    put_task(here.engine)
    here.look()
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(status="cancelled"))
    here.look()
    here.now += timedelta(hours=1)
    here.look(2)
    with reading(here.engine) as connection:
        assert connection.execute(sa.select(table)).all() == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_is_away_is_told_once_and_measuring_goes_on(
    watched: MakeWatched, database_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here = watched()
    address = sa.make_url(database_url)
    monkeypatch.setattr(loop, "EVERY", 0.05)

    def measured() -> int:
        with reading(here.engine) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(measures)) or 0

    looks = 0

    def settings() -> Settings:
        nonlocal looks
        looks += 1
        return here.settings

    with TcpProxy(address.port or 0) as proxy:
        away = connect(address.set(port=proxy.port).render_as_string(hide_password=False))
        proxy.mode = REFUSE
        sources = Sources(lambda: None, lambda: Answers((), {}), "nothing of ours")
        looking = Monitoring(away, settings, sources)
        looking.begin()
        wait_for(lambda: looks > 4, 30, "several looks in vain")
        assert measured() == 0
        proxy.mode = PASS
        wait_for(measured, 30, "a look")
        looking.end()
        # The look that has measured still tells and eases: cut off from the database, it would complain again.
        wait_for(lambda: "monitoring" not in {one.name for one in threading.enumerate()}, 30, "that look to end")
        away.dispose()
    assert len([record for record in caplog.records if "nothing was measured" in record.message]) == 1
