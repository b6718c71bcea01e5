"""Looking at tasks: pages of them, one, and its log."""

from __future__ import annotations

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Query, Response
from pydantic_core import to_json

from twitter_pipeline.api.auth import Reader, Shared
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.cursors import IdCursor
from twitter_pipeline.api.fields import Moment, OfProject, TaskId, Text, moment
from twitter_pipeline.api.listing import Wanted, page
from twitter_pipeline.api.models import (
    AttemptOut,
    EditedOut,
    LineOut,
    Lines,
    TaskDetail,
    TaskOut,
    TaskPage,
    listed,
    run_url,
)
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.publishing import unconfirmed
from twitter_pipeline.publishing.editing import version_of
from twitter_pipeline.store import accounts, log
from twitter_pipeline.store import tasks as store
from twitter_pipeline.store.engine import asking, reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts
from twitter_pipeline.store.tasks import Task

router = APIRouter(tags=["tasks"])

#: Of answers that say which version of a task they show.
HAS_ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "Another one after each change.", "schema": {"type": "string"}}}}
}


def no_project(id: str, field: str) -> Problem:
    """There is none of this id."""
    return Problem(404, f"there is no project {id!r}", field=field)


def check_project(context: Context, id: str | None) -> None:
    """Raises Problem (404) where a query asks for what is of a project, and there is none of this id."""
    if id is not None and context.project(id) is None:
        raise no_project(id, "query.project")


def no_task(id: int) -> Problem:
    """There is none of this number."""
    return Problem(404, f"there is no task {id}", field="path.task_id")


def task_of(connection: sa.Connection, task_id: int) -> Task:
    """The task. Raises Problem (404)."""
    try:
        return store.get(connection, task_id)
    except LookupError:
        raise no_task(task_id) from None


@router.get("/api/tasks", responses=also(404), response_model=TaskPage)
def list_tasks(
    _: Reader,
    context: Shared,
    project: OfProject = None,
    status: Annotated[list[Status] | None, Query(max_length=9, description="Only in these states.")] = None,
    found_from: Annotated[
        Moment | None, Query(description="Only those found from then on (without offset: UTC).")
    ] = None,
    found_before: Annotated[Moment | None, Query(description="Only those found before.")] = None,
    text: Annotated[Text | None, Query(description="Part of the item's key or its media's path, in any case.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Tasks on a page.")] = 50,
    cursor: IdCursor = None,
) -> Response:
    """Tasks, the newest first, in pages: what is found meanwhile comes before the first and moves none."""
    settings = context.settings
    check_project(context, project)
    wanted = Wanted(
        projects=[project] if project is not None else [one.id for one in settings.projects],
        statuses=list(dict.fromkeys(status or ())),
        found_from=moment(found_from),
        found_before=moment(found_before),
        text=text,
        below=None if cursor is None else int(cursor),
    )
    with asking(context.engine) as connection:
        found = page(connection, wanted, limit + 1)
    shown = found[:limit]
    answer = {
        "tasks": [listed(row, settings) for row in shown],
        "next": str(shown[-1]["id"]) if len(found) > limit else None,
    }
    # FastAPI would check it first, in another thread.
    return Response(to_json(answer), media_type="application/json")


@router.get("/api/tasks/{task_id}", responses=HAS_ETAG | also(404))
def get_task(task_id: TaskId, _: Reader, context: Shared, response: Response) -> TaskDetail:
    """One task: its text and media, its attempts, its post."""
    return detail(context, task_id, response)


def detail(context: Context, task_id: int, response: Response) -> TaskDetail:
    """One task, and its version in the answer's header. Raises Problem (404)."""
    settings = context.settings
    columns = publishing_attempts.c
    with reading(context.engine) as connection:
        task = task_of(connection, task_id)
        account = accounts.of_source(connection, task.content_source_id).name
        known = unconfirmed.of(connection, task)
        attempts = connection.execute(
            sa.select(publishing_attempts).where(columns.task_id == task.id).order_by(columns.number, columns.part)
        ).all()
    response.headers["ETag"] = f'"{version_of(task)}"'
    return TaskDetail(
        **TaskOut.of(task, settings).model_dump(),
        account=account,
        metadata_path=task.metadata_path,
        content=task.content_data,
        edited=None if task.edits is None else EditedOut(**task.edits),
        wanted_time=task.wanted_time,
        attempts=[
            AttemptOut.model_validate({**row._mapping, "run_url": run_url(settings, row.run_id)}, from_attributes=False)
            for row in attempts
        ],
        next_step=None if known is None else known.next_step,
    )


@router.get("/api/tasks/{task_id}/logs", responses=also(404))
def get_logs(task_id: TaskId, _: Reader, context: Shared) -> Lines:
    """Everything that happened to a task, oldest first: what `twitter-pipeline log` shows."""
    settings = context.settings
    with reading(context.engine) as connection:
        task_of(connection, task_id)
        lines = log.of_task(connection, task_id)
    return Lines(lines=[LineOut.of(line, settings) for line in lines])
