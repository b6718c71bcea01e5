"""The lease as a resource: it takes the run's task, and lets go of it when the run is over.

It is not handed from op to op: a re-execution would get the claim of a run that is over (tried).
"""

import contextlib
import time
from collections.abc import Iterator
from datetime import datetime, timezone

import dagster as dg

from twitter_pipeline.defs.ending import why_told
from twitter_pipeline.defs.names import SEEN_FENCE
from twitter_pipeline.defs.pipeline import Pipeline, instance_id, project_of
from twitter_pipeline.publishing.outcomes import Failed, Interrupted
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tasks import Task


class Lease:
    """What a run holds: a session on its task, or the reason why not."""

    def __init__(self, project_id: str, partition_key: str) -> None:
        self.project_id = project_id
        self.partition_key = partition_key
        self.session: Session | None = None
        #: Why there is no session, for people.
        self.why_not: str | None = None
        #: The task, when it is posted already.
        self.posted: Task | None = None
        #: Taking it failed: the database is away, or a bug.
        self.error: Exception | None = None
        #: Wall-clock seconds each op of this run took.
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Measure a step."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[step] = round(time.monotonic() - started, 3)


@dg.resource(required_resource_keys={"pipeline"})
@contextlib.contextmanager
def lease(context: dg.InitResourceContext) -> Iterator[Lease]:
    """Take the run's task. Never raises: that would be a failed run without a step to show why."""
    pipeline: Pipeline = context.resources.pipeline
    run = context.run
    instance = context.instance
    if run is None or instance is None:
        raise dg.DagsterInvariantViolationError("the lease belongs to a run")
    project = project_of(pipeline.settings.projects, run)
    held = Lease(project.id if project is not None else "", run.tags.get("dagster/partition", ""))
    try:
        _take(held, pipeline, instance, run)
    except Exception as error:  # noqa: BLE001 - told by the first op, where a person looks
        held.error = error
    try:
        yield held
    finally:
        if held.session is not None:
            _let_go(held.session, instance, run.run_id)


def _take(held: Lease, pipeline: Pipeline, instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    # A re-execution keeps the tags of the run it repeats: whoever asks for one is a person.
    by_hand = run.parent_run_id is not None
    worker = Worker(
        run_id=run.run_id,
        instance=instance_id(instance),
        attempt=int(run.tags["attempt"]) if "dagster/sensor_name" in run.tags and not by_hand else None,
        only_when_due="dagster/backfill" in run.tags and not by_hand,
        asked_at=lambda: _asked_at(instance, run.run_id),
        seen_fence=int(run.tags[SEEN_FENCE]) if SEEN_FENCE in run.tags and not by_hand else None,
    )
    taken = open_session(pipeline.engine, pipeline.settings, held.project_id, held.partition_key, worker)
    if isinstance(taken, Unavailable):
        held.why_not, held.posted = taken.reason, taken.posted
    else:
        held.session = taken


def _asked_at(instance: dg.DagsterInstance, run_id: str) -> datetime:
    """When somebody asked for the run: by its events, since the table of runs has the database's own local time."""
    stats = instance.get_run_stats(run_id)
    times = (stats.enqueued_time, stats.launch_time, stats.start_time)
    return datetime.fromtimestamp(min(time for time in times if time is not None), timezone.utc)


def _let_go(session: Session, instance: dg.DagsterInstance, run_id: str) -> None:
    """Settle what no op settled: the run was interrupted between ops (while waiting to retry), or broke."""
    try:
        if session.ended is None:
            if (told := why_told(instance, run_id)) is not None:
                session.settle(told)
            elif _is_stopping(session):
                session.settle(Interrupted("the pipeline was stopped", by_person=False))
            else:
                session.settle(Failed("the run ended before its last step"))
    finally:
        session.close()


def _is_stopping(session: Session) -> bool:
    with reading(session.engine) as connection:
        return any(scope == "all" and reason == pauses.STOPPING for scope, _, reason, *_ in pauses.listing(connection))
