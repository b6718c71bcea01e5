"""What a person does with tasks: post them now, cancel, retry, approve, look at what would go out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException
from fastapi import Body as FromBody
from pydantic import BeforeValidator, Field

from twitter_pipeline.api import deciding
from twitter_pipeline.api.auth import Publisher, Reader, Shared
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.fields import Body, Id, ProjectId, TaskId, Wait, whole
from twitter_pipeline.api.models import Done, PreviewOut, PriceOut, Published, PublishedAll
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.api.tasks import no_project, task_of
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.store import tasks as store
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.store.tokens import Token

router = APIRouter(tags=["tasks"])

_tasks = publishing_tasks.c
#: Seconds between two looks at what was launched.
_LOOK = 0.25


class PublishIn(Body):
    """Which tasks to post: those named, or the pending ones of one project or of all, the next first."""

    project: ProjectId | None = None
    task_ids: Annotated[list[Id], Field(min_length=1, max_length=50)] | None = None
    limit: Annotated[int, Field(ge=1, le=50, description="Most tasks to launch."), BeforeValidator(whole)] = 10
    wait: Wait = 0


class WaitIn(Body):
    """How long to wait for the outcome."""

    wait: Wait = 0


@router.post("/api/tasks/publish", responses=also(404))
def publish_tasks(
    who: Publisher, context: Shared, wanted: Annotated[PublishIn | None, FromBody()] = None
) -> PublishedAll:
    """Launch runs for pending tasks, within limits, pauses and the canary. What runs or is posted is only told."""
    wanted = wanted or PublishIn()
    if wanted.project is not None and context.project(wanted.project) is None:
        raise no_project(wanted.project, "body.project")
    with reading(context.engine) as connection:
        chosen = _named(connection, wanted) if wanted.task_ids is not None else _next(connection, context, wanted)
    return PublishedAll(results=_publish(context, chosen, who, wanted.wait))


@router.api_route("/api/tasks/publish", methods=["GET", "PATCH"], include_in_schema=False)
def no_task_of_that_name() -> None:
    """Otherwise it would be looked for as a task's number."""
    raise HTTPException(405)


@router.post("/api/tasks/{task_id}/publish", responses=also(404))
def publish_task(
    task_id: TaskId, who: Publisher, context: Shared, wanted: Annotated[WaitIn | None, FromBody()] = None
) -> Published:
    """Launch a run for one task, even one that failed, was skipped or cancelled; what may be on X is not launched."""
    with reading(context.engine) as connection:
        task = task_of(connection, task_id)
    (result,) = _publish(context, [task], who, wanted.wait if wanted else 0)
    return result


@router.post("/api/tasks/{task_id}/retry", responses=also(404, 409))
def retry_task(task_id: TaskId, who: Publisher, context: Shared) -> Done:
    """Let a task that failed, was skipped or cancelled go out again at its turn."""
    return deciding.retry(context, task_id, who)


@router.post("/api/tasks/{task_id}/cancel", responses=also(404, 409))
def cancel_task(task_id: TaskId, who: Publisher, context: Shared) -> Done:
    """Keep a task from going out; a run at work on it is told to end, and ends it unless its post has left."""
    return deciding.cancel(context, task_id, who)


@router.post("/api/tasks/{task_id}/approve", responses=also(404))
def approve_task(task_id: TaskId, who: Publisher, context: Shared) -> Done:
    """Let the rest of the task's project follow its first post (the canary), now that somebody has looked at it."""
    return deciding.approve(context, task_id, who)


@router.post("/api/tasks/{task_id}/preview", responses=also(404))
def preview_task(task_id: TaskId, _: Reader, context: Shared) -> PreviewOut:
    """What would be posted, when, for how much, and what holds it back. Changes nothing, and asks nobody."""
    settings = context.settings
    with reading(context.engine) as connection:
        task = task_of(connection, task_id)
    try:
        shown = preview(context.engine, settings, task, now=utc_now())
    except ConfigError:
        raise no_project(task.project_id, "path.task_id") from None
    return PreviewOut(
        task=task.id,
        item=task.partition_key,
        account=shown.account,
        slot=shown.slot,
        why_not=list(shown.why_not),
        limit=shown.limit,
        price=None if shown.price is None else PriceOut.of(shown.price),
        draft=None if shown.draft is None else shown.draft.model_dump(mode="json"),
    )


def _named(connection: sa.Connection, wanted: PublishIn) -> list[Task]:
    ids = list(dict.fromkeys(wanted.task_ids or ()))
    found = {task.id: task for task in store.read(connection, store.select(_tasks.id.in_(ids)))}
    for number, id in enumerate(ids):
        if id not in found or wanted.project not in (None, found[id].project_id):
            of = "" if wanted.project is None else f" of project {wanted.project!r}"
            raise Problem(404, f"there is no task {id}{of}", field=f"body.task_ids.{number}")
    return [found[id] for id in ids]


def _next(connection: sa.Connection, context: Context, wanted: PublishIn) -> list[Task]:
    """The pending tasks that go out next, whatever their time."""
    ids = [wanted.project] if wanted.project is not None else [one.id for one in context.settings.projects]
    query = store.select(_tasks.project_id.in_(ids), _tasks.status == Status.PENDING.value)
    return store.read(connection, query.order_by(None).order_by(_tasks.scheduled_time, _tasks.id).limit(wanted.limit))


def _publish(context: Context, tasks: Sequence[Task], who: Token, wait: int) -> list[Published]:
    settings, deadline = context.settings, time.monotonic() + wait
    results = [deciding.launch(context, task, who) for task in tasks]
    waiting = {result.run_id for result in results if result.run_id is not None and result.outcome == "launched"}
    while waiting and time.monotonic() < deadline:
        time.sleep(_LOOK)
        waiting = {run_id for run_id in waiting if not context.launched.has_ended(settings, run_id)}
    if wait:
        results = [_outcome(context, result, under_way=result.run_id in waiting) for result in results]
    return results


def _outcome(context: Context, result: Published, *, under_way: bool) -> Published:
    """What became of it by now."""
    if result.outcome != "launched":
        return result
    with reading(context.engine) as connection:
        task = store.get(connection, result.task)
    update: dict[str, object] = {"status": task.status, "tweet_url": task.tweet_url, "reason": task.error_message}
    if task.status is Status.COMPLETED:
        update["outcome"] = "posted"
    elif not under_way and task.status is Status.PENDING:
        update |= {"outcome": "waiting", "scheduled_time": task.scheduled_time}
    elif not under_way and task.status in (Status.QUEUED, Status.RUNNING):
        update["outcome"] = "running"
    elif not under_way:
        update["outcome"] = "failed"
    return result.model_copy(update=update)
