"""A sensor per project: new media and what is due become runs."""

import dagster as dg

from twitter_pipeline.config import Project
from twitter_pipeline.config.redaction import without_secrets
from twitter_pipeline.defs.names import job_of
from twitter_pipeline.defs.pipeline import Pipeline
from twitter_pipeline.defs.ticks import tick


def project_sensor(project: Project) -> dg.SensorDefinition:
    """The sensor that scans a project and requests its runs. Dagster's loop looks every five seconds."""

    @dg.sensor(
        name=f"scan_{project.id}",
        job_name=job_of(project.id),
        # Less than the loop's five: when that came a millisecond early, it would leave this out for five more.
        minimum_interval_seconds=3,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Looks for new media in {project.path} and requests a run for each item that is due.",
        required_resource_keys={"pipeline"},
    )
    def scan_project(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        pipeline: Pipeline = context.resources.pipeline
        with without_secrets():  # another process keeps and shows what went wrong here
            return tick(pipeline, project, context.instance, context.log)

    return scan_project
