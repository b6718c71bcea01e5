"""The time it is: aware and in UTC, as every time inside is."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    return datetime.now(timezone.utc)
