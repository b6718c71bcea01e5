"""One tick of a project's sensor: mend, emit what is due, look for new items, emit again, tell Dagster.

What is due comes before and after the timelines are read and the folder is scanned, which are time-boxed; and whatever
fails after it was taken, its runs are requested: neither a slow folder, nor X, nor a bug in a chore stops posting.
"""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.defs.ending import took_too_long
from twitter_pipeline.defs.pipeline import Pipeline, instance_id, items_of
from twitter_pipeline.defs.register import TASKS_A_TICK, register
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.defs.tweets import run_tags
from twitter_pipeline.publishing import late
from twitter_pipeline.publishing.due import Due, Launch, still_due, take
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.publishing.reconciling import look_where_due
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.scanning import archive, rests
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.turns import scan_in_turn
from twitter_pipeline.store.tasks import Task

#: How long a scan may take while something is due, and while nothing is. Dagster ends a tick after 60 seconds.
BUSY_SCAN = timedelta(seconds=3)
IDLE_SCAN = timedelta(seconds=20)
#: Tasks and lines Dagster is told of in a tick that requests runs.
FEW = 20
#: A folder of 10,000 broken links is one tick's trouble, not 10,000 warnings: those beyond are counted.
MOST_PROBLEMS = 20


def tick(
    pipeline: Pipeline, project: Project, instance: dg.DagsterInstance, log: logging.Logger
) -> dg.SensorResult | dg.SkipReason:
    """Run one tick. A project whose folder fails stops its own tick only."""
    settings = pipeline.settings
    if (unreachable := sandbox_unreachable(settings)) is not None:
        return dg.SkipReason(unreachable)
    engine, here = pipeline.prepared_engine, instance_id(instance)
    reaped = reap(
        engine,
        project.id,
        instance=here,
        run_states=lambda suspects: run_states(instance, suspects),
        now=utc_now(),
        max_retries=project.max_retries,
        read_timeline=settings.x.read_timeline,
    )
    for line in reaped.moved:
        log.warning(line)
    archive.hold_back(engine, project, now=utc_now())  # before `take`: what is too old must not be queued
    for line in late.catch_up(engine, settings, project, now=utc_now()):  # and what is late, too
        log.warning(line)
    again = still_due(engine, settings, project, reaped.again, now=utc_now())
    due = take(engine, settings, project, instance=here, now=utc_now())
    launches = due.launches + again
    chores = _Chores(log)
    with chores.one("reading the timelines"):
        for line in look_where_due(engine, settings, now=utc_now()):
            log.warning(line)
    report = ScanReport()
    with chores.one("the scan"):
        report = _scan(engine, project, log, BUSY_SCAN if launches else IDLE_SCAN)
    with chores.one("what is due after the scan"):
        due = take(engine, settings, project, instance=here, now=utc_now())
        launches += due.launches
    if launches:
        # Again beside the runs that need them: adding one twice does nothing.
        instance.add_dynamic_partitions(str(items_of(project.id).name), [launch.partition_key for launch in launches])
    # Runs begin when the tick ends: while there are any, an archive of thousands is told of more slowly.
    limit = FEW if launches else TASKS_A_TICK
    with chores.one("telling Dagster of new items"):
        register(instance, engine, project.id, now=utc_now(), limit=limit)
    with chores.one("moving posted files away"):
        for wrong in tidy(engine, settings, project, now=utc_now()):
            log.warning(wrong)
    with chores.one("telling Dagster what the log says"):
        relay_outside(instance, engine, project.id, now=utc_now(), limit=limit)
    summary = describe(report, due)
    if launches:
        log.info(summary)
        return dg.SensorResult(run_requests=[request(project, launch) for launch in launches])
    chores.tell()
    return dg.SkipReason(summary)


class _Chores:
    """What a tick does beside requesting runs: none that fails keeps the others from being done."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._failed: Exception | None = None

    @contextmanager
    def one(self, what: str) -> Iterator[None]:
        """Do one; what it raises is logged, and kept for `tell`."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - told at the end
            self._log.error("%s failed: %s", what, error, exc_info=error)
            self._failed = self._failed or error

    def tell(self) -> None:
        """Let the tick fail where a chore did: people look at those in Dagster. It must have no run to request."""
        if self._failed is not None:
            raise self._failed


