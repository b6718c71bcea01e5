"""The kinds of values requests hold, each with its limits."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from twitter_pipeline.clock import in_utc

#: Numbers beyond are no longer exact in JSON as most programs read it.
_MOST_ID = 2**53
_YEAR = r"(19[7-9][0-9]|2[0-9]{3})"
_DAY = r"((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{3}([0-9]{3})?)?)?"
#: What the document says of a time; 29 February is taken, too, in the years that have it.
_MOMENT = rf"{_YEAR}-{_DAY}[T ]{_TIME}(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"


_ZONES = frozenset(available_timezones())


class Body(BaseModel):
    """A request's body: types as they are in JSON, and nothing that is not known."""

    model_config = ConfigDict(strict=True, extra="forbid")


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not hold NUL")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("must be Unicode text")
    return value


def whole(value: object) -> object:
    """JSON knows one kind of number: 32.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _moment(value: str) -> str:
    if not re.fullmatch(_MOMENT, re.sub(r"-02-29(?=[T ])", "-02-28", value)):
        raise ValueError("must be a time like 2026-11-24T18:00:00Z, of a year from 1970 to 2999")
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("there is no such time") from None
    return value


def _zone(value: str) -> str:
    if value not in _ZONES:
        raise ValueError("not an IANA time zone, such as Europe/Berlin")
    return value


def moment(value: str | None, zone: ZoneInfo | timezone = timezone.utc) -> datetime | None:
    """A `Moment` as an aware UTC time; without an offset it is meant in `zone`."""
    if value is None:
        return None
    return in_utc(datetime.fromisoformat(value.replace("Z", "+00:00")), zone)


Id = Annotated[int, Field(ge=1, le=_MOST_ID), BeforeValidator(whole)]
TaskId = Annotated[Id, Path(description="The task's number.")]
ProjectId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="A project's id.")]
OfProject = Annotated[ProjectId | None, Query(description="Only this project's.")]
#: Of a page.
Next = Annotated[str | None, Field(description="The `cursor` of the next page; null on the last one.")]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
#: The words of a post, which are weighed with the settings at hand, and of a picture.
PostText = Annotated[str, Field(min_length=1), AfterValidator(_without_nul)]
AltText = Annotated[str, Field(max_length=1_000), AfterValidator(_without_nul)]
#: ISO 8601; `moment` reads it.
Moment = Annotated[str, AfterValidator(_moment), WithJsonSchema({"type": "string", "pattern": f"^{_MOMENT}$"})]
Zone = Annotated[str, AfterValidator(_zone), WithJsonSchema({"type": "string", "enum": sorted(_ZONES)})]
#: Seconds that a call may wait for what it began.
Wait = Annotated[
    int, Field(ge=0, le=60, description="Seconds to wait for the outcome, at most."), BeforeValidator(whole)
]
