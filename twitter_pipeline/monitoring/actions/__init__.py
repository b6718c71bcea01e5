"""What can be eased: one module each, which decides every minute from the open alarms.

Each has one function `ease`, and changes nothing but rows of `easings` (and what its docstring names); those who are
restricted look there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.alarms import Alarm

#: So long an easing holds that nobody renews: `easing.apply` does it every minute.
LASTS = timedelta(minutes=5)
#: The shortest time between two steps of one easing, up or down: what a step did is to be seen first.
BETWEEN_STEPS = timedelta(minutes=5)


@dataclass(frozen=True)
class Now:
    """What an action decides from."""

    engine: sa.Engine
    settings: Settings
    #: Those that are open.
    alarms: Sequence[Alarm]
    #: Aware UTC.
    at: datetime

    def named(self, *names: str) -> list[Alarm]:
        """The open alarms with these names."""
        return [alarm for alarm in self.alarms if alarm.name in names]


def said(alarm: Alarm) -> str:
    """An alarm in words, as the reason of an easing."""
    of = f" of {alarm.scope}" if alarm.scope else ""
    # A process's memory is measured in bytes; all else that is eased in percent, or seconds.
    scale, unit = (1e-6, " MB") if alarm.name == "memory" and alarm.scope else (1, "")
    value, threshold = (f"{number * scale:.4g}{unit}" for number in (alarm.value, alarm.threshold))
    return f"alarm {alarm.name}{of}: {value}, more than {threshold}"
