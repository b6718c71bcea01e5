"""Alarms: measures held against thresholds, their state kept in the table, so that it outlives whoever looks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.hysteresis import Level, State, follow, level
from twitter_pipeline.monitoring.measuring import Look
from twitter_pipeline.monitoring.rules import RULES
from twitter_pipeline.store.tables import alarms

_log = logging.getLogger(__name__)

_alarms = alarms.c
_STATE = (_alarms.over_since, _alarms.raised_at, _alarms.below_since, _alarms.seen_at)


@dataclass(frozen=True)
class Alarm:
    """A measure that is beyond its threshold, and has been for long enough."""

    name: str
    #: Which process, project, account, sensor; empty: the whole.
    scope: str
    #: As it was measured last, in the measure's unit.
    value: float
    threshold: float
    #: Aware UTC.
    raised_at: datetime


def open_now(connection: sa.Connection) -> list[Alarm]:
    """The alarms there are now, oldest first."""
    rows = connection.execute(
        sa.select(_alarms.name, _alarms.scope, _alarms.value, _alarms.threshold, _alarms.raised_at)
        .where(_alarms.closed_at.is_(None), _alarms.raised_at.is_not(None))
        .order_by(_alarms.id)
    )
    return [Alarm(*row) for row in rows]


def follow_up(connection: sa.Connection, settings: Settings, look: Look, now: datetime) -> None:
    """Bring the alarms to what a look found, in its transaction."""
    rows = connection.execute(
        sa.select(_alarms.id, _alarms.name, _alarms.scope, _alarms.threshold, *_STATE).where(
            _alarms.closed_at.is_(None)
        )
    ).all()
    known = {(row.name, row.scope): row for row in rows}
    seen = {one.of: one for one in _levels(settings, look, set(known))}
    for of in sorted(known.keys() | seen.keys()):
        row, one = known.get(of), seen.get(of)
        before = None if row is None else State(*row[4:])
        # What no rule asks for any more is over, as is what was looked for and is not there.
        after = follow(
            before,
            Level.BELOW if one is None else one.level,
            now=now,
            alarm_after=settings.monitoring.alarm_after,
            over_after=settings.monitoring.over_after,
        )
        if after is before:
            continue
        if after is None:
            connection.execute(sa.delete(alarms).where(_alarms.id == (row and row.id)))
            continue
        _say(of, one, before, after)
        values = {**vars(after), **({} if one is None or one.value is None else _said(one))}
        if row is None:
            connection.execute(sa.insert(alarms).values(name=of[0], scope=of[1], **values))
        else:
            connection.execute(sa.update(alarms).where(_alarms.id == row.id).values(**values))


def forget(connection: sa.Connection, before: datetime) -> None:
    """Delete what was over before then."""
    connection.execute(sa.delete(alarms).where(_alarms.closed_at < before))


@dataclass(frozen=True)
class _Seen:
    of: tuple[str, str]
    level: Level
    value: float | None
    threshold: float


def _levels(settings: Settings, look: Look, known: set[tuple[str, str]]) -> Iterator[_Seen]:
    """How each measure that has a rule stands; of several of one scope the worst."""
    worst: dict[tuple[str, str], _Seen] = {}
    for rule in RULES:
        threshold = rule.threshold(settings)
        for scope, value in rule.values(look.values):
            of = (rule.alarm, scope[:200])
            before = worst.get(of)
            if before is None or before.value is None or (value < before.value) == rule.downward:
                worst[of] = _Seen(of, level(value, threshold, downward=rule.downward), value, threshold)
        if rule.measure in look.unknown:
            for of in known:
                if of[0] == rule.alarm and of not in worst:
                    worst[of] = _Seen(of, Level.UNKNOWN, None, threshold)
    yield from worst.values()


def _said(one: _Seen) -> dict[str, float | None]:
    return {"value": one.value, "threshold": one.threshold}


def _say(of: tuple[str, str], one: _Seen | None, before: State | None, after: State) -> None:
    name = " ".join(filter(None, of))
    if after.raised_at is not None and (before is None or before.raised_at is None) and one is not None:
        _log.warning("alarm: %s is at %.4g, beyond %.4g", name, one.value, one.threshold)
    elif after.closed_at is not None:
        _log.info("over: %s, an alarm since %s", name, f"{after.raised_at:%Y-%m-%d %H:%M} UTC")
