"""Our definitions under Dagster's default executor, which gives each op a process of its own.

Everything else is the same, but for the lease. Resources are made anew in each op's process, and ours claims the
task once a run and settles it when the run lets go; so here the first op claims, the others pick up the claim
of their own run, and nobody settles at the end of an op.
"""

import contextlib
from collections.abc import Iterator

import dagster as dg

from twitter_pipeline import config
from twitter_pipeline.defs.build import build
from twitter_pipeline.defs.lease import Lease
from twitter_pipeline.defs.pipeline import Pipeline, instance_id
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.store import accounts, tasks
from twitter_pipeline.store.claims import Claim
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status


@dg.resource(required_resource_keys={"pipeline"})
@contextlib.contextmanager
def lease_by_op(context: dg.InitResourceContext) -> Iterator[Lease]:
    """The run's claim, taken by its first op and picked up by the others."""
    pipeline: Pipeline = context.resources.pipeline
    run, instance = context.dagster_run, context.instance
    assert run is not None
    assert instance is not None
    held = Lease(pipeline.settings.projects[0].id, run.tags["dagster/partition"])
    with reading(pipeline.engine) as connection:
        task = tasks.by_partition(connection, held.project_id, held.partition_key)
        assert task is not None
        account = accounts.of_source(connection, task.content_source_id)
    if task.status is Status.RUNNING and task.lease_holder == run.run_id:
        claim = Claim(task.id, task.attempt, task.fence, run.run_id)
        held.session = Session(pipeline.engine, pipeline.settings, claim, task, account)
    else:
        worker = Worker(run.run_id, instance_id(instance), attempt=int(run.tags["attempt"]))
        taken = open_session(pipeline.engine, pipeline.settings, held.project_id, held.partition_key, worker)
        if isinstance(taken, Unavailable):
            held.why_not, held.posted = taken.reason, taken.posted
        else:
            held.session = taken
    try:
        yield held
    finally:
        if held.session is not None:
            held.session.close()


def _without_executor(ours: dg.Definitions) -> dg.Definitions:
    return dg.Definitions(
        assets=ours.assets,
        jobs=ours.jobs,
        sensors=ours.sensors,
        schedules=ours.schedules,
        resources={**(ours.resources or {}), "lease": lease_by_op},
    )


defs = _without_executor(build(config.current()))
