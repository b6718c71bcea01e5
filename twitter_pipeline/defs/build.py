"""All definitions on one page: which assets, jobs, sensors and resources there are for some settings."""

import dagster as dg

from twitter_pipeline.config import Settings
from twitter_pipeline.defs.alerts import alerts, failed_runs
from twitter_pipeline.defs.analytics import analytics_assets
from twitter_pipeline.defs.analytics_schedules import (
    analyse_changed_days,
    analyse_changed_hours,
    analytics_jobs,
    find_best_hours,
)
from twitter_pipeline.defs.io import JsonIOManager
from twitter_pipeline.defs.lease import lease
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.defs.retention import retention_sensor
from twitter_pipeline.defs.sensors import project_sensor
from twitter_pipeline.defs.tweets import media_items_asset, publish_job, tweets_asset


def build(settings: Settings) -> dg.Definitions:
    """The definitions for these settings. The database is not touched."""
    pipeline = Pipeline(settings)
    return dg.Definitions(
        assets=[
            *(media_items_asset(settings, project) for project in settings.projects),
            *(tweets_asset(settings, project) for project in settings.projects),
            *analytics_assets(settings),
        ],
        jobs=[*(publish_job(project) for project in settings.projects), *analytics_jobs()],
        sensors=[retention_sensor, alerts, failed_runs, *(project_sensor(project) for project in settings.projects)],
        schedules=[analyse_changed_hours, analyse_changed_days, find_best_hours],
        resources={"pipeline": pipeline, "lease": lease, "io_manager": JsonIOManager(pipeline)},
        # One process a run: a process for each op costs five times as much.
        executor=dg.in_process_executor,
    )
