"""What both adapters must know of HTTP."""

from __future__ import annotations

import errno
import ipaddress
import math
import socket
import ssl
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from twitter_pipeline.clock import utc_now
from twitter_pipeline.enhancing.answer import NoAnswer, Outcome

#: What to do about a question that Google does not even look at.
_REMEDIES = {
    400: "; check gemini.api_key and gemini.model",
    401: "; check gemini.api_key",
    403: "; check gemini.api_key",
    404: "; check gemini.model",
}


def is_loopback(base_url: str | None) -> bool:
    """Whether it is this machine, which is not reached through a proxy named in the environment."""
    host = urlsplit(base_url or "").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refused(status: int, message: str, wait: timedelta | None = None) -> NoAnswer:
    """What an HTTP status that is no answer means, with the remedy where there is one.

    `wait`: when Google takes the next request, see `wait_of`.
    """
    remedy, outcome = _REMEDIES.get(status, ""), Outcome.REFUSED if status in _REMEDIES else Outcome.FAILED
    # Where it is only overloaded it may name a time too.
    if status == 429 or (status == 503 and wait is not None):
        outcome, remedy = Outcome.LIMITED, "; Google's limit for this key is reached" if status == 429 else ""
    return NoAnswer(outcome, f"it answered {status}: {message}{remedy}", wait=wait)


def never_left(error: BaseException | None) -> bool:
    """Whether an error of a library says that there was nobody to ask: nothing was sent."""
    while error is not None:
        if isinstance(error, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)):
            return True
        if isinstance(error, OSError) and error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return True
        error = error.__cause__ or error.__context__
    return False


def wait_of(headers: Mapping[str, str], body: Any) -> timedelta | None:
    """The longest time to wait that an answer names: in `Retry-After`, or as a RetryInfo in its body; None without."""
    named = [_retry_after(headers.get("retry-after", "")), *map(_retry_delay, _details(body))]
    return max((one for one in named if one is not None), default=None)


def _retry_after(said: str) -> timedelta | None:
    """Seconds, or a date in HTTP's form."""
    if (seconds := _seconds(said)) is not None:
        return seconds
    try:
        return max(parsedate_to_datetime(said) - utc_now(), timedelta())
    except (TypeError, ValueError, OverflowError):
        return None


def _details(body: Any) -> list[Any]:
    """The details of Google's error; it may come in a list of one."""
    body = body[0] if isinstance(body, list) and body else body
    error = body.get("error") if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    return details if isinstance(details, list) else []


def _retry_delay(detail: Any) -> timedelta | None:
    """Of a google.rpc.RetryInfo: "37s", "37.5s"."""
    if not isinstance(detail, dict) or not str(detail.get("@type", "")).endswith("google.rpc.RetryInfo"):
        return None
    return _seconds(str(detail.get("retryDelay", "")).removesuffix("s"))


def _seconds(said: str) -> timedelta | None:
    """A number of seconds; None for none. A year at most: more is no time to wait."""
    try:
        number = float(said)
    except ValueError:
        return None
    return timedelta(seconds=min(max(number, 0.0), 31_536_000.0)) if math.isfinite(number) else None
