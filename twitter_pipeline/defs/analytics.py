"""`analytics_hourly`, by hour, on a schedule."""

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg

from twitter_pipeline.config import Project
from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.pipeline import Pipeline, tweets_key

#: Partitions begin here; hours before it were never this project's.
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

HOURS = dg.HourlyPartitionsDefinition(start_date=START, timezone="UTC")


def analytics_asset(projects: Sequence[Project]) -> dg.AssetsDefinition:
    """The asset of all projects' figures by the hour."""

    @dg.asset(
        name="analytics_hourly",
        partitions_def=HOURS,
        # No partition of tweets belongs to one hour; the empty mapping keeps the page quick with 20,000 items.
        deps=[
            dg.AssetDep(tweets_key(project.id), partition_mapping=dg.SpecificPartitionsPartitionMapping([]))
            for project in projects
        ],
        group_name="analytics",
        kinds={"pandas"},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=25)),
        required_resource_keys={"pipeline"},
        description="Tasks created, completed and failed, by project and hour (UTC).",
    )
    def analytics_hourly(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from twitter_pipeline.analytics.hourly import compute

        pipeline: Pipeline = context.resources.pipeline
        hour = context.partition_time_window.start.astimezone(timezone.utc)
        table = compute(pipeline.engine, hour)
        return dg.MaterializeResult(
            metadata={
                "created": int(table["tasks_created"].sum()),
                "completed": int(table["tasks_completed"].sum()),
                "failed": int(table["tasks_failed"].sum()),
                "by project": dg.MetadataValue.table(
                    [
                        dg.TableRecord({str(name): value for name, value in record.items()})
                        for record in table.to_dict("records")
                    ]
                ),
            }
        )

    return analytics_hourly


def analytics_job() -> Any:
    """The job over the hourly figures."""
    return dg.define_asset_job("analyse_hour", selection=["analytics_hourly"])


@dg.schedule(
    job_name="analyse_hour",
    cron_schedule="5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    required_resource_keys={"pipeline"},
    description="Every hour: the figures of each hour in which something changed since they were computed.",
)
def analyse_changed_hours(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest] | dg.SkipReason:
    """Request every hour that is out of date: a schedule that was off catches up five ticks at most."""
    from twitter_pipeline.analytics.hourly import stale_hours

    pipeline: Pipeline = context.resources.pipeline
    now = context.scheduled_execution_time
    with without_secrets():
        hours = [hour for hour in stale_hours(pipeline.engine, now=now) if hour >= START]
    if not hours:
        return dg.SkipReason("nothing changed in an hour that has ended")
    return [
        dg.RunRequest(run_key=f"{now.isoformat()}:{hour.isoformat()}", partition_key=hour.strftime("%Y-%m-%d-%H:%M"))
        for hour in hours
    ]
