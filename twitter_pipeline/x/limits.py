"""X's rate limits, as it states them in the headers of every answer.

Three windows exist, each with a limit, what remains of it, and when it starts anew (epoch seconds): the one of
15 minutes, and on some plans those of 24 hours per app and per user. The documented figures are not to be relied
on (real ones can be lower), the headers are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

#: The windows, and what their headers begin with.
WINDOWS = {"15min": "x-rate-limit", "app-24h": "x-app-limit-24hour", "user-24h": "x-user-limit-24hour"}

#: How long to wait when X says that a limit is reached, but not until when: its usual window.
DEFAULT_WAIT = timedelta(minutes=15)
#: The longest window is 24 hours. A reset beyond it (or in the past, when clocks differ) is not believed.
_LONGEST_WAIT = timedelta(hours=25)


@dataclass(frozen=True)
class Limit:
    """One window of one call."""

    #: Calls allowed in the window; None when X did not say.
    limit: int | None
    #: Calls left; None when X did not say.
    remaining: int | None
    #: When the window starts anew (aware, UTC).
    reset: datetime


def read(headers: Mapping[str, str], now: datetime) -> dict[str, Limit]:
    """The windows named in `headers` (a mapping that ignores case), without those whose reset is not believable."""
    found = {}
    for window, prefix in WINDOWS.items():
        seconds = _number(headers.get(f"{prefix}-reset"))
        if seconds is None or not now.timestamp() < seconds <= (now + _LONGEST_WAIT).timestamp():
            continue
        found[window] = Limit(
            limit=_number(headers.get(f"{prefix}-limit")),
            remaining=_number(headers.get(f"{prefix}-remaining")),
            reset=datetime.fromtimestamp(seconds, timezone.utc),
        )
    return found


def lifted_at(limits: Mapping[str, Limit], now: datetime) -> datetime:
    """When a request answered with 429 may be sent again.

    The latest reset among the windows that are used up; failing that the 15-minute window's (old answers name only
    its reset); failing that `DEFAULT_WAIT` from `now`.
    """
    used_up = [limit.reset for limit in limits.values() if limit.remaining == 0]
    if used_up:
        return max(used_up)
    return limits["15min"].reset if "15min" in limits else now + DEFAULT_WAIT


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When `Retry-After` (seconds, or a date) allows the next request; None without one that can be believed."""
    said = headers.get("retry-after", "").strip()
    seconds = _number(said)
    try:
        until = now + timedelta(seconds=seconds) if seconds is not None else parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    return until if until.tzinfo and now < until <= now + _LONGEST_WAIT else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
