"""What the pipeline watches of itself, and from where on it is trouble."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from twitter_pipeline.config.base import Section
from twitter_pipeline.config.duration import Duration, SomeDuration


class MonitoringSettings(Section):
    """What the pipeline watches of itself, and from where on it is trouble: an alarm."""

    easing: bool = Field(
        True,
        description="Whether the pipeline eases an alarm by itself: fewer runs at once, longer ticks and the like.",
    )
    alarm_after: Duration = Field(
        timedelta(minutes=5), description="How long a value must be beyond its threshold until that is an alarm."
    )
    over_after: Duration = Field(
        timedelta(minutes=5),
        description="How long it must be a tenth within the threshold again until the alarm is over.",
    )
    history: SomeDuration = Field(
        timedelta(days=90), description="How long hourly values, and alarms that are over, stay."
    )
    memory_percent: float = Field(90, gt=0, le=100, description="Memory of the machine, or the container, in use.")
    process_memory_mb: float = Field(1500, gt=0, le=1e6, description="Memory of one process, in MB.")
    database_connections_percent: float = Field(
        80, gt=0, le=100, description="Connections in use, of those that PostgreSQL takes or the API's pool holds."
    )
    database_slow: SomeDuration = Field(
        timedelta(seconds=1), description="How long the database takes for the smallest reading, or writing."
    )
    api_slow: SomeDuration = Field(
        timedelta(seconds=1), description="How long the API takes for a GET: 95 of 100 in a minute are faster."
    )
    errors_percent: float = Field(
        80,
        gt=0,
        le=100,
        description="Tries to post with an account that failed, of those of the last 15 minutes; three at least.",
    )
    queue_age: SomeDuration = Field(
        timedelta(hours=1), description="How long an item of a project is due and not posted, though nothing holds it."
    )
    queue_depth: float = Field(1000, gt=0, le=1e9, description="Items that are due, of all projects.")
    sensor_lag: SomeDuration = Field(
        timedelta(minutes=3),
        description="How long a sensor that is on has not ticked beyond its interval, or each tick has failed.",
    )
    scan_slow: SomeDuration = Field(timedelta(seconds=10), description="How long scans of a project take.")
    x_limit_percent: float = Field(
        5, gt=0, lt=90, description="Calls that X still lets an account make, of the scarcest of its limits."
    )
    sqlite_fragmented_percent: float = Field(
        30, gt=0, lt=90, description="Free pages of an SQLite database of more than 20 MB, of all of its pages."
    )
