"""The figures: `analytics_hourly` by hour, on it `analytics_daily` by day, and `best_hours`; each with its job.

Days of a backfill are one run for all of them, hours one for each quarter, each with one statement for each table.
Hours in a row that are out of date are one run, too.
"""

import warnings
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.execution.context.metadata_logging import AssetMetadataHandle, OutputMetadataAccumulator

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.defs.pipeline import Pipeline, tweets_key
from twitter_pipeline.store.engine import reading

if TYPE_CHECKING:
    import pandas as pd

#: Partitions begin here; what was before it was never this project's.
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

HOURS = dg.HourlyPartitionsDefinition(start_date=START, timezone="UTC")
#: A day's name; where it begins and ends each project's time zone says.
DAYS = dg.DailyPartitionsDefinition(start_date=START, timezone="UTC")

HOUR = timedelta(hours=1)
#: Hours of one run. While it is made, Dagster writes an event for each, and gives up on a run not started in a minute:
#: on PostgreSQL together (launching.storage), on SQLite one by one.
_HOURS_A_RUN = {"postgresql": 92 * 24, "sqlite": 31 * 24}
#: In a run of so many hours at most each has its table and its chart.
DRAWN = timedelta(hours=24)
_CHECK = "counts_equal_the_tasks"
#: How Dagster names an hour, and a day.
KEYS = ("%Y-%m-%d-%H:%M", "%Y-%m-%d")


def analytics_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The three assets, of all projects."""
    with warnings.catch_warnings():
        # backfill_policy is called beta; the version of Dagster is pinned.
        warnings.simplefilter("ignore", dg.BetaWarning)
        hours = _HOURS_A_RUN["sqlite" if settings.database_url is None else "postgresql"]
        return [_hourly(settings.projects, hours), _daily(), _best_hours()]


def _hourly(projects: Sequence[Project], hours_a_run: int) -> dg.AssetsDefinition:
    @dg.asset(
        name="analytics_hourly",
        partitions_def=HOURS,
        backfill_policy=dg.BackfillPolicy.multi_run(hours_a_run),
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
        said_of = _sums(table, "hour", KEYS[0])
        # Of many hours only the last one has them: with each of a year's they would fill Dagster's storage.
        drawn = (end - start) // HOUR if end - start <= DRAWN else 1
        for last in (end - number * HOUR for number in range(1, drawn + 1)):
            with reading(pipeline.engine) as connection:
                day = hourly.read(connection, last - timedelta(hours=23), last + HOUR)
            said_of[last.strftime(KEYS[0])] |= {
                "by project": _shown(table[table["hour"] == last].drop(columns=["hour", "last_log_id"])),
                "24 hours": _picture(charts.hours(day)),
            }
        _say(context, said_of)
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
        description="The figures of analytics_hourly by project and day of its time zone: 23 or 25 hours where clocks"
        " are changed.",
    )
    def analytics_daily(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        from twitter_pipeline.analytics import charts, daily

        pipeline: Pipeline = context.resources.pipeline
        settings = pipeline.settings
        days = [date.fromisoformat(key) for key in context.partition_keys]
        table = daily.compute(pipeline.engine, settings.projects, days[0], days[-1], prices=settings.x.prices)
        said_of = _sums(table, "day", KEYS[1])
        with reading(pipeline.engine) as connection:
            month = daily.read(connection, days[-1] - timedelta(days=30), days[-1])
            read = daily.posts_read(connection, days[-1])
        said_of[days[-1].strftime(KEYS[1])] |= {
            "by project": _shown(table[table["day"] == days[-1]].drop(columns=["day", "last_log_id"])),
            "31 days": _picture(charts.days(month)),
            # By account and day of UTC, as X counts: no project's.
            "posts read of timelines": read,
            "cost of reading": round(read * settings.x.prices.post_read, 6),
        }
        _say(context, said_of)
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
        start, end = by.window(utc_now())
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


def _sums(table: "pd.DataFrame", by: str, key: str) -> dict[str, dict[str, Any]]:
    """All projects together, by the partition's key: what Dagster draws over time."""
    names = {"tasks_created": "created", "tasks_completed": "completed", "tasks_failed": "failed", "cost": "cost"}
    sums = table.groupby(by)[[*names]].sum().round(6).rename(columns=names)
    keys = [when.strftime(key) for when in sums.index]
    return dict(zip(keys, sums.astype(object).to_dict("records"), strict=True))


def _say(context: dg.AssetExecutionContext, said_of: dict[str, dict[str, Any]]) -> None:
    """Show metadata with each partition of the run, by its key.

    Together: `context.add_asset_metadata` looks through all of the run's partitions and all that was said before each
    time, a minute for a year of hours.
    """
    step = context.get_step_execution_context()
    said = dict(step._metadata_accumulator.per_output_metadata)
    for key, metadata in said_of.items():
        said[AssetMetadataHandle(asset_key=context.asset_key, partition_key=key)] = metadata
    step._metadata_accumulator = OutputMetadataAccumulator(per_output_metadata=said)


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