def _scan(engine: sa.Engine, project: Project, log: logging.Logger, time_box: timedelta) -> ScanReport:
    """Look through the project's folder, unless it rests."""
    rest = rests.rest_of(engine, project.id, now=utc_now())
    report = ScanReport(rests_until=rest)
    if rest is None:
        report = scan_in_turn(engine, project, time_box=time_box)
        rests.looked(project.id, now=utc_now())
    for problem in report.problems[:MOST_PROBLEMS]:
        log.warning(problem)
    return report


def request(project: Project, launch: Launch) -> dg.RunRequest:
    """The run of a launch."""
    return dg.RunRequest(
        run_key=launch.run_key,
        partition_key=launch.partition_key,
        tags={**run_tags(launch.task_id, project, launch.account), "attempt": str(launch.attempt)},
    )


def describe(report: ScanReport, due: Due) -> str:
    """What a tick did and why the rest waits, in one line for people."""
    skipped = f" ({report.skipped} of them skipped: see twitter-pipeline status)" if report.skipped else ""
    parts = [f"{report.found} new{skipped}, {report.arriving} still arriving"]
    if report.rests_until is not None:
        parts[0] = f"its scans are slow: it is looked through again at {report.rests_until:%H:%M:%S} UTC"
    elif report.busy:
        parts.append("somebody else is scanning it")
    elif not report.whole and not report.unreachable:
        parts.append("the scan goes on in the next tick")
    parts += report.problems[:3]
    if len(report.problems) > 3:
        parts.append(f"and {len(report.problems) - 3} more problems")
    if due.why_not is not None:
        parts.append(f"nothing is posted: {due.why_not}")
    elif due.next_time is not None:
        parts.append(f"next post due at {due.next_time:%Y-%m-%d %H:%M:%S} UTC")
    parts += [f"some of it is not posted: {reason}" for reason in due.held]
    return "; ".join(parts)


def sandbox_unreachable(settings: Settings) -> str | None:
    """Why nothing can be posted while the sandbox is down, with the command that starts it; None when it is up."""
    if settings.mode != "sandbox" or settings.x.base_url is not None:
        return None
    address = (settings.sandbox.host, settings.sandbox.port)
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return f"the sandbox does not answer at {settings.sandbox.url}; start it with: twitter-pipeline sandbox"
    return None


def run_states(instance: dg.DagsterInstance, suspects: Sequence[Task]) -> list[RunState]:
    """How the runs of these tasks' latest attempts stand: two queries for all of them."""
    claimed = [task.run_id for task in suspects if task.run_id is not None]
    by_id = {run.run_id: run for run in _runs(instance, dg.RunsFilter(run_ids=claimed))} if claimed else {}
    queued = [str(task.id) for task in suspects if task.run_id is None]
    by_attempt = {
        (run.tags.get("task_id"), run.tags.get("attempt")): run
        # Newest first: a re-execution keeps the tags of the run it repeats.
        for run in reversed(_runs(instance, dg.RunsFilter(tags={"task_id": queued})) if queued else [])
    }
    return [
        _state(instance, by_id.get(task.run_id) if task.run_id else by_attempt.get((str(task.id), str(task.attempt))))
        for task in suspects
    ]


def _runs(instance: dg.DagsterInstance, which: dg.RunsFilter) -> Sequence[dg.DagsterRun]:
    return instance.get_runs(which)


def _state(instance: dg.DagsterInstance, run: dg.DagsterRun | None) -> RunState:
    if run is None:
        return RunState.NONE
    if run.is_finished and took_too_long(instance, run):
        return RunState.TOO_LONG
    if run.status is dg.DagsterRunStatus.CANCELED:
        return RunState.CANCELED
    return RunState.OVER if run.is_finished else RunState.ALIVE
