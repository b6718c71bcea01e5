"""The daily digest of what is open, and the weekly word that all is well: so that silence means one thing only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from twitter_pipeline.alerting import channels, keeping, outbox
from twitter_pipeline.alerting.quiet import last_time
from twitter_pipeline.config import Settings
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import alert_state, publishing_tasks

#: Alerts of which a digest gives the words; the others are counted.
MOST = 50
#: Alerts that are looked at: of each cause one is open.
LISTED = 1_000

_tasks = publishing_tasks.c


def report(engine: sa.Engine, settings: Settings, *, now: datetime) -> None:
    """Make the messages that are due by now, each once; after a weekend down only the last. Else it costs one look."""
    due = last_time(settings.alerts, settings.alerts.digest_time, now)
    with reading(engine) as connection:
        made = connection.scalar(sa.select(alert_state.c.at).where(alert_state.c.name == "reported"))
    if made is not None and made >= due:
        return
    with writing(engine) as connection:
        # Of two processes at once one makes them. The first start of all makes none.
        if not _note(connection, made, now) or made is None:
            return
        outbox.prune(connection, now=now)
        is_open = keeping.listing(connection, limit=LISTED)
        ended = keeping.ended(connection, since=now - timedelta(days=1))
        for to, owner in _readers(settings):
            mine = [alert for alert in is_open if _is_of(settings, owner, alert.cause, alert.project_id)]
            over = sum(_is_of(settings, owner, *one) for one in ended)
            if mine and settings.alerts.digest != "off":
                outbox.put(connection, settings, "digest", *digest(mine, over), to=to, now=now)
            elif not mine and settings.alerts.all_is_well == _day(settings, due):
                outbox.put(connection, settings, "well", *all_is_well(connection, settings, owner, now), to=to, now=now)


def _readers(settings: Settings) -> Iterator[tuple[set[str], str | None]]:
    """Channels that are told the same, and whose: an owner is told of what is theirs; None: of everything."""
    yield channels.for_all(settings), None
    for user in settings.users:
        if (channel := channels.of_owner(settings, user.name)) is not None:
            yield {channel}, user.name


def _is_of(settings: Settings, owner: str | None, cause: str, project_id: str | None) -> bool:
    return owner is None or channels.owner_of(settings, cause, project_id) == owner


def _note(connection: sa.Connection, made: datetime | None, now: datetime) -> bool:
    """Keep that they were made; False when somebody else was faster."""
    if made is None:
        first = insert_into(connection, alert_state).values(name="reported", at=now)
        return connection.execute(first.on_conflict_do_nothing()).rowcount == 1
    changed = connection.execute(
        sa.update(alert_state).where(alert_state.c.name == "reported", alert_state.c.at == made).values(at=now)
    )
    return changed.rowcount == 1


def digest(is_open: list[keeping.Alert], ended: int) -> tuple[str, str]:
    """Title and words of the digest."""
    title = "1 alert is open" if len(is_open) == 1 else f"{len(is_open):,} alerts are open"
    parts = []
    for alert in is_open[:MOST]:
        known = f" ({alert.acknowledged_by} knows)" if alert.acknowledged_by else ""
        parts.append(f"{alert.title}{known}\nsince {alert.opened_at:%Y-%m-%d %H:%M} UTC. {alert.remedy}")
    if len(is_open) > MOST:
        title = f"more than {MOST} alerts are open"
        parts.append("… and more: twitter-pipeline alert list")
    if ended:
        parts.append(f"Over since yesterday: {ended:,}")
    return title, "\n\n".join(parts)


def all_is_well(connection: sa.Connection, settings: Settings, owner: str | None, now: datetime) -> tuple[str, str]:
    """Title and words of the weekly message: what went out, and what waits. With `owner` of their projects only."""
    lines = []
    for project in settings.projects:
        if owner not in (None, project.owner):
            continue
        posted = connection.scalar(
            sa.select(sa.func.count()).where(
                _tasks.project_id == project.id, _tasks.executed_time > now - timedelta(days=7)
            )
        )
        waiting = connection.scalar(
            sa.select(sa.func.count()).where(_tasks.project_id == project.id, _tasks.status == Status.PENDING.value)
        )
        lines.append(f"{project.id}: {posted or 0:,} posted in seven days, {waiting or 0:,} wait")
    return "all is well", "\n".join(["Nothing needs you.", *lines])


def _day(settings: Settings, due: datetime) -> str:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return days[due.astimezone(ZoneInfo(settings.alerts.time_zone)).weekday()]
