"""Messages on their way: each to each channel, until the other side has taken it.

A try is written down before it is made, and so is when the next one is due: whoever dies in between has the message
sent again then, once more than needed at worst. Two processes never send the same one at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.alerting import sending
from twitter_pipeline.alerting.channels import channels, for_all
from twitter_pipeline.alerting.quiet import not_before
from twitter_pipeline.config import Settings
from twitter_pipeline.config.secrecy import redacted_for_log
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.tables import alert_outbox

_log = logging.getLogger(__name__)

#: A second try follows after so long, each later one after twice as long, up to the last.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
#: What could not be sent for so long is no news any more.
TRIED_FOR = timedelta(days=7)
#: What was sent is kept so long.
KEPT_FOR = timedelta(days=30)
#: Messages sent in one go; each takes a second or so.
MOST = 20

_outbox = alert_outbox.c


@dataclass(frozen=True)
class Message:
    """A row that is due."""

    id: int
    channel: str
    title: str
    body: str
    created_at: datetime
    tries: int


#: Sends (address, title, body) in turn: for each in its order None when it was taken, or why not.
Send = Callable[[Sequence[tuple[str, str, str]]], Iterator[str | None]]


def put(
    connection: sa.Connection,
    settings: Settings,
    about: str,
    title: str,
    body: str,
    *,
    now: datetime,
    alert_id: int | None = None,
    to: Collection[str] | None = None,
) -> None:
    """Put a message beside what it tells of, in the same transaction: to these channels, or all of `alerts.urls`."""
    mode = "[sandbox] " if settings.mode == "sandbox" else ""
    rows = [
        {
            "alert_id": alert_id,
            "about": about,
            "channel": channel,
            "title": f"{mode}{title}",
            "body": body,
            "created_at": now,
            "next_at": not_before(settings.alerts, now),
        }
        for channel in channels(settings)
        if channel in (for_all(settings) if to is None else to)
    ]
    if rows:
        connection.execute(sa.insert(alert_outbox), rows)


def withdraw(connection: sa.Connection, alert_id: int) -> set[str]:
    """Take back what was not sent of an alert that needs nobody any more; the channels that were told of it."""
    of_alert = [_outbox.alert_id == alert_id, _outbox.about == "open"]
    # Tried and not heard of: it may have arrived.
    told = sa.or_(_outbox.sent_at.is_not(None), sa.and_(_outbox.tries > 0, _outbox.error.is_(None)))
    channels = set(connection.scalars(sa.select(_outbox.channel).where(*of_alert, told)))
    connection.execute(sa.delete(alert_outbox).where(*of_alert, _outbox.sent_at.is_(None)))
    return channels


def deliver(engine: sa.Engine, settings: Settings, *, now: datetime, send: Send = sending.send) -> int:
    """Send what is due; how many were taken. A channel that takes one not is left alone for this time."""
    addresses = channels(settings)
    if not (due := _due(engine, now)):
        return 0
    mine = [message for message in due if _take(engine, message, message.channel in addresses, now)]
    taken = 0
    results = send([(addresses[message.channel], message.title, message.body) for message in mine])
    for message, why_not in zip(mine, results, strict=False):
        _keep(engine, message, why_not, now)
        taken += why_not is None
    return taken


def _due(engine: sa.Engine, now: datetime) -> list[Message]:
    query = (
        sa.select(_outbox.id, _outbox.channel, _outbox.title, _outbox.body, _outbox.created_at, _outbox.tries)
        .where(_outbox.sent_at.is_(None), _outbox.next_at <= now)
        .order_by(_outbox.next_at, _outbox.id)
        .limit(MOST)
    )
    with reading(engine) as connection:
        return [Message(**row._mapping) for row in connection.execute(query)]


def _take(engine: sa.Engine, message: Message, wanted: bool, now: datetime) -> bool:
    """Write down that it is tried now; False when somebody else does, or nobody wants it any more."""
    where = [_outbox.id == message.id, _outbox.tries == message.tries, _outbox.sent_at.is_(None)]
    with writing(engine) as connection:
        if not wanted or message.created_at < now - TRIED_FOR:
            connection.execute(sa.delete(alert_outbox).where(*where))
            _log.warning("an alert was not sent, and is not tried any more: %s", message.title)
            return False
        wait = min(FIRST_WAIT * 2 ** min(message.tries, 10), LONGEST_WAIT)
        changed = connection.execute(
            sa.update(alert_outbox).where(*where).values(tries=message.tries + 1, next_at=now + wait, error=None)
        )
    return changed.rowcount == 1


def _keep(engine: sa.Engine, message: Message, why_not: str | None, now: datetime) -> None:
    said = None if why_not is None else redacted_for_log(why_not)
    with writing(engine) as connection:
        connection.execute(
            sa.update(alert_outbox)
            .where(_outbox.id == message.id)
            .values(error=said, **({"sent_at": now} if said is None else {}))
        )
    if said is not None:
        _log.warning("an alert was not taken by %s, and is sent again later: %s", message.channel, said)


@dataclass(frozen=True)
class Unsent:
    """A message that was not taken yet. Times are aware UTC."""

    channel: str
    title: str
    created_at: datetime
    tries: int
    next_at: datetime
    #: Why the last try failed.
    error: str | None


def unsent(connection: sa.Connection) -> list[Unsent]:
    """What is still to be sent, oldest first; of much the first hundred."""
    columns = (_outbox.channel, _outbox.title, _outbox.created_at, _outbox.tries, _outbox.next_at, _outbox.error)
    query = sa.select(*columns).where(_outbox.sent_at.is_(None)).order_by(_outbox.id).limit(100)
    return [Unsent(**row._mapping) for row in connection.execute(query)]


def prune(connection: sa.Connection, *, now: datetime) -> None:
    """Forget what was sent long ago."""
    connection.execute(sa.delete(alert_outbox).where(_outbox.sent_at < now - KEPT_FOR))
