"""Lengths of time as people write them: `90 s`, `30 min`, `6 h`, `2 days`, `1h30m`, or a number of seconds."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

_FORMS = 'write it like "90 s", "30 min", "6 h", "2 days" or "1h30m", or as a number of seconds'
#: Long enough for any setting, short enough that adding it to a date never overflows.
LONGEST = timedelta(days=366)

_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
}
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
_PLAIN = re.compile(_NUMBER)
_PART = re.compile(rf"\s*({_NUMBER})\s*([a-z]+)\s*")


def parse_duration(value: object) -> timedelta:
    """Read a length of time, exact to the microsecond.

    Raises ValueError with the accepted forms when it is none of them, negative, or longer than LONGEST.
    """
    if isinstance(value, timedelta):
        length = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        length = _from_text(format(value, "f"))
    elif isinstance(value, str):
        length = _from_text(value.strip().lower())
    else:
        raise ValueError(f"expected a length of time: {_FORMS}")
    if not timedelta(0) <= length <= LONGEST:
        raise ValueError(f"must lie between 0 and {LONGEST.days} days")
    return length


def _from_text(text: str) -> timedelta:
    if _PLAIN.fullmatch(text):
        return _of_seconds(Decimal(text))
    total, at = Decimal(0), 0
    while match := _PART.match(text, at):
        amount, unit = match.groups()
        if unit not in _SECONDS:
            raise ValueError(f"unknown unit '{unit}' in a length of time: {_FORMS}")
        total += Decimal(amount) * _SECONDS[unit]
        at = match.end()
    if at == 0 or at != len(text):
        raise ValueError(f"not a length of time: {_FORMS}")
    return _of_seconds(total)


def _of_seconds(seconds: Decimal) -> timedelta:
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"must lie between 0 and {LONGEST.days} days")
    return timedelta(microseconds=round(seconds * 1_000_000))


def format_duration(length: timedelta) -> str:
    """Write a length of time so that `parse_duration` reads the same one: `1 h 30 min`."""
    minutes, seconds = divmod(Decimal(length // timedelta(microseconds=1)) / 1_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    amounts = ((days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{amount.normalize():f} {unit}" for amount, unit in amounts if amount) or "0 s"


def _not_zero(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("must be longer than 0")
    return length


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "examples": ["90 s", "30 min", "6 h", "2 days", "1h30m", 90]}),
]
#: One that may not be 0.
SomeDuration = Annotated[Duration, AfterValidator(_not_zero)]
