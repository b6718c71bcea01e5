"""What the pipeline does by itself while an alarm is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.alarms import Alarm


def apply(engine: sa.Engine, settings: Settings, open_alarms: Sequence[Alarm], now: datetime) -> None:
    """Bring what is eased to what the open alarms ask for."""
