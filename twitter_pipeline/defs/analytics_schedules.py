"""When figures are counted: a job for each of the three assets, and what it is requested for."""

from datetime import datetime
from typing import Any

import dagster as dg
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.analytics import DRAWN, HOUR, KEYS, START
from twitter_pipeline.defs.pipeline import Pipeline


def analytics_jobs() -> list[Any]:
    """A job for each of the three."""
    return [
        dg.define_asset_job("analyse_hour", selection=["analytics_hourly"]),
        dg.define_asset_job("analyse_day", selection=["analytics_daily"]),
        dg.define_asset_job("find_best_hours", selection=["best_hours"]),
    ]


@dg.schedule(
    job_name="analyse_hour",
    cron_schedule="5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    required_resource_keys={"pipeline"},
    description="Every hour: the figures of each hour in which something changed since they were computed.",
)
def analyse_changed_hours(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Request every hour that is out of date: a schedule that was off catches up five ticks at most.

    Hours in a row are one run. With each a run of its own, a week that was imported takes minutes of a core.
    """
    from twitter_pipeline.analytics.hourly import stale_hours

    pipeline: Pipeline = context.resources.pipeline
    now = context.scheduled_execution_time
    with without_secrets():
        hours = [hour for hour in stale_hours(pipeline.engine, now=now) if hour >= START]
    requests = []
    while hours:
        # The most are a day's: what is in a run of more has no chart.
        number = next((n for n in range(1, len(hours)) if hours[n] - hours[0] != n * HOUR), len(hours))
        number = min(number, DRAWN // HOUR)
        row, hours = hours[:number], hours[number:]
        requests.append(_request(now, row[0].strftime(KEYS[0]), row[-1].strftime(KEYS[0])))
    return requests or _nothing("an hour")


@dg.schedule(
    job_name="analyse_day",
    cron_schedule="15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    required_resource_keys={"pipeline"},
    description="Every hour, since days end at any: the figures of each ended day in which something changed.",
)
def analyse_changed_days(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Request every day that is out of date."""
    from twitter_pipeline.analytics.daily import stale_days

    pipeline: Pipeline = context.resources.pipeline
    now = context.scheduled_execution_time
    with without_secrets():
        days = [day for day in stale_days(pipeline.engine, pipeline.settings.projects, now=now) if day >= START.date()]
    keys = [day.strftime(KEYS[1]) for day in days]
    return [_request(now, key, key) for key in keys] or _nothing("a day")


def _request(now: datetime, first: str, last: str) -> dg.RunRequest:
    """A run of these partitions, and of all between."""
    if first == last:
        return dg.RunRequest(run_key=f"{now.isoformat()}:{first}", partition_key=first)
    tags = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
    return dg.RunRequest(run_key=f"{now.isoformat()}:{first}:{last}", tags=tags)


def _nothing(what: str) -> dg.SkipReason:
    return dg.SkipReason(f"nothing changed in {what} that has ended")


#: Each morning, when yesterday's hours are counted.
find_best_hours = dg.ScheduleDefinition(
    name="find_best_hours_daily",
    job_name="find_best_hours",
    cron_schedule="25 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
