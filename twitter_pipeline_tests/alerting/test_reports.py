"""The daily digest, and the weekly word that all is well."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

import pytest

from twitter_pipeline.alerting import quiet, reports
from twitter_pipeline.alerting.keeping import acknowledge
from twitter_pipeline.config import AlertSettings
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.alerting.conftest import MakePipeline, Pipeline
from twitter_pipeline_tests.alerting.receivers import Webhook
from twitter_pipeline_tests.support.items import NOW, put_task

#: NOW is a Tuesday, 12:00 UTC.
DAY = timedelta(days=1)


def every_minute(here: Pipeline, minutes: int, step: int = 10) -> None:
    for _ in range(minutes // step):
        here.now += timedelta(minutes=step)
        reports.report(here.engine, here.settings, now=here.now)
        here.deliver()


def test_on_the_day_of_the_week_it_is_said_once_that_all_is_well(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()], time_zone="Europe/Berlin", all_is_well="thursday")
    put_task(here.engine, Status.COMPLETED, executed_time=NOW + DAY)
    put_task(here.engine)
    every_minute(here, 3 * 24 * 60, step=60)
    (message,) = hook.got
    assert message["title"] == "[sandbox] all is well"
    assert "Nothing needs you." in message["message"]
    assert "cats: 1 posted in seven days, 1 wait" in message["message"]


def test_what_is_open_is_listed_once_a_day(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()], digest="13:00")
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=NOW)
    (alert,) = here.look()
    every_minute(here, 50)
    assert hook.titles == ["cats: 1 item failed"]
    with writing(here.engine) as connection:
        acknowledge(connection, alert.id, "ann", now=here.now)
    every_minute(here, 24 * 60 + 60)
    assert hook.titles == ["cats: 1 item failed", "1 alert is open", "1 alert is open"]
    assert "cats: 1 item failed (ann knows)\nsince 2026-11-24 12:00 UTC." in hook.got[-1]["message"]


def test_after_a_weekend_down_one_digest_comes_not_three(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    every_minute(here, 10)
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=NOW)
    here.look(days=3)
    every_minute(here, 30)
    assert hook.titles == ["cats: 1 item failed", "1 alert is open"]


def test_both_can_be_off(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()], digest="off", all_is_well="off")
    every_minute(here, 8 * 24 * 60, step=360)
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=NOW)
    here.look()
    every_minute(here, 2 * 24 * 60, step=360)
    assert hook.titles == ["cats: 1 item failed"]


def test_the_first_start_says_nothing(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()], all_is_well="tuesday")
    every_minute(here, 60)
    assert hook.got == []


@pytest.mark.parametrize(
    ("now", "at"),
    [
        # Berlin leaves summer time on 2026-10-25: 09:00 is 07:00 UTC before and 08:00 after.
        ("2026-10-24T08:00", "2026-10-24T07:00"),
        ("2026-10-25T07:59", "2026-10-24T07:00"),
        ("2026-10-25T08:00", "2026-10-25T08:00"),
    ],
)
def test_the_time_of_the_digest_is_that_of_the_clock_on_the_wall(now: str, at: str) -> None:
    berlin = AlertSettings(time_zone="Europe/Berlin")
    moment = datetime.fromisoformat(now).replace(tzinfo=timezone.utc)
    expected = datetime.fromisoformat(at).replace(tzinfo=timezone.utc)
    assert quiet.last_time(berlin, time(9), moment) == expected
