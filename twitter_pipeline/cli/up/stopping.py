"""Stopping in order: no new posts, no new runs, what is under way ends, then the processes; the sandbox goes last."""

from __future__ import annotations

import logging
import signal
import time

import sqlalchemy as sa

from twitter_pipeline.cli.up import dagster_api
from twitter_pipeline.cli.up.fleet import Fleet
from twitter_pipeline.cli.up.processes import Process
from twitter_pipeline.cli.up.services import LAUNCHER
from twitter_pipeline.cli.up.stop_request import StopRequest
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks

_log = logging.getLogger(__name__)

#: How long posts under way may take to end, in seconds.
RUNS_END = 3.0
#: How long processes that were told to end may take before they are killed, in seconds.
PROCESSES_END = 5.0


def let_post(engine: sa.Engine) -> None:
    """End the pause of a stop: when nobody is left whom it should hold, or, after a kill, at the next start.

    What a person paused stays paused.
    """
    with writing(engine) as connection:
        pauses.resume(connection, "all", pauses.STOPPING)


def stop(fleet: Fleet, engine: sa.Engine, dagster_url: str, request: StopRequest) -> None:
    """Stop everything; at once when asked a second time. When this returns, no process is left."""
    try:
        _in_order(fleet, engine, dagster_url, request)
    finally:
        for process in fleet.everybody():
            process.signal(signal.SIGKILL, group=True)
        for process in fleet.everybody():
            process.wait()
    try:
        let_post(engine)
    except sa.exc.SQLAlchemyError as error:
        _log.warning("the database does not answer (%s); the next start lets posts go out again", error)


def _in_order(fleet: Fleet, engine: sa.Engine, dagster_url: str, request: StopRequest) -> None:
    try:
        with writing(engine) as connection:
            pauses.pause(connection, "all", pauses.STOPPING, pauses.STOPPING, now=utc_now())
    except sa.exc.SQLAlchemyError as error:
        _log.warning("the database does not answer (%s); runs under way end by themselves", error)
    running = {name: fleet.process(name) for name in fleet.names() if fleet.process(name).exit_code() is None}
    if "daemon" in running:
        running["daemon"].signal(signal.SIGTERM)  # ends the ticks and the queue
    if LAUNCHER in running:
        deadline = time.monotonic() + RUNS_END
        while not request.hurry and time.monotonic() < deadline and _is_posting(engine, dagster_url):
            request.pause(0.1)
    # The runs are in the launcher's group: told to end, they put their tasks back, with the sandbox still there.
    _end([process for name, process in running.items() if name != "sandbox"], request)
    _end([process for name, process in running.items() if name == "sandbox"], request)


def _end(processes: list[Process], request: StopRequest) -> None:
    """Tell the groups of these processes to end, and wait for that; whoever does not is killed."""
    for process in processes:
        process.signal(signal.SIGTERM, group=True)
    deadline = time.monotonic() + PROCESSES_END
    while (left := [process for process in processes if process.group_lives()]) and not request.hurry:
        if time.monotonic() > deadline:
            names = ", ".join(process.service.name for process in left)
            _log.warning("%s did not end in %.0f s and is killed", names, PROCESSES_END)
            break
        request.pause(0.05)
    for process in left:
        process.signal(signal.SIGKILL, group=True)


def _is_posting(engine: sa.Engine, dagster_url: str) -> bool:
    """Whether a task is being worked on, or a run has yet to write down how it ended."""
    try:
        with reading(engine) as connection:
            held = sa.select(publishing_tasks.c.id).where(publishing_tasks.c.status == Status.RUNNING.value).limit(1)
            if connection.scalar(held) is not None:
                return True
    except sa.exc.SQLAlchemyError:
        return False
    try:
        return dagster_api.runs_under_way(dagster_url) > 0
    except dagster_api.DagsterAway:
        return False
