"""What both adapters must know of HTTP."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from twitter_pipeline.enhancing.answer import NoAnswer, Outcome


def is_loopback(base_url: str | None) -> bool:
    """Whether it is this machine, which is not reached through a proxy named in the environment."""
    host = urlsplit(base_url or "").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refused(status: int, message: str) -> NoAnswer:
    """What an HTTP status that is no answer means, with the remedy where there is one."""
    remedy = {
        400: "; check gemini.api_key and gemini.model",
        401: "; check gemini.api_key",
        403: "; check gemini.api_key",
        404: "; check gemini.model",
        429: "; Google's limit for this key is reached",
    }.get(status, "")
    return NoAnswer(Outcome.FAILED, f"it answered {status}: {message}{remedy}")
