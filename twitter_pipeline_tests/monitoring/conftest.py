"""Monitoring of a small world, with a clock of its own and nobody to ask about Dagster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring import alarms, measures
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.monitoring.loop import Monitoring
from twitter_pipeline.monitoring.measuring import Answers, Automation, Sources
from twitter_pipeline.store.engine import reading
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW
from twitter_pipeline_tests.support.world import declare

#: Stands in the command line of processes that are to be looked at.
MARKER = "a process of a test"


@dataclass
class Watched:
    """Its database, what Dagster and the API would say, and whoever looks."""

    engine: sa.Engine
    settings: Settings
    now: datetime = NOW
    automation: Automation | None = None
    answers: Answers = field(default_factory=lambda: Answers((), {}))

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begin anew, as another process would."""
        sources = Sources(lambda: self.automation, lambda: self.answers, MARKER)
        self.monitoring = Monitoring(self.engine, lambda: self.settings, sources)

    def change(self, **monitoring: Any) -> None:
        """Other settings of `monitoring` from the next look on: those of config.yaml, durations as timedelta."""
        changed = self.settings.monitoring.model_copy(update=monitoring)
        self.settings = self.settings.model_copy(update={"monitoring": changed})

    def look(self, minutes: int = 1) -> list[Alarm]:
        """Look every minute, so often; the open alarms."""
        for _ in range(minutes):
            self.now += timedelta(minutes=1)
            assert self.monitoring.tick(self.now)
        with reading(self.engine) as connection:
            return alarms.open_now(connection)

    def value(self, name: str, scope: str = "") -> float | None:
        """What was measured last."""
        with reading(self.engine) as connection:
            return measures.latest(connection, self.now)[1].get((name, scope))

    def alerts(self, *, closed: bool = False) -> list[str]:
        with reading(self.engine) as connection:
            return [alert.title for alert in keeping.listing(connection, closed=closed)]


MakeWatched = Callable[..., Watched]

#: Settings with which only what a test makes is an alarm, at once: its machine may be short of room or memory.
QUIET: dict[str, Any] = {
    "monitoring": {"memory_percent": 100, "process_memory_mb": 1e6, "alarm_after": "0 s", "over_after": "0 s"},
    "alerts": {"disk_free_percent": 0},
}


@pytest.fixture
def watched(engine: sa.Engine, settings: MakeSettings) -> MakeWatched:
    """``watched(queue_depth=1)``: with project `cats`; keywords are settings of `monitoring`."""

    def make(top: dict[str, Any] | None = None, **monitoring: Any) -> Watched:
        made = settings(top={**QUIET, "monitoring": {**QUIET["monitoring"], **monitoring}, **(top or {})})
        declare(engine, made)
        return Watched(engine, made)

    return make
