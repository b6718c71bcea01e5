"""How the pipeline itself does: what was measured, and the alarms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from twitter_pipeline.api.auth import Reader, Shared
from twitter_pipeline.api.fields import Moment, Text, moment
from twitter_pipeline.clock import utc_now
from twitter_pipeline.monitoring import alarms, measures
from twitter_pipeline.monitoring.measures import MEASURES
from twitter_pipeline.store.engine import reading

router = APIRouter(tags=["monitoring"])

if TYPE_CHECKING:
    Name = str
else:
    Name = Literal[tuple(MEASURES)]

_GRAINS = {"minute": (measures.by_minute, timedelta(hours=1)), "hour": (measures.by_hour, timedelta(days=7))}


class MeasureOut(BaseModel):
    """A value."""

    name: Name
    scope: str = Field(description="Of what; empty where there is but one.")
    value: float


class AlarmOut(BaseModel):
    """A value that is beyond its threshold, and has been for long enough."""

    name: str
    scope: str
    value: float
    threshold: float
    raised_at: datetime


class MonitoringOut(BaseModel):
    """How the pipeline does now."""

    at: datetime | None = Field(description="The minute that was measured last; null when that is long ago.")
    measures: list[MeasureOut]
    alarms: list[AlarmOut]


class PointOut(BaseModel):
    """A value of a minute, or those of an hour."""

    scope: str
    at: datetime = Field(description="The minute, or the beginning of the hour.")
    value: float = Field(description="The mean, of an hour.")
    least: float | None = Field(description="Of an hour.")
    most: float | None = Field(description="Of an hour.")


class Points(BaseModel):
    """Values of a measure, oldest first."""

    points: list[PointOut]
    more: bool = Field(description="Whether there are later ones: ask again, `from` the last of these.")


@router.get("/api/monitoring")
def current(_: Reader, context: Shared) -> MonitoringOut:
    """The newest values, and the alarms that are open."""
    with reading(context.engine) as connection:
        at, values = measures.latest(connection, utc_now())
        is_open = alarms.open_now(connection)
    return MonitoringOut(
        at=at,
        measures=[
            MeasureOut(name=name, scope=scope, value=value)
            for (name, scope), value in sorted(values.items())
            if name in MEASURES  # an older version may have measured something else a minute ago
        ],
        alarms=[AlarmOut(**vars(alarm)) for alarm in is_open],
    )


@router.get("/api/monitoring/history")
def history(
    _: Reader,
    context: Shared,
    name: Annotated[Name, Query(description="The measure.")],
    scope: Annotated[Text | None, Query(description="Only of this; of all.")] = None,
    grain: Annotated[
        Literal["minute", "hour"], Query(description="Minutes are kept for two days, hours for `monitoring.history`.")
    ] = "minute",
    from_: Annotated[
        Moment | None, Query(alias="from", description="Since then (without offset: UTC); an hour, or a week, ago.")
    ] = None,
    to: Annotated[Moment | None, Query(description="Before then; now.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Values, at most.")] = 3000,
) -> Points:
    """The values of a measure over time."""
    read, usual = _GRAINS[grain]
    until = moment(to) or utc_now()
    since = moment(from_) or until - usual
    with reading(context.engine) as connection:
        found = read(connection, name, scope, since=since, until=until, limit=limit + 1)
    return Points(points=[PointOut(**vars(point)) for point in found[:limit]], more=len(found) > limit)
