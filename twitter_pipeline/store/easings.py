"""What is eased now: restrictions that an alarm brings, each bounded, with its reason, and over by itself.

`monitoring.easing` writes them; whoever does what they restrict asks here. None lasts for ever: each has a time at
which it is over unless it is renewed, so that one whose writer died ends, too.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.clock import CLOCKS_DIFFER
from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import easings

_log = logging.getLogger(__name__)

#: At most so many runs at once (`level`). Scope: "".
FEWER_RUNS = "fewer_runs"
#: A project's folder rests so many seconds (`level`) between two scans. Scope: the project.
RARER_SCANS = "rarer_scans"
#: Nothing is posted with an account for so many seconds (`level`); then one item tries X. Scope: the account.
ACCOUNT_RESTS = "account_rests"
#: A process is to be started anew. Scope: the service's name.
RECYCLING = "recycling"
#: The SQLite file is to be vacuumed. Scope: "".
VACUUM = "vacuum"

#: How long those that are over are kept.
KEPT = timedelta(days=90)

_easings = easings.c


@dataclass(frozen=True)
class Easing:
    """A row of `easings`. Times are aware UTC."""

    id: int
    action: str
    #: The project, account or process it is about; "" for the whole.
    scope: str
    #: How much, in the action's own unit.
    level: int
    reason: str
    began_at: datetime
    #: When the level changed last.
    stepped_at: datetime
    #: It is over then, unless it is renewed.
    until: datetime


_COLUMNS = [_easings[field.name] for field in fields(Easing)]


def in_force(
    connection: sa.Connection, action: str, scope: str = "", *, now: datetime, lock: bool = False
) -> Easing | None:
    """The easing that holds now. With `lock`, in a writing transaction, nobody else changes it before that ends."""
    query = sa.select(*_COLUMNS).where(_easings.action == action, _easings.scope == scope, *_holds(now))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else Easing(*row)


def listing(connection: sa.Connection, *, now: datetime, action: str | None = None) -> list[Easing]:
    """All that hold now, or those of one action, oldest first."""
    which = [] if action is None else [_easings.action == action]
    query = sa.select(*_COLUMNS).where(*_holds(now), *which).order_by(_easings.id)
    return [Easing(*row) for row in connection.execute(query)]


def last_began(connection: sa.Connection, action: str, scope: str = "") -> datetime | None:
    """When the last one began (aware UTC), over or not; None when there was none."""
    query = sa.select(sa.func.max(_easings.began_at)).where(_easings.action == action, _easings.scope == scope)
    found: datetime | None = connection.scalar(query)
    return found


def begin(
    connection: sa.Connection, action: str, scope: str, level: int, reason: str, *, now: datetime, until: datetime
) -> bool:
    """Begin one; False, and nothing changed, when there is one already."""
    connection.execute(sa.delete(easings).where(_easings.ended_at < now - KEPT))
    times = {"began_at": now, "stepped_at": now, "until": until}
    began = connection.scalar(
        insert_into(connection, easings)
        .values(action=action, scope=scope, level=level, reason=reason, **times)
        .on_conflict_do_nothing(index_elements=["action", "scope"], index_where=_easings.ended_at.is_(None))
        .returning(_easings.id)
    )
    if began is not None:
        _say("begins", action, scope, level, reason)
    return began is not None


def step(connection: sa.Connection, easing: Easing, level: int, why: str, *, now: datetime, until: datetime) -> None:
    """Change how much it eases."""
    _update(connection, easing, level=level, stepped_at=now, until=until)
    _say("changes", easing.action, easing.scope, level, why)


def renew(connection: sa.Connection, easing: Easing, *, until: datetime) -> None:
    """Let it hold until then."""
    _update(connection, easing, until=until)


def end(connection: sa.Connection, easing: Easing, why: str, *, now: datetime) -> None:
    """End it."""
    if _update(connection, easing, ended_at=now):
        _say("ends", easing.action, easing.scope, easing.level, why)


def lapsed(connection: sa.Connection, *, now: datetime) -> list[Easing]:
    """Those that nobody has renewed, and those from a time that is still to come: their end is not written down yet."""
    is_over = sa.and_(_easings.ended_at.is_(None), sa.not_(sa.and_(*_holds(now))))
    return [Easing(*row) for row in connection.execute(sa.select(*_COLUMNS).where(is_over))]


def _holds(now: datetime) -> list[sa.ColumnElement[bool]]:
    # One that was stepped later than now is of a clock that was ahead: it would last too long.
    return [_easings.ended_at.is_(None), _easings.until > now, _easings.stepped_at <= now + CLOCKS_DIFFER]


def _update(connection: sa.Connection, easing: Easing, **values: object) -> bool:
    still = (_easings.id == easing.id, _easings.ended_at.is_(None))
    return connection.execute(sa.update(easings).where(*still).values(**values)).rowcount == 1


def _say(what: str, action: str, scope: str, level: int, why: str) -> None:
    said = f"easing {what}: {action}{scope and f' of {scope}'}, level {level}: {why}"
    _log.warning(said, extra={"easing": action, "scope": scope})
