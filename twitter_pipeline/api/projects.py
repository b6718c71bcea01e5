"""Projects, and scans of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Path, Response
from fastapi import Body as FromBody
from fastapi.concurrency import run_in_threadpool

from twitter_pipeline.api.auth import Publisher, Reader, Shared
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.fields import Body, ProjectId, Wait
from twitter_pipeline.api.models import ProjectOut, Projects, Scanned, ScannedTask, ScanOut
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.api.scans import Scan
from twitter_pipeline.api.tasks import no_project
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import holding
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import projects, publishing_tasks

router = APIRouter(tags=["projects"])

_tasks = publishing_tasks.c
#: Tasks that are named in what a scan found.
_NAMED = 100


class ScanIn(Body):
    """What to scan, and how long to wait for it."""

    project: ProjectId | None = None
    wait: Wait = 30


@router.get("/api/projects")
def list_projects(_: Reader, context: Shared) -> Projects:
    """All projects of config.yaml: counts by state, the last scan, the next post."""
    settings, now = context.settings, utc_now()
    pending = _tasks.status == Status.PENDING.value
    with reading(context.engine) as connection:
        counts = tasks.counts(connection)
        rows = {row.id: row for row in connection.execute(sa.select(projects))}
        found = []
        for project in settings.projects:
            if (row := rows.get(project.id)) is None:
                continue  # written into config.yaml at this moment
            holds = holding.look(connection, settings, project, now)
            waiting = (_tasks.project_id == project.id, pending, holds.has_turn)
            earliest = sa.select(sa.func.min(_tasks.scheduled_time)).where(*waiting)
            found.append(
                ProjectOut(
                    id=project.id,
                    name=project.name,
                    description=project.description,
                    owner=project.owner,
                    account=project.account,
                    path=str(project.path),
                    counts=counts.get(project.id, {}),
                    last_scan_time=row.last_scan_time,
                    scan_problem=row.scan_problem,
                    next_post=connection.scalar(earliest),
                    held_back=holds.everything or "; ".join(holds.reasons) or None,
                )
            )
    return Projects(projects=found)


@router.post(
    "/api/projects/scan",
    responses={202: {"model": ScanOut, "description": "It takes longer: look again."}, **also(404)},
)
async def scan_projects(
    _: Publisher, context: Shared, response: Response, wanted: Annotated[ScanIn | None, FromBody()] = None
) -> ScanOut:
    """Look through the folders now, while no sensor does; nothing is posted. A file is taken once two looks saw it
    unchanged."""
    wanted = wanted or ScanIn()
    chosen = list(context.settings.projects)
    if wanted.project is not None:
        project = context.project(wanted.project)
        if project is None:
            raise no_project(wanted.project, "body.project")
        chosen = [project]
    scan = context.scans.start(context.engine, chosen)
    assert scan.work is not None  # noqa: S101 - for the type checker: it was started
    await asyncio.wait([asyncio.wrap_future(scan.work)], timeout=wanted.wait)
    told = await run_in_threadpool(_tell, context, scan)
    if not told.done:
        response.status_code = 202
        response.headers["Location"] = f"/api/projects/scans/{scan.id}"
    return told


@router.get("/api/projects/scans/{scan_id}", responses=also(404))
def get_scan(
    scan_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="From the answer to the scan.")],
    _: Reader,
    context: Shared,
) -> ScanOut:
    """How a scan goes, or what it did. The last hundred are remembered, until the API is started anew."""
    scan = context.scans.get(scan_id)
    if scan is None:
        raise Problem(404, "there is no such scan, or it was long ago", field="path.scan_id")
    return _tell(context, scan)


def _tell(context: Context, scan: Scan) -> ScanOut:
    done = scan.work is not None and scan.work.done()
    if done and scan.work is not None:
        scan.work.result()  # what broke it is the answer
    told = []
    with reading(context.engine) as connection:
        for project_id, report in dict(scan.reports).items():
            new = tasks.read(
                connection,
                tasks.select(_tasks.project_id == project_id, _tasks.created_at >= scan.began_at).limit(
                    min(_NAMED, report.found)
                ),
            )
            named = [
                ScannedTask(
                    id=task.id,
                    item=task.partition_key,
                    media_path=task.media_path,
                    status=task.status,
                    reason=task.error_message,
                )
                for task in new
            ]
            told.append(Scanned.of(project_id, report, named))
    return ScanOut(id=scan.id, done=done, began_at=scan.began_at, projects=told)
