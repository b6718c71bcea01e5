"""Alerts as the table keeps them: one open for each cause, repeats counted, closed when the cause is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.alerting import channels, outbox
from twitter_pipeline.alerting.cause import TOLD_FOR, Cause, Kind
from twitter_pipeline.config import Settings
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import alerts

#: A cause must be gone for so long until its alert is closed: one that comes and goes is told once.
GONE_FOR = timedelta(minutes=5)

_alerts = alerts.c


@dataclass(frozen=True)
class Alert:
    """A row of `alerts`. Times are aware UTC."""

    id: int
    #: The kind, a colon, and what it is about.
    cause: str
    project_id: str | None
    title: str
    message: str
    remedy: str
    link: str | None
    count: int
    opened_at: datetime
    #: When the newest of what is counted came.
    last_at: datetime
    #: Since when the cause is not seen any more; None while it is.
    gone_since: datetime | None
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


_COLUMNS = [_alerts[field.name] for field in fields(Alert)]


def listing(
    connection: sa.Connection,
    *,
    opened: bool = True,
    closed: bool = False,
    project: str | None = None,
    below: int | None = None,
    limit: int = 100,
) -> list[Alert]:
    """Open alerts, newest first; with `closed` those that are over too. Those of one project, or with lower ids."""
    query = sa.select(*_COLUMNS).order_by(_alerts.id.desc()).limit(limit)
    if not closed:
        query = query.where(_alerts.closed_at.is_(None))
    if not opened:
        query = query.where(_alerts.closed_at.is_not(None))
    if project is not None:
        query = query.where(_alerts.project_id == project)
    if below is not None:
        query = query.where(_alerts.id < below)
    return [Alert(**row._mapping) for row in connection.execute(query)]


def ended(connection: sa.Connection, *, since: datetime) -> list[tuple[str, str | None]]:
    """Cause and project of the alerts that were closed since, since they were over."""
    rows = connection.execute(sa.select(*_COLUMNS).where(_alerts.closed_at > since))
    closed = [Alert(**row._mapping) for row in rows]
    return [(alert.cause, alert.project_id) for alert in closed if _is_old(alert) is None]


def get(connection: sa.Connection, alert_id: int) -> Alert:
    """One alert. Raises LookupError."""
    row = connection.execute(sa.select(*_COLUMNS).where(_alerts.id == alert_id)).one_or_none()
    if row is None:
        raise LookupError(f"there is no alert {alert_id}")
    return Alert(**row._mapping)


def acknowledge(connection: sa.Connection, alert_id: int, by: str, *, now: datetime) -> bool:
    """Keep that a person knows of it: it is told again only when more of it comes. False when it is closed.

    A failed run is over with that: nothing else would close it. Raises LookupError.
    """
    alert = get(connection, alert_id)
    values: dict[str, object] = {"acknowledged_at": now, "acknowledged_by": by}
    if _kind(alert.cause) == Kind.RUN.value:
        values["closed_at"] = now
    changed = connection.execute(
        sa.update(alerts).where(_alerts.id == alert_id, _alerts.closed_at.is_(None)).values(**values)
    )
    if changed.rowcount:
        outbox.withdraw(connection, alert_id)
    return changed.rowcount == 1


def keep(
    engine: sa.Engine, settings: Settings, found: Iterable[Cause], kinds: Collection[Kind], *, now: datetime
) -> None:
    """Bring the open alerts of these kinds to what was found now.

    It writes only what changed; several at once do no harm.
    """
    by_key = {cause.key: cause for cause in found}
    with reading(engine) as connection:
        known = {alert.cause: alert for alert in _open_of(connection, kinds)}
    new = [cause for key, cause in by_key.items() if key not in known]
    changed = [(alert, by_key.get(key)) for key, alert in known.items() if _differs(alert, by_key.get(key), now)]
    if not new and not changed:
        return
    with writing(engine) as connection:
        for cause in new:
            _open(connection, settings, cause, now=now)
        for alert, seen in changed:
            if seen is not None:
                _seen_again(connection, settings, alert, seen, now=now)
            else:
                _not_seen(connection, settings, alert, now=now)


def happened(engine: sa.Engine, settings: Settings, cause: Cause, *, now: datetime) -> None:
    """Count one more of something that happens, rather than is: it stays until `over` or a person ends it."""
    with writing(engine) as connection:
        if _open(connection, settings, cause, now=now):
            return
        query = sa.select(*_COLUMNS).where(_alerts.cause == cause.key, _alerts.closed_at.is_(None)).with_for_update()
        row = connection.execute(query).one_or_none()
        if row is not None:
            alert = Alert(**row._mapping)
            _update(connection, settings, alert, cause, count=alert.count + 1, last_at=now, now=now)


def over(engine: sa.Engine, settings: Settings, keys: Collection[str], *, now: datetime) -> None:
    """Close the alerts with these causes at once."""
    with writing(engine) as connection:
        query = sa.select(*_COLUMNS).where(_alerts.cause.in_(keys), _alerts.closed_at.is_(None))
        for row in connection.execute(query).all():
            _close(connection, settings, Alert(**row._mapping), now=now)


def open_keys(connection: sa.Connection) -> set[str]:
    """The causes of all open alerts."""
    return set(connection.scalars(sa.select(_alerts.cause).where(_alerts.closed_at.is_(None))))


def _open_of(connection: sa.Connection, kinds: Collection[Kind]) -> list[Alert]:
    rows = connection.execute(sa.select(*_COLUMNS).where(_alerts.closed_at.is_(None)))
    wanted = {kind.value for kind in kinds}
    return [alert for alert in (Alert(**row._mapping) for row in rows) if _kind(alert.cause) in wanted]


def _kind(cause: str) -> str:
    return cause.partition(":")[0]


def _differs(alert: Alert, cause: Cause | None, now: datetime) -> bool:
    """Whether there is anything to write of an open alert."""
    if cause is None:
        return alert.gone_since is None or now - alert.gone_since >= GONE_FOR
    said = (alert.title, alert.message, alert.remedy, alert.link, alert.count)
    # The room on a disk is another one every minute: not worth a write.
    same = alert.title == cause.title if cause.kind is Kind.DISK else said == _said(cause)
    newer = cause.last_at is not None and cause.last_at > alert.last_at
    return not same or newer or alert.gone_since is not None


def _said(cause: Cause) -> tuple[str, str, str, str | None, int]:
    return cause.title, cause.message, cause.remedy, cause.link, cause.count


def _open(connection: sa.Connection, settings: Settings, cause: Cause, *, now: datetime) -> bool:
    """Open an alert and its messages; False when one is open already."""
    alert_id = connection.scalar(
        insert_into(connection, alerts)
        .values(
            cause=cause.key,
            project_id=cause.project_id,
            title=cause.title,
            message=cause.message,
            remedy=cause.remedy,
            link=cause.link,
            count=cause.count,
            opened_at=now,
            last_at=cause.last_at or now,
        )
        .on_conflict_do_nothing(index_elements=["cause"], index_where=_alerts.closed_at.is_(None))
        .returning(_alerts.id)
    )
    if alert_id is None:
        return False
    _tell(connection, settings, int(alert_id), cause, now=now)
    return True


def _tell(connection: sa.Connection, settings: Settings, alert_id: int, cause: Cause, *, now: datetime) -> None:
    body = "\n\n".join(filter(None, [cause.message, f"What to do: {cause.remedy}", cause.link]))
    to = channels.told_of(settings, cause.key, cause.project_id)
    outbox.put(connection, settings, "open", cause.title, body, alert_id=alert_id, to=to, now=now)


def _seen_again(connection: sa.Connection, settings: Settings, alert: Alert, cause: Cause, *, now: datetime) -> None:
    _update(connection, settings, alert, cause, count=cause.count, last_at=cause.last_at or alert.last_at, now=now)


def _update(
    connection: sa.Connection,
    settings: Settings,
    alert: Alert,
    cause: Cause,
    *,
    count: int,
    last_at: datetime,
    now: datetime,
) -> None:
    """Say anew what there is; tell it again only where more came after a person had taken note of it."""
    more = alert.acknowledged_at is not None and last_at > alert.acknowledged_at
    values: dict[str, object] = {
        "title": cause.title,
        "message": cause.message,
        "remedy": cause.remedy,
        "link": cause.link,
        "count": count,
        "last_at": last_at,
        "gone_since": None,
    }
    if more:
        values |= {"acknowledged_at": None, "acknowledged_by": None}
    still = [_alerts.id == alert.id, _alerts.closed_at.is_(None)]
    if more:  # of two that see it at once, one tells
        still.append(_alerts.acknowledged_at == alert.acknowledged_at)
    changed = connection.execute(sa.update(alerts).where(*still).values(**values))
    if more and changed.rowcount == 1:
        _tell(connection, settings, alert.id, cause, now=now)


def _not_seen(connection: sa.Connection, settings: Settings, alert: Alert, *, now: datetime) -> None:
    if alert.gone_since is None:
        connection.execute(
            sa.update(alerts).where(_alerts.id == alert.id, _alerts.closed_at.is_(None)).values(gone_since=now)
        )
    else:
        _close(connection, settings, alert, now=now)


def _close(connection: sa.Connection, settings: Settings, alert: Alert, *, now: datetime) -> None:
    closed = connection.execute(
        sa.update(alerts).where(_alerts.id == alert.id, _alerts.closed_at.is_(None)).values(closed_at=now)
    )
    # Who was not told that it began is not told that it is over.
    if closed.rowcount == 1 and (told := outbox.withdraw(connection, alert.id)):
        title, what_now = f"Over: {alert.title}", "There is nothing to do."
        if (told_for := _is_old(alert)) is not None:
            title = f"No longer told: {alert.title}"
            what_now = f"Nothing of it is new for {told_for.days} days. What is still so: twitter-pipeline status"
        body = f"It began at {alert.opened_at:%Y-%m-%d %H:%M} UTC. {what_now}"
        outbox.put(connection, settings, "over", title, body, alert_id=alert.id, to=told, now=now)


def _is_old(alert: Alert) -> timedelta | None:
    """How long such a cause is told, where it is gone since that has passed: it may be as it was; None otherwise."""
    told_for = TOLD_FOR.get(_kind(alert.cause))
    if told_for is None or alert.gone_since is None or alert.gone_since - alert.last_at < told_for:
        return None
    return told_for
