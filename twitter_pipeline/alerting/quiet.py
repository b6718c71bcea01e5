"""Times of the day in the zone of the alerts: quiet hours, and when the digest is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from twitter_pipeline.config import AlertSettings


def not_before(alerts: AlertSettings, now: datetime) -> datetime:
    """The first time from `now` on (aware UTC) that is not in the quiet hours."""
    if alerts.quiet is None:
        return now
    begin, end = alerts.quiet
    zone = ZoneInfo(alerts.time_zone)
    local = now.astimezone(zone)
    at = local.time().replace(tzinfo=None)
    is_quiet = begin <= at < end if begin <= end else at >= begin or at < end
    if not is_quiet:
        return now
    day = local.date() if at < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, zone).astimezone(timezone.utc)


def last_time(alerts: AlertSettings, at: time, now: datetime) -> datetime:
    """When it was that time of the day last (aware UTC)."""
    zone = ZoneInfo(alerts.time_zone)
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), at, zone).astimezone(timezone.utc)
    if today <= now:
        return today
    return datetime.combine(local.date() - timedelta(days=1), at, zone).astimezone(timezone.utc)
