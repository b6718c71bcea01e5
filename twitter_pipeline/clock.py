"""Times, aware and in UTC as all inside are: now, and what was written down."""

from datetime import datetime, timedelta, timezone, tzinfo

#: So much the clocks of two machines of ours may differ.
CLOCKS_DIFFER = timedelta(minutes=1)


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


def in_utc(moment: datetime, zone: tzinfo = timezone.utc) -> datetime:
    """The moment, aware and in UTC; without an offset it is meant in `zone`."""
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(timezone.utc)
