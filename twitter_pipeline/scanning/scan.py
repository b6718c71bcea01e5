"""One scan of a project: new files become tasks once they have stopped changing.

A scan is time-boxed and goes on where the last one stopped. Files that are tasks already cost nothing but their name in
the listing: no stat, no query. What a scan leaves behind is in the database, so that one that dies loses nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Source
from twitter_pipeline.scanning import archive
from twitter_pipeline.scanning.candidates import forget_sources
from twitter_pipeline.scanning.report import ScanReport, TimeBox
from twitter_pipeline.scanning.source import SourceScan
from twitter_pipeline.store import defaults
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import projects


def scan(engine: sa.Engine, project: Project, *, time_box: timedelta, now: datetime | None = None) -> ScanReport:
    """Look through the project's sources for about `time_box`, but get on by a batch at least.

    Never raises for what is in the folder: what fails is reported, and the rest goes on. Time stands still at `now`
    (aware UTC) where it is given.
    """
    box = TimeBox(time_box)
    clock = utc_now if now is None else lambda: now
    began, report = clock(), ScanReport()
    with reading(engine) as connection:
        ids = defaults.source_ids(connection, project.id)
        columns = (projects.c.scan_position, projects.c.scan_seconds, projects.c.scan_seconds_so_far)
        at, took, so_far = connection.execute(sa.select(*columns).where(projects.c.id == project.id)).one()
    if removed := ids.keys() - {source.key for source in project.sources}:
        forget_sources(engine, [ids[key] for key in removed])
    archive.hold_back(engine, project, now=began)
    position = None
    for source, start in _from_position(project, at):
        stopped_at = SourceScan(engine, project, source, ids[source.key], clock, report).run(start, box)
        if stopped_at is not None:
            position = f"{source.key}|{stopped_at}"
            break
    report.whole = position is None and not report.unreachable
    report.seconds = box.seconds
    so_far = report.seconds + (so_far or 0 if at is not None else 0)
    changes: dict[str, object] = {
        "scan_position": position,
        "scan_problem": "; ".join(report.unreachable) or None,
        "scan_seconds": so_far if position is None else max(so_far, took or 0),
        "scan_seconds_so_far": so_far if position is not None else None,
    }
    if report.whole:
        changes["last_scan_time"] = began
    with writing(engine) as connection:
        connection.execute(sa.update(projects).where(projects.c.id == project.id).values(**changes))
    return report


def _from_position(project: Project, at: str | None) -> list[tuple[Source, str]]:
    """The sources still to look at, and the folder to begin at in each."""
    whole = [(source, "") for source in project.sources]
    for index, source in enumerate(project.sources):
        prefix = f"{source.key}|"
        if at is not None and at.startswith(prefix):
            return [(source, at.removeprefix(prefix)), *whole[index + 1 :]]
    return whole
