"""A person changes a task that is not posted: its text, its pictures' descriptions, its time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import Field

from twitter_pipeline.api.auth import Publisher, Shared
from twitter_pipeline.api.fields import AltText, Body, Moment, PostText, TaskId, moment
from twitter_pipeline.api.models import TaskDetail
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.api.tasks import HAS_ETAG, detail, no_task
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError
from twitter_pipeline.publishing.editing import Change, NotNow, Unfit, edit

router = APIRouter(tags=["tasks"])


class EditIn(Body):
    """What is to be another one. What is not there stays; null takes an edit back."""

    text: Annotated[
        PostText | None, Field(description="The whole text as it is posted: neither template nor hashtags are added.")
    ] = None
    alt_text: Annotated[
        AltText | Annotated[list[AltText], Field(min_length=1, max_length=4)] | None,
        Field(description="What the picture shows, of an album the first; or of each, in the order of `files`."),
    ] = None
    scheduled_time: Annotated[
        Moment | None,
        Field(description="When it goes out by itself, before what has no such time (without offset: UTC)."),
    ] = None


@router.patch("/api/tasks/{task_id}", responses=HAS_ETAG | also(404, 409))
def edit_task(
    task_id: TaskId,
    wanted: EditIn,
    who: Publisher,
    context: Shared,
    response: Response,
    if_match: Annotated[
        str | None,
        Header(max_length=1000, description="The `ETag` that it was looked at with: 409 when it has another by now."),
    ] = None,
) -> TaskDetail:
    """Change a task that is not posted, nor at work. These words are posted as they are: Gemini leaves them alone."""
    change: Change = {}
    if "text" in wanted.model_fields_set:
        change["text"] = wanted.text
    if "alt_text" in wanted.model_fields_set:
        change["alt_text"] = wanted.alt_text
    if "scheduled_time" in wanted.model_fields_set:
        change["scheduled_time"] = moment(wanted.scheduled_time)
    try:
        edit(
            *(context.engine, context.settings, task_id, change),
            actor=who.user,
            now=utc_now(),
            versions=_versions(if_match),
        )
    except LookupError:
        raise no_task(task_id) from None
    except NotNow as why:
        raise Problem(409, str(why)) from None
    except Unfit as why:
        raise Problem(422, f"{why.field} {why}", field=f"body.{why.field}") from None
    except ConfigError:
        raise Problem(404, "its project is not in config.yaml", field="path.task_id") from None
    return detail(context, task_id, response)


def _versions(if_match: str | None) -> set[str] | None:
    """The versions that the header names; None for any. A proxy that compresses may have made them weak ones."""
    if if_match is None or if_match.strip() == "*":
        return None
    return {part.strip().removeprefix("W/").strip('"') for part in if_match.split(",")}
