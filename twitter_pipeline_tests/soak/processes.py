"""The processes of a soak, each of which may be killed at any moment.

A worker posts what is queued, as a run does; while it works on an item, there is a file of the run's name in the folder
`runs`. A ticker does what a tick of the sensor does. Run them in processes of their own: none returns.
"""

from __future__ import annotations

import itertools
import os
import random
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import psutil

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings, load
from twitter_pipeline.monitoring import easing
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.publishing import due, post
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.publishing.reaper import RunState, reap
from twitter_pipeline.publishing.reconciling import look_where_due
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import connect, reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.soak import hurrying

#: The Dagster instance that all of them pretend to be of.
INSTANCE = "soak"
NETWORK = "network"


def settings_of(config: Path, proxy: str, project: str) -> Settings:
    """The settings a project's processes use: those of `network` reach X through the proxy."""
    settings = load(config, environ={})
    if project != NETWORK:
        return settings
    return settings.model_copy(update={"x": settings.x.model_copy(update={"base_url": proxy})})


def run_file(runs: Path, pid: int) -> Path:
    """Where a worker says which run it is at; absent while it is at none."""
    return runs / str(pid)


def work(config: Path, proxy: str, project: str, runs: Path, errors: Path, seed: int) -> None:
    """Post queued items of a project, one after the other, until this process's parent is gone."""
    hurrying.shorten()
    settings, chance, parent = settings_of(config, proxy, project), random.Random(seed), os.getppid()
    engine = connect(settings.sqlalchemy_url)
    busy = run_file(runs, os.getpid())
    born = time.time_ns()
    query = tasks.select(publishing_tasks.c.project_id == project, publishing_tasks.c.status == Status.QUEUED.value)
    for number in itertools.count():
        if os.getppid() != parent:
            return
        try:
            with reading(engine) as connection:
                queued = tasks.read(connection, query)
            if not queued:
                time.sleep(0.2)
                continue
            task = chance.choice(queued)
            run_id = f"{os.getpid()}-{born}-{number}"
            busy.write_text(run_id)
            worker = Worker(run_id, INSTANCE, task.attempt)
            session = open_session(engine, settings, project, task.partition_key, worker)
            if isinstance(session, Session):
                _post(session)
        except Exception:  # noqa: BLE001 - a run that fails; the next one goes on
            _tell(errors)
        finally:
            busy.unlink(missing_ok=True)


def _post(session: Session) -> None:
    with session:
        try:
            post.publish(session)
        finally:
            if session.ended is None:
                session.settle(Failed("the run ended before its last step"))


def _tell(errors: Path) -> None:
    with errors.open("a") as file:
        file.write(traceback.format_exc() + "\n")
    time.sleep(0.1)


def tick(config: Path, proxy: str, runs: Path, errors: Path) -> None:
    """Do for all projects what their sensors do, until this process's parent is gone."""
    hurrying.shorten()
    settings, parent = load(config, environ={}), os.getppid()
    of_project = {project.id: settings_of(config, proxy, project.id) for project in settings.projects}
    engine = connect(settings.sqlalchemy_url)
    while os.getppid() == parent:
        try:
            hurrying.move_on(engine, utc_now())
            # As with an alarm of each account all the time: it rests as soon as one item finds no X.
            alarms = [Alarm("errors", account.name, 100, 80, utc_now()) for account in settings.accounts]
            easing.apply(engine, settings, alarms, utc_now())
            for project in settings.projects:
                reap(
                    engine,
                    project.id,
                    instance=INSTANCE,
                    run_states=lambda suspects: [_state(task, runs) for task in suspects],
                    now=utc_now(),
                    max_retries=project.max_retries,
                )
                look_where_due(engine, of_project[project.id], now=utc_now())
                due.take(engine, settings, project, instance=INSTANCE, now=utc_now())
        except Exception:  # noqa: BLE001 - a tick that fails; the next one goes on
            _tell(errors)
        time.sleep(1)


def _state(task: Task, runs: Path) -> RunState:
    """What Dagster would say of a task's run: over, once its process is gone or at another."""
    if task.run_id is None:
        return RunState.ALIVE  # queued: some worker takes it
    pid = int(task.run_id.partition("-")[0])
    try:
        at_it = run_file(runs, pid).read_text() == task.run_id
        return RunState.ALIVE if at_it and psutil.pid_exists(pid) else RunState.OVER
    except FileNotFoundError:
        return RunState.OVER


def serve(port: int, state: Path) -> None:
    """The sandbox."""
    from twitter_pipeline.sandbox import server

    hurrying.shorten_sandbox()
    server.serve("127.0.0.1", port, state, processing_seconds=0.1, limits=100)


#: What these import sooner or later: done once, before they are forked.
PRELOAD: Sequence[str] = (
    "twitter_pipeline_tests.soak.processes",
    "twitter_pipeline.sandbox.server",
    "twitter_pipeline.x.client",
    "twitter_pipeline.x.posts",
    "twitter_pipeline.x.upload",
    "twitter_pipeline.content.compose",
    "PIL.PngImagePlugin",
    "av",
    "jinja2.sandbox",
    "psycopg2",
    "regex",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.dialects.postgresql.psycopg2",
)
