"""Pages of Dagster's UI that a message leads to."""

from __future__ import annotations

from urllib.parse import quote

from twitter_pipeline.config import Settings


def partition(settings: Settings, project_id: str, key: str) -> str:
    """An item's page."""
    return f"{settings.dagster.url}/assets/{project_id}/tweets?view=partitions&partition={quote(key, safe='')}"


def tweets(settings: Settings, project_id: str) -> str:
    """All items of a project."""
    return f"{settings.dagster.url}/assets/{project_id}/tweets?view=partitions"


def run(settings: Settings, run_id: str) -> str:
    """A run's page."""
    return f"{settings.dagster.url}/runs/{run_id}"


def sensor(settings: Settings, name: str) -> str:
    """A sensor's page."""
    return f"{settings.dagster.url}/locations/twitter_pipeline/sensors/{name}"


def automation(settings: Settings) -> str:
    """All sensors and schedules, with their switches."""
    return f"{settings.dagster.url}/automation"
