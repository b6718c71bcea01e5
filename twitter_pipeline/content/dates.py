"""Dates as metadata has them, written as people read them: the filter `date` of templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from twitter_pipeline.content.data import lines

_DAY = re.compile(r"(\d{4})[:-]?(\d\d)[:-]?(\d\d)", re.ASCII)
_UNIX = re.compile(r"-?\d{9,13}(\.\d+)?", re.ASCII)
#: More seconds since 1970 than a date has that people write: they are milliseconds.
_MILLISECONDS = 10**11
_DIRECTIVE = re.compile("%(-?.)", re.DOTALL)


def parse(value: Any) -> datetime | None:
    """The time that `value` says; naive where it names no offset. None for nothing; ValueError when it is no time.

    It may be ISO 8601, EXIF's `2026:11:24 18:00:00`, yt-dlp's `20261124`, seconds or milliseconds since 1970, or an
    object with one of these as `timestamp`, as Google Takeout has it.
    """
    if isinstance(value, Mapping):
        value = value.get("timestamp")
    if value is None or value == "":
        return None
    said = str(value).strip()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10**8:
        return since_1970(float(value))
    if _UNIX.fullmatch(said):
        return since_1970(float(said))
    # EXIF's day, and what Python 3.10 does not read: Z, and seven digits of a second.
    iso = _DAY.sub(r"\1-\2-\3", said, count=1)
    iso = re.sub(r"(\.\d{6})\d+", r"\1", re.sub(r"[Zz]$", "+00:00", iso))
    iso = re.sub(r"\.(\d{1,5})(?!\d)", lambda found: f".{found[1]:0<6}", iso)
    iso = re.sub(r"([+-]\d\d)(\d\d)$", r"\1:\2", iso) if ":" in iso else iso
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        raise ValueError(f"'{said[:40]}' is no date or time") from None


def since_1970(seconds: float) -> datetime:
    """The time so many seconds after 1970 began, or milliseconds where there are too many. Raises ValueError."""
    seconds = seconds / 1000 if abs(seconds) >= _MILLISECONDS else seconds
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (OverflowError, OSError, ValueError):
        raise ValueError(f"'{seconds:.0f}' is no date or time") from None


def iso(value: Any) -> str:
    """`value` (see `parse`) as ISO 8601, a day where it names no time; "" for nothing. Raises ValueError."""
    moment = parse(value)
    if moment is None:
        return ""
    return moment.date().isoformat() if _DAY.fullmatch(str(value).strip()) else moment.isoformat(timespec="seconds")


def write(value: Any, form: str, *, zone: str, language: str) -> str:
    """`value` (see `parse`) in `form`, strftime's but for locales; a time with an offset in `zone`; "" for nothing.

    `language` is that of %B and %A: a code such as de, or de-AT. Raises ValueError.
    """
    moment = parse(value)
    if moment is None:
        return ""
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(zone))
    return _DIRECTIVE.sub(lambda found: _written(found[1], moment, language), form)


def languages() -> tuple[str, ...]:
    """Those whose months and days are known."""
    return tuple(_names())


def months(language: str) -> list[str]:
    """The months of a language as they stand in a date; empty for one that is not known."""
    return _names()[language][0] if language in _names() else []


def _written(directive: str, moment: datetime, language: str) -> str:
    bare = directive.removeprefix("-")
    if bare == "%":
        return "%"
    if bare in _NUMBERS:
        number = moment.strftime(f"%{bare}")
        return (number.lstrip("0") or "0") if directive != bare else number
    known = _names().get(re.split("[-_]", language)[0].lower())
    if bare in ("B", "A") and bare == directive:
        months, days = known or _names()["en"]
        return months[moment.month - 1] if bare == "B" else days[moment.weekday()]
    if bare in ("b", "a") and bare == directive:
        if known is not None and known != _names()["en"]:
            raise ValueError(f"'%{bare}' is known in English only; write %{bare.upper()}, or numbers")
        months, days = _names()["en"]
        return (months[moment.month - 1] if bare == "b" else days[moment.weekday()])[:3]
    raise ValueError(f"'%{directive}' is not known; there are {', '.join(f'%{one}' for one in 'dmYyBbAaHIMSpj')}")


_NUMBERS = frozenset("dmYyHIMSj") | {"p"}


@cache
def _names() -> dict[str, tuple[list[str], list[str]]]:
    found = {}
    for line in lines("dates"):
        language, _, names = line.partition(":")
        months, days = names.split("|")
        found[language] = (months.split(), days.split())
    return found
