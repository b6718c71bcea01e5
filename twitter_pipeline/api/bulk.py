"""The same decision about many tasks: each by itself, so that one that cannot be stops no other."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from twitter_pipeline.api import deciding
from twitter_pipeline.api.auth import Publisher, Shared
from twitter_pipeline.api.context import Context
from twitter_pipeline.api.fields import Body, Id, Moment, ProjectId, Text, moment, whole
from twitter_pipeline.api.listing import Wanted, page
from twitter_pipeline.api.models import run_url
from twitter_pipeline.api.problems import AWAY, Problem, also
from twitter_pipeline.api.tasks import no_project
from twitter_pipeline.launching.graphql import DagsterAway
from twitter_pipeline.store import tasks as store
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.store.tokens import Token

_log = logging.getLogger(__name__)

router = APIRouter(tags=["tasks"])

#: Tasks of one call: each is a transaction, and may be a run.
MOST = 100


class Filter(Body):
    """Which tasks; as `GET /api/tasks` has it. An empty one means all of them."""

    project: ProjectId | None = None
    status: Annotated[list[Annotated[Status, Field(strict=False)]], Field(max_length=9)] = Field(default_factory=list)
    text: Text | None = None
    found_from: Moment | None = None
    found_before: Moment | None = None


class BulkIn(Body):
    """What to do, and with which tasks: either those named, or the newest that a filter lets through."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["task_ids"]}, {"required": ["filter"]}]})

    action: Literal["publish", "cancel", "retry", "approve"]
    task_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST)] = Field(default_factory=list)
    filter: Filter = Field(default_factory=Filter)
    limit: Annotated[int, Field(ge=1, le=MOST, description="Most tasks of the filter."), BeforeValidator(whole)] = MOST
    dry_run: bool = Field(False, description="Change nothing, and say what would be.")

    @model_validator(mode="after")
    def _one_of_both(self) -> BulkIn:
        if len(self.model_fields_set & {"task_ids", "filter"}) != 1:
            raise ValueError("either task_ids or filter is needed")
        return self


class BulkResult(BaseModel):
    """What became of one task."""

    task: int
    item: str | None
    outcome: str = Field(
        description="done; refused, and why; failed: it broke, and why. Of publish: launched, running, posted or held."
    )
    said: str | None
    status: Status | None = Field(description="The task's, after it.")
    run_id: str | None = None
    run_url: str | None = None


class BulkOut(BaseModel):
    """What became of each, in the order of the request, or the newest first."""

    action: str
    dry_run: bool
    results: list[BulkResult]
    more: bool = Field(description="Whether the filter lets through more than `limit`.")


@router.post("/api/tasks/bulk", responses=also(404))
def act_on_many(wanted: BulkIn, who: Publisher, context: Shared) -> BulkOut:
    """Publish, cancel, retry or approve many tasks. One that cannot be stops no other, and says why."""
    chosen, more = _chosen(context, wanted)
    results: list[BulkResult] = []
    away = False
    for id, task in chosen:
        result = _act(context, wanted, id, task, who, away=away)
        away = away or result.said == AWAY
        results.append(result)
    return BulkOut(action=wanted.action, dry_run=wanted.dry_run, results=results, more=more)


@router.api_route("/api/tasks/bulk", methods=["GET", "PATCH"], include_in_schema=False)
def no_task_of_that_name() -> None:
    """Otherwise it would be looked for as a task's number."""
    raise HTTPException(405)


def _chosen(context: Context, wanted: BulkIn) -> tuple[list[tuple[int, Task | None]], bool]:
    """The tasks by their numbers, None for one that is not there; and whether there are more."""
    with reading(context.engine) as connection:
        if wanted.task_ids:
            ids = list(dict.fromkeys(wanted.task_ids))
            found = store.read(connection, store.select(publishing_tasks.c.id.in_(ids)))
            by_id = {task.id: task for task in found}
            return [(id, by_id.get(id)) for id in ids], False
        asked = wanted.filter
        if asked.project is not None and context.project(asked.project) is None:
            raise no_project(asked.project, "body.filter.project")
        query = Wanted(
            projects=[asked.project] if asked.project is not None else [one.id for one in context.settings.projects],
            statuses=list(dict.fromkeys(asked.status)),
            found_from=moment(asked.found_from),
            found_before=moment(asked.found_before),
            text=asked.text,
        )
        ids = [row["id"] for row in page(connection, query, wanted.limit + 1)]
        by_id = {task.id: task for task in store.read(connection, store.select(publishing_tasks.c.id.in_(ids)))}
    return [(id, by_id.get(id)) for id in ids[: wanted.limit]], len(ids) > wanted.limit


def _act(context: Context, wanted: BulkIn, id: int, task: Task | None, who: Token, *, away: bool) -> BulkResult:
    if task is None:
        return BulkResult(task=id, item=None, outcome="refused", said=f"there is no task {id}", status=None)
    result = BulkResult(task=id, item=task.partition_key, outcome="done", said=None, status=task.status)
    try:
        if wanted.action == "publish":
            made = deciding.launch(context, task, who, dry_run=wanted.dry_run or away)
            if away and made.outcome == "launched":
                raise DagsterAway  # as before: each would wait for it anew
            said = {"outcome": made.outcome, "said": made.reason, "status": made.status}
            return result.model_copy(update=said | {"run_id": made.run_id, "run_url": made.run_url})
        decide = {"retry": deciding.retry, "cancel": deciding.cancel, "approve": deciding.approve}[wanted.action]
        done = decide(context, id, who, dry_run=wanted.dry_run)
    except Problem as why:
        return result.model_copy(update={"outcome": "refused", "said": why.detail})
    except DagsterAway:
        return result.model_copy(update={"outcome": "failed", "said": AWAY})
    except sa.exc.DBAPIError as error:
        _log.error("task %d: the database failed: %s", id, error.orig)
        return result.model_copy(update={"outcome": "failed", "said": "the database failed; the log says how"})
    return result.model_copy(
        update={
            "said": done.said,
            "status": done.task.status,
            "run_id": done.task.run_id,
            "run_url": run_url(context.settings, done.task.run_id),
        }
    )
