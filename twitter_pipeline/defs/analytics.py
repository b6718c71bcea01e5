"""The figures: `analytics_hourly` by hour, on it `analytics_daily` by day, and `best_hours`; each with its schedule.

A backfill of days is one run for all of them, of hours one a month: each counts with one statement for each table.
"""

import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import dagster as dg

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.pipeline import Pipeline, tweets_key
from twitter_pipeline.store.engine import reading

if TYPE_CHECKING:
    import pandas as pd

#: Partitions begin here; what was before it was never this project's.
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

HOURS = dg.HourlyPartitionsDefinition(start_date=START, timezone="UTC")
#: A day's name; where it begins and ends each project's time zone says.
DAYS = dg.DailyPartitionsDefinition(start_date=START, timezone="UTC")

_HOUR = timedelta(hours=1)
#: Hours of one run. While it is made, Dagster writes an event for each, and gives up on a run not started in a minute.
_HOURS_A_RUN = 31 * 24
_CHECK = "counts_equal_the_tasks"
_KEYS = ("%Y-%m-%d-%H:%M", "%Y-%m-%d")


def analytics_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The three assets, of all projects."""
    with warnings.catch_warnings():
        # backfill_policy is called beta; the version of Dagster is pinned.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [_hourly(settings.projects), _daily(), _best_hours()]


def _hourly(projects: Sequence[Project]) -> dg.AssetsDefinition:
    @dg.asset(
        name="analytics_hourly",
        partitions_def=HOURS,
        backfill_policy=dg.BackfillPolicy.multi_run(_HOURS_A_RUN),
        # No partition of tweets belongs to one hour; the empty mapping keeps the page quick with 20,000 items.
        deps=[
            dg.AssetDep(tweets_key(project.id), partition_mapping=dg.SpecificPartitionsPartitionMapping([]))
            for project in projects
        ],
        check_specs=[
            dg.AssetCheckSpec(
                _CHECK, asset="analytics_hourly", description="what the log counts is what the table of tasks says"
            )
        ],
        group_name="analytics",
        kinds={"pandas"},
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=25)),
        required_resource_keys={"pipeline"},
        description="Tasks created, completed, failed, skipped, retried, seconds to publish and cost, by project and"
        " hour (UTC).",
    )
    def analytics_hourly(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        from twitter_pipeline.analytics import charts, checks, hourly

        pipeline: Pipeline = context.resources.pipeline
        start, end = (moment.astimezone(timezone.utc) for moment in context.partition_time_window)
        table = hourly.compute(pipeline.engine, start, end, prices=pipeline.settings.x.prices)
        for hour, rows in table.groupby("hour"):
            context.add_asset_metadata(_sums(rows), partition_key=f"{hour:{_KEYS[0]}}")
        # Shown with the last hour: with each of a year's they would fill Dagster's storage.
        last = end - _HOUR
        with reading(pipeline.engine) as connection:
            day = hourly.read(connection, end - timedelta(hours=24), end)
        context.add_asset_metadata(
            {
                "by project": _shown(table[table["hour"] == last].drop(columns=["hour", "last_log_id"])),
                "24 hours": _picture(charts.hours(day)),
            },
            partition_key=last.strftime(_KEYS[0]),
        )
        said = checks.differences(pipeline.engine, table, start, end)
        found = "\n".join(said[: checks.MOST_NAMED]) or "none"
        yield dg.MaterializeResult(
            check_results=[
                dg.AssetCheckResult(
                    check_name=_CHECK,
                    passed=not said,
                    metadata={"from": start.isoformat(), "to": end.isoformat(), "differences": found},
                )
            ]
        )

    return analytics_hourly


def _daily() -> dg.AssetsDefinition:
    @dg.asset(
        name="analytics_daily",
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep(
                "analytics_hourly",
                # A day begins 14 hours before UTC's at the earliest, and ends 12 after it at the latest.
                partition_mapping=dg.TimeWindowPartitionMapping(
                    start_offset=-14, end_offset=12, allow_nonexistent_upstream_partitions=True
                ),
            )
        ],
        group_name="analytics",
        kinds={"pandas"},
        required_resource_keys={"pipeline"},
        description="The same by project and day of its time zone: 23 or 25 hours where clocks are changed.",
    )
    def analytics_daily(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from twitter_pipeline.analytics import charts, daily

        pipeline: Pipeline = context.resources.pipeline
        settings = pipeline.settings
        days = [date.fromisoformat(key) for key in context.partition_keys]
        table = daily.compute(pipeline.engine, settings.projects, days[0], days[-1], prices=settings.x.prices)
        for day, rows in table.groupby("day"):
            context.add_asset_metadata(_sums(rows), partition_key=f"{day}")
        with reading(pipeline.engine) as connection:
            month = daily.read(connection, days[-1] - timedelta(days=30), days[-1])
            read = daily.posts_read(connection, days[-1])
        context.add_asset_metadata(
            {
                "by project": _shown(table[table["day"] == days[-1]].drop(columns=["day", "last_log_id"])),
                "31 days": _picture(charts.days(month)),
                # By account and day of UTC, as X counts: no project's.
                "posts read of timelines": read,
                "cost of reading": round(read * settings.x.prices.post_read, 6),
            },
            partition_key=f"{days[-1]}",
        )
        return dg.MaterializeResult()

    return analytics_daily


def _best_hours() -> dg.AssetsDefinition:
    from twitter_pipeline.analytics.best_hours import WHAT_IT_SHOWS

    @dg.asset(
        name="best_hours",
        deps=["analytics_hourly"],
        group_name="analytics",
        kinds={"pandas"},
        required_resource_keys={"pipeline"},
        description=f"By weekday and hour of each project's time zone, of twelve weeks. {WHAT_IT_SHOWS}",
    )
    def best_hours(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from twitter_pipeline.analytics import best_hours as by
        from twitter_pipeline.analytics import charts, hourly

        pipeline: Pipeline = context.resources.pipeline
        start, end = by.window(datetime.now(timezone.utc))
        with reading(pipeline.engine) as connection:
            hours = hourly.read(connection, start, end)
        metadata: dict[str, Any] = {"what it shows": by.WHAT_IT_SHOWS}
        for project in pipeline.settings.projects:
            table = by.shape(hours[hours["project_id"] == project.id], project.zone)
            metadata[f"{project.id}, map"] = _picture(charts.best_hours(table))
            named = table.assign(weekday=table["weekday"].map(dict(enumerate(by.WEEKDAYS))))
            metadata[f"{project.id}, first ten"] = _shown(named.head(10))
        return dg.MaterializeResult(metadata=metadata)

    return best_hours


def _sums(rows: "pd.DataFrame") -> dict[str, Any]:
    """All projects together: what Dagster draws over time."""
    counts = {name: int(rows[f"tasks_{name}"].sum()) for name in ("created", "completed", "failed")}
    return {**counts, "cost": round(float(rows["cost"].sum()), 6)}


def _shown(table: "pd.DataFrame") -> dg.MetadataValue[Any]:
    from twitter_pipeline.analytics.figures import as_rows

    # Short names: the page is narrow.
    table = table.rename(columns=lambda name: str(name).removeprefix("tasks_").removeprefix("posts_"))
    records = [dg.TableRecord(dict(row)) for row in as_rows(table)]
    columns = [
        dg.TableColumn(str(name), type="string" if table[name].dtype.kind not in "iuf" else "float")
        for name in table.columns
    ]
    return dg.MetadataValue.table(records, schema=dg.TableSchema(columns))


def _picture(png: bytes) -> dg.MarkdownMetadataValue:
    from twitter_pipeline.analytics.charts import data_uri

    return dg.MetadataValue.md(f"![chart]({data_uri(png)})")


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
    """Request every hour that is out of date: a schedule that was off catches up five ticks at most."""
    from twitter_pipeline.analytics.hourly import stale_hours

    pipeline: Pipeline = context.resources.pipeline
    now = context.scheduled_execution_time
    with without_secrets():
        hours = [hour for hour in stale_hours(pipeline.engine, now=now) if hour >= START]
    return _requests(now, [hour.strftime(_KEYS[0]) for hour in hours], "hour")


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
    return _requests(now, [day.strftime(_KEYS[1]) for day in days], "day")


def _requests(now: datetime, keys: list[str], what: str) -> list[dg.RunRequest] | dg.SkipReason:
    if not keys:
        return dg.SkipReason(f"nothing changed in {'an' if what == 'hour' else 'a'} {what} that has ended")
    return [dg.RunRequest(run_key=f"{now.isoformat()}:{key}", partition_key=key) for key in keys]


#: Each morning, when yesterday's hours are counted.
find_best_hours = dg.ScheduleDefinition(
    name="find_best_hours_daily",
    job_name="find_best_hours",
    cron_schedule="25 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
