"""Scans at chosen times, and what they leave in the database."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import log
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.log import Line
from twitter_pipeline.store.tables import projects, scan_candidates
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.world import World

#: What only its run can tell to be no film: it begins like one.
BROKEN_FILM = b"\0\0\0\x18ftypisom\0\0\0\0isommp42 no film at all"
#: Second 0 of every test.
START = utc_now()
LONG = timedelta(minutes=5)
NO_TIME = timedelta(0)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def look(here: World, seconds: float, *, time_box: timedelta = LONG, project: Project | None = None) -> ScanReport:
    """One scan, `seconds` after the start."""
    return scan(here.engine, project or here.project, time_box=time_box, now=at(seconds))


def candidates(here: World) -> list[str]:
    """The files that may still be being written."""
    with reading(here.engine) as connection:
        return sorted(connection.scalars(sa.select(scan_candidates.c.media_path)))


def paths(here: World) -> list[str]:
    """The media of all tasks."""
    return sorted(task.media_path for task in here.tasks())


def lines(here: World, task: Task | None = None) -> list[Line]:
    with reading(here.engine) as connection:
        return log.of_task(connection, (task or here.task()).id)


def actions(here: World, task: Task | None = None) -> list[str]:
    return [line.action for line in lines(here, task)]


def project_row(here: World) -> sa.Row[tuple[datetime | None, str | None, str | None, float | None]]:
    """`last_scan_time`, `scan_position`, `scan_problem`, `scan_seconds`."""
    c = projects.c
    columns = (c.last_scan_time, c.scan_position, c.scan_problem, c.scan_seconds)
    with reading(here.engine) as connection:
        return connection.execute(sa.select(*columns).where(projects.c.id == here.project.id)).one()
