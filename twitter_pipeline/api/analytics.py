"""The hourly figures."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from twitter_pipeline.api.auth import Reader, Shared
from twitter_pipeline.api.cursors import HourCursor
from twitter_pipeline.api.fields import Moment, Next, OfProject, Zone, moment
from twitter_pipeline.api.problems import also
from twitter_pipeline.api.tasks import check_project
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.tables import analytics_hourly

router = APIRouter(tags=["analytics"])

_hourly = analytics_hourly.c
_USUAL = timedelta(days=7)
#: How the table is kept, which is nobody's figure.
_INNER = {"id", "last_log_id", "created_at"}
_CELLS = [column for column in analytics_hourly.columns if column.name not in _INNER]


class HourlyPage(BaseModel):
    """Rows of `analytics_hourly`, by hour and project."""

    rows: list[dict[str, Any]] = Field(description="A row a project and hour; `hour` is its beginning, in the zone.")
    next: Next


@router.get(
    "/api/analytics/hourly",
    response_model=HourlyPage,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **also(404)},
)
def hourly(
    _: Reader,
    context: Shared,
    response: Response,
    project: OfProject = None,
    from_: Annotated[
        Moment | None,
        Query(alias="from", description="Hours that begin then or later (without offset: in the zone); a week ago."),
    ] = None,
    to: Annotated[Moment | None, Query(description="Hours that begin before; now.")] = None,
    zone: Annotated[Zone, Query(description="The zone that hours are shown in.")] = "UTC",
    format: Annotated[
        Literal["json", "csv"], Query(description="csv has the next page's cursor in `X-Next-Cursor`.")
    ] = "json",
    limit: Annotated[int, Query(ge=1, le=10_000, description="Rows on a page.")] = 1000,
    cursor: HourCursor = None,
) -> Any:
    """The figures of each hour and project."""
    check_project(context, project)
    in_zone = ZoneInfo(zone)
    until = moment(to, in_zone) or utc_now()
    where = [_hourly.hour >= (moment(from_, in_zone) or until - _USUAL), _hourly.hour < until]
    if project is not None:
        where.append(_hourly.project_id == project)
    if cursor is not None:
        where.append(_after(cursor))
    query = sa.select(*_CELLS).where(*where).order_by(_hourly.hour, _hourly.project_id).limit(limit + 1)
    with reading(context.engine) as connection:
        found = connection.execute(query).all()
    shown = found[:limit]
    more = len(found) > limit
    following = f"{int(shown[-1].hour.timestamp())}.{shown[-1].project_id}" if more else None
    rows = [{**row._mapping, "hour": row.hour.astimezone(in_zone).isoformat()} for row in shown]
    if format == "json":
        return HourlyPage(rows=rows, next=following)
    headers = {} if following is None else {"X-Next-Cursor": following}
    return Response(_csv(rows), media_type="text/csv", headers=headers)


def _after(cursor: str) -> sa.ColumnElement[bool]:
    seconds, _, project_id = cursor.partition(".")
    hour = datetime.fromtimestamp(int(seconds), ZoneInfo("UTC"))
    return (_hourly.hour > hour) | ((_hourly.hour == hour) & (_hourly.project_id > project_id))


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [column.name for column in _CELLS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
