"""What the tests of easing share: looks that see what is there now, alarms by hand, and a look at what is in force."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring import easing
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.store import easings
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.monitoring.conftest import Watched
from twitter_pipeline_tests.support.items import MINUTE


def watch(engine: sa.Engine, settings: Settings) -> Watched:
    """Looks, the first of them now: those who are restricted have no clock but the machine's."""
    return Watched(engine, settings, utc_now() - MINUTE)


def names(alarms: list[Alarm]) -> list[tuple[str, str]]:
    """Which alarms these are."""
    return [(alarm.name, alarm.scope) for alarm in alarms]


def alarm(name: str, scope: str, value: float, threshold: float) -> Alarm:
    """An open alarm, where its cause is nothing that a test can make."""
    return Alarm(name, scope, value, threshold, utc_now())


def measured(name: str, value: float, threshold: float, *, scope: str = "") -> list[Alarm]:
    """The alarm of a measure that is over its threshold; none when it is not."""
    return [alarm(name, scope, value, threshold)] if value > threshold else []


def apply(engine: sa.Engine, settings: Settings, alarms: list[Alarm], now: datetime | None = None) -> None:
    """What is done every minute."""
    easing.apply(engine, settings, alarms, now or utc_now())


def eased(engine: sa.Engine, now: datetime | None = None) -> dict[str, int]:
    """The level of all that holds, by action and scope."""
    with reading(engine) as connection:
        found = easings.listing(connection, now=now or utc_now())
    return {f"{one.action} {one.scope}".rstrip(): one.level for one in found}
