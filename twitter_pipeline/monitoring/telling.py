"""Alerts for what is seen every minute: alarms, and sensors and schedules that are off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.alerting import keeping, links
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.monitoring.rules import WORDS
from twitter_pipeline.store.engine import reading


def tell_alarms(engine: sa.Engine, settings: Settings, is_open: Sequence[Alarm], *, now: datetime) -> None:
    """One alert for each kind of alarm, however many scopes have it; closed with the last of them."""
    causes = [
        _of(name, [alarm for alarm in is_open if alarm.name == name])
        for name in sorted({alarm.name for alarm in is_open})
        if name != "disk"  # which is an alert of its own, of every disk
    ]
    with reading(engine) as connection:
        told = {key for key in keeping.open_keys(connection) if key.startswith(f"{Kind.ALARM}:")}
    # An alarm has waited long enough to be over: its alert does not wait again.
    if over := told - {cause.key for cause in causes}:
        keeping.over(engine, settings, over, now=now)
    keeping.keep(engine, settings, causes, {Kind.ALARM}, now=now)


def tell_switched_off(engine: sa.Engine, settings: Settings, off: Collection[str], *, now: datetime) -> None:
    """An alert for each sensor or schedule that somebody switched off in Dagster: they are all needed."""
    causes = [
        Cause(
            Kind.OFF,
            name,
            f"{name} is switched off in Dagster",
            "What it does is not done: " + _work_of(name),
            "Switch it on again on its page, or acknowledge this",
            links.automation(settings),
        )
        for name in sorted(off)
    ]
    keeping.keep(engine, settings, causes, {Kind.OFF}, now=now)


def _of(name: str, alarms: Sequence[Alarm]) -> Cause:
    title, remedy = WORDS[name]
    # The value of now is another one every minute, and stands in `status`.
    lines = [
        f"{alarm.scope or name}: beyond {alarm.threshold:,.4g} since {alarm.raised_at:%Y-%m-%d %H:%M} UTC"
        for alarm in alarms
    ]
    scopes = ", ".join(alarm.scope for alarm in alarms if alarm.scope)
    return Cause(
        Kind.ALARM, name, f"{title}: {scopes}" if scopes else title, "\n".join(lines), remedy, count=len(lines)
    )


def _work_of(name: str) -> str:
    if name.startswith("scan_"):
        return f"nothing of {name.removeprefix('scan_')} is found or posted."
    works = {
        "alerts": "alerts are looked for by `up` alone.",
        "failed_runs": "nobody is told of runs that fail.",
        "retention": "old runs stay, and the disk fills.",
    }
    return works.get(name, "figures are not brought up to date.")
