"""What was measured: a row a minute for two days, then by hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from twitter_pipeline.store.inserting import insert_into
from twitter_pipeline.store.tables import measures, measures_hourly, monitoring_state

#: A measure of something, such as ("memory", "daemon"), and its value.
Values = Mapping[tuple[str, str], float]

#: What is measured, in which unit, and of what.
MEASURES = {
    "memory": "Bytes of memory, shared pages shared out (PSS): by process, of runs the largest; without a scope all",
    "memory_percent": "Memory of the machine, or the container, in use, in percent",
    "runs": "Processes of runs",
    "database_connections": "Open connections: of the API's pool, of the PostgreSQL server",
    "database_connections_percent": "The same, of those there may be, in percent",
    "database_seconds": "How long the smallest reading and writing took",
    "step_seconds": "How long a step took: the mean of the runs that posted in the minute before",
    "api_response_seconds": "How long the API took for a GET since the last look: p50, p95",
    "api_requests": "Answers of the API since the last look, by class of status",
    "errors": "What went wrong in the minute before: tried (again at once), back_off, fail, lose_track",
    "errors_percent": "Tries to post that failed, of those of the last 15 minutes, in percent, by account",
    "queue_depth": "Items that are due, by project; without a scope of all",
    "queue_age": "Seconds that the oldest item that is due, and not held back, has been so, by project",
    "scan_seconds": "How long the last whole scan took, in all its pieces, by project",
    "sensor_lag": "Seconds without a tick beyond a sensor's interval",
    "x_remaining_percent": "Calls that X still lets an account make, in percent, by account, call and window",
    "disk_free_percent": "Room on the disk of the data, in percent",
    "sqlite_free_percent": "Free pages of an SQLite database, in percent; 0 for a small one",
    "monitoring_seconds": "Processor time that the last look took",
}

HOUR = timedelta(hours=1)
#: How long rows by minute are kept.
BY_MINUTE = timedelta(days=2)
#: Values older than this are not current: nobody measures.
CURRENT = timedelta(minutes=3)
#: Rows of one look; a machine gone mad with processes must not fill the disk.
MOST = 1_000

_m, _h, _s = measures.c, measures_hourly.c, monitoring_state.c


@dataclass(frozen=True)
class Point:
    """A value, or an hour of them."""

    scope: str
    #: The minute, or the hour's beginning (aware UTC).
    at: datetime
    value: float
    #: Of an hour: its least and most.
    least: float | None = None
    most: float | None = None


def take(connection: sa.Connection, minute: datetime) -> bool:
    """Take a minute to be measured; False when somebody has it already."""
    return _advance(connection, "measured", minute)


def keep(connection: sa.Connection, minute: datetime, values: Values) -> None:
    """Write down what was measured in a minute that was taken."""
    rows = [
        {"name": name, "scope": scope[:200], "at": minute, "value": value} for (name, scope), value in values.items()
    ]
    if rows:
        connection.execute(insert_into(connection, measures).on_conflict_do_nothing(), rows[:MOST])


def roll_up(connection: sa.Connection, now: datetime, history: timedelta) -> None:
    """Once an hour: the hours that are over, and what is too old goes."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    if not _advance(connection, "rolled_up", this_hour):
        return
    done = connection.scalar(sa.select(sa.func.max(_h.hour)))
    oldest = connection.scalar(sa.select(sa.func.min(_m.at)))
    if oldest is not None:
        first = oldest.replace(minute=0, second=0, microsecond=0)
        hour = first if done is None else max(first, done + HOUR)
        while hour < this_hour:
            connection.execute(_hour(hour))
            hour += HOUR
    connection.execute(sa.delete(measures).where(_m.at < now - BY_MINUTE))
    connection.execute(sa.delete(measures_hourly).where(_h.hour < now - history))


def latest(connection: sa.Connection, now: datetime) -> tuple[datetime | None, Values]:
    """The newest minute with its values; none where nobody has measured lately."""
    at = connection.scalar(sa.select(sa.func.max(_m.at)).where(_m.at > now - CURRENT))
    if at is None:
        return None, {}
    rows = connection.execute(sa.select(_m.name, _m.scope, _m.value).where(_m.at == at))
    return at, {(row.name, row.scope): row.value for row in rows}


def by_minute(
    connection: sa.Connection, name: str, scope: str | None, *, since: datetime, until: datetime, limit: int
) -> list[Point]:
    """The values of a measure, oldest first; `scope` None: of all."""
    where = [_m.name == name, _m.at >= since, _m.at < until, *([] if scope is None else [_m.scope == scope])]
    query = sa.select(_m.scope, _m.at, _m.value).where(*where).order_by(_m.at, _m.scope).limit(limit)
    return [Point(row.scope, row.at, row.value) for row in connection.execute(query)]


def by_hour(
    connection: sa.Connection, name: str, scope: str | None, *, since: datetime, until: datetime, limit: int
) -> list[Point]:
    """The same by hour: mean, least, most."""
    where = [_h.name == name, _h.hour >= since, _h.hour < until, *([] if scope is None else [_h.scope == scope])]
    query = sa.select(_h.scope, _h.hour, _h.mean, _h.least, _h.most).where(*where)
    rows = connection.execute(query.order_by(_h.hour, _h.scope).limit(limit))
    return [Point(*row) for row in rows]


def _advance(connection: sa.Connection, name: str, to: datetime) -> bool:
    """Bring a time forward; False when it is there already: of several who try, one does."""
    moved = connection.execute(sa.update(monitoring_state).where(_s.name == name, _s.at < to).values(at=to))
    if moved.rowcount:
        return True
    first = insert_into(connection, monitoring_state).values(name=name, at=to)
    return connection.execute(first.on_conflict_do_nothing()).rowcount == 1


def _hour(hour: datetime) -> sa.Insert:
    value = _m.value
    rows = (
        sa.select(_m.name, _m.scope, sa.literal(hour, _h.hour.type), sa.func.min(value), sa.func.avg(value))
        .add_columns(sa.func.max(value))
        .where(_m.at >= hour, _m.at < hour + HOUR)
        .group_by(_m.name, _m.scope)
    )
    return sa.insert(measures_hourly).from_select(["name", "scope", "hour", "least", "mean", "most"], rows)
