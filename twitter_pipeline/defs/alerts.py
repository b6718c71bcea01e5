"""Alerts: a sensor that looks for them every minute and starts no run, and one for runs that failed."""

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping, links
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.alerting.tick import tick
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.pipeline import Pipeline, project_of
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Event
from twitter_pipeline.store.tables import publishing_log

#: When this process began: sensors cannot have ticked before.
_BEGAN = utc_now()


@dg.sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Every minute: what needs a person is kept as an alert, and sent. It starts no run.",
    required_resource_keys={"pipeline"},
)
def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Look for what needs a person."""
    with without_secrets():
        return dg.SkipReason(look(context.resources.pipeline, context.instance))


def look(pipeline: Pipeline, instance: dg.DagsterInstance) -> str:
    """What is done every minute; what came of it, in words."""
    engine, settings = pipeline.prepared_engine, pipeline.settings
    close_mended_jobs(instance, pipeline)
    sent = tick(engine, settings, now=utc_now(), running_since=_BEGAN)
    with reading(engine) as connection:
        return f"{len(keeping.open_keys(connection))} open; {sent} messages sent"


@dg.run_failure_sensor(
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A failed run is an alert, unless it had taken its item: then the item's own moves tell.",
)
def failed_runs(context: dg.RunFailureSensorContext, pipeline: dg.ResourceParam[Pipeline]) -> None:
    """Keep an alert for a run that failed outside the moves of a task."""
    with without_secrets():
        failed(pipeline, context.dagster_run, context.failure_event.message or "Dagster does not say why")


def failed(pipeline: Pipeline, run: dg.DagsterRun, why: str) -> None:
    """Count a failed run, by its job, unless it held its item's task."""
    settings = pipeline.settings
    project = project_of(settings.projects, run)
    key = run.tags.get("dagster/partition", "")
    if project is not None and held_its_item(pipeline.prepared_engine, project.id, key, run.run_id):
        return
    of = f" of {key}" if key else ""
    keeping.happened(
        pipeline.prepared_engine,
        settings,
        Cause(
            Kind.RUN,
            run.job_name,
            f"a run of {run.job_name} failed",
            f"The last one{of}: {why}",
            "Its page says more; there it can be run again. A run of that job that succeeds closes this, and so does:"
            " twitter-pipeline alert acknowledge",
            links.run(settings, run.run_id),
            project_id=None if project is None else project.id,
        ),
        now=utc_now(),
    )


def held_its_item(engine: sa.Engine, project_id: str, partition_key: str, run_id: str) -> bool:
    """Whether a run had taken its item: whatever became of the run, the run itself or the reaper moved the task on."""
    log = publishing_log.c
    with reading(engine) as connection:
        task = tasks.by_partition(connection, project_id, partition_key)
        if task is None:
            return False
        claimed = [log.task_id == task.id, log.run_id == run_id, log.action == Event.CLAIM.value]
        return connection.scalar(sa.select(log.id).where(*claimed).limit(1)) is not None


def close_mended_jobs(instance: dg.DagsterInstance, pipeline: Pipeline) -> None:
    """Close the alerts of jobs of which a run has succeeded since."""
    with reading(pipeline.prepared_engine) as connection:
        is_open = [alert for alert in keeping.listing(connection) if alert.cause.startswith(f"{Kind.RUN.value}:")]
    mended = [
        alert.cause
        for alert in is_open
        if instance.get_run_records(
            dg.RunsFilter(
                job_name=alert.cause.partition(":")[2],
                statuses=[dg.DagsterRunStatus.SUCCESS],
                updated_after=alert.last_at,
            ),
            limit=1,
        )
    ]
    if mended:
        keeping.over(pipeline.prepared_engine, pipeline.settings, mended, now=utc_now())
