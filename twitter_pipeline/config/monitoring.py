"""What the pipeline watches of itself."""

from __future__ import annotations

from pydantic import Field

from twitter_pipeline.config.base import Section


class MonitoringSettings(Section):
    """What the pipeline watches of itself."""

    easing: bool = Field(
        True,
        description="Whether the pipeline eases an alarm by itself: fewer runs at once, longer ticks and the like.",
    )
