"""What needs a person, as `twitter-pipeline alert` has it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from twitter_pipeline.alerting import keeping
from twitter_pipeline.api.auth import Publisher, Reader, Shared
from twitter_pipeline.api.cursors import IdCursor
from twitter_pipeline.api.fields import Id, Next, OfProject
from twitter_pipeline.api.problems import Problem, also
from twitter_pipeline.api.tasks import check_project
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store.engine import reading, writing

router = APIRouter(tags=["alerts"])


class AlertOut(BaseModel):
    """Something that needs a person, or did."""

    id: int
    cause: str = Field(description="Its kind, a colon, and which project, account, disk or job: one is open of each.")
    project_id: str | None
    title: str
    message: str
    remedy: str = Field(description="What to do.")
    link: str | None
    count: int
    opened_at: datetime
    last_at: datetime = Field(description="When the newest of what is counted came.")
    gone_since: datetime | None = Field(description="Since when its cause is not seen any more.")
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class AlertPage(BaseModel):
    """Alerts, the newest first."""

    alerts: list[AlertOut]
    next: Next


@router.get("/api/alerts", responses=also(404))
def list_alerts(
    _: Reader,
    context: Shared,
    state: Annotated[Literal["open", "closed", "all"], Query(description="Those that need somebody, or are over.")] = (
        "open"
    ),
    project: OfProject = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Alerts on a page.")] = 50,
    cursor: IdCursor = None,
) -> AlertPage:
    """Alerts, the newest first, in pages: what comes meanwhile comes before the first and moves none."""
    check_project(context, project)
    with reading(context.engine) as connection:
        found = keeping.listing(
            connection,
            opened=state != "closed",
            closed=state != "open",
            project=project,
            below=None if cursor is None else int(cursor),
            limit=limit + 1,
        )
    shown = found[:limit]
    return AlertPage(
        alerts=[AlertOut(**asdict(alert)) for alert in shown],
        next=str(shown[-1].id) if len(found) > limit else None,
    )


@router.post("/api/alerts/{alert_id}/acknowledge", responses=also(404, 409))
def acknowledge_alert(
    alert_id: Annotated[Id, Path(description="The alert's number.")], who: Publisher, context: Shared
) -> AlertOut:
    """Say that you know of it: it is told again only when more of it comes. A failed run is over with that."""
    try:
        with writing(context.engine) as connection:
            done = keeping.acknowledge(connection, alert_id, who.user, now=utc_now())
            alert = keeping.get(connection, alert_id)
    except LookupError as error:
        raise Problem(404, str(error), field="path.alert_id") from None
    if not done:
        raise Problem(409, "it is over already")
    return AlertOut(**asdict(alert))
