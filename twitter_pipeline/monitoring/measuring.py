"""A look at everything: each part measured once, and what could not be told from what is not there."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psutil
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring import processes, work
from twitter_pipeline.store import x_limits
from twitter_pipeline.store.engine import reading

#: An SQLite database below this size, in bytes, may have as many free pages as it likes.
SMALL = 20_000_000
#: Connections that a pool opens when all that it keeps are in use: SQLAlchemy's default.
_OVERFLOW = 10


@dataclass(frozen=True)
class Answers:
    """What the API answered since it was asked last."""

    #: How long each GET took, in seconds.
    seconds: tuple[float, ...]
    #: How many by class of status, such as "2xx".
    by_status: Mapping[str, int]


@dataclass(frozen=True)
class Automation:
    """How Dagster's sensors and schedules stand."""

    #: Seconds without a tick beyond the interval, by sensor that is on; None: nothing ticks them.
    lag: Mapping[str, float] | None
    #: What is switched off.
    off: Collection[str]


@dataclass(frozen=True)
class Sources:
    """Where a look learns what neither the database nor the machine says."""

    #: None: nobody knows.
    automation: Callable[[], Automation | None]
    answers: Callable[[], Answers]
    #: What stands in the command line of our launcher and all that it forks.
    marker: str


@dataclass
class Look:
    """What one look found."""

    values: dict[tuple[str, str], float] = field(default_factory=dict)
    #: Measures that nobody could take: nothing of them is known, rather than that nothing is there.
    unknown: set[str] = field(default_factory=set)
    #: Sensors and schedules that are switched off; None: nobody knows.
    off: Collection[str] | None = None

    def put(self, name: str, values: Mapping[str, float] | float) -> None:
        """Add a measure, by scope where there are several."""
        by_scope = values if isinstance(values, Mapping) else {"": values}
        self.values |= {(name, scope): float(value) for scope, value in by_scope.items()}


def look(engine: sa.Engine, settings: Settings, sources: Sources, now: datetime) -> Look:
    """Look at everything. Raises what the database raises while it is away."""
    found = Look()
    minute = now.replace(second=0, microsecond=0)  # what happened is counted by whole minutes, so that each counts once
    _memory(found, settings, sources.marker)
    began = time.perf_counter()
    with reading(engine) as connection:
        connection.execute(sa.text("SELECT 1"))
        found.put("database_seconds", {"read": time.perf_counter() - began})
        _connections(found, engine, connection)
        _free_pages(found, connection)
        found.put("step_seconds", work.step_seconds(connection, minute))
        found.put("errors", work.errors(connection, minute))
        found.put("errors_percent", work.errors_percent(connection, now))
        queue = work.queue(connection, settings, now)
        found.put("queue_depth", queue.depth)
        found.put("queue_age", queue.age)
        found.put("scan_seconds", work.scan_seconds(connection, settings))
        found.put("x_remaining_percent", x_limits.remaining(connection, now))
    _answers(found, sources.answers())
    _automation(found, sources.automation())
    try:
        usage = shutil.disk_usage(settings.home)
        found.put("disk_free_percent", 100 * usage.free / usage.total)
    except OSError:
        found.unknown.add("disk_free_percent")
    return found


def _automation(found: Look, automation: Automation | None) -> None:
    if automation is None or automation.lag is None:
        found.unknown.add("sensor_lag")
    else:
        found.put("sensor_lag", automation.lag)
    if automation is not None:
        found.off = automation.off


def _memory(found: Look, settings: Settings, marker: str) -> None:
    try:
        used = processes.memory(settings.home, marker)
        found.put("memory_percent", processes.machine_percent())
    except (psutil.Error, OSError):
        found.unknown |= {"memory", "memory_percent", "runs"}
        return
    found.put("memory", {**used.by_process, "": used.whole})
    found.put("runs", used.runs)


def _connections(found: Look, engine: sa.Engine, connection: sa.Connection) -> None:
    pool = engine.pool
    if isinstance(pool, QueuePool):
        # Not counting the one that looks.
        open_now = max(0, pool.checkedout() - 1)
        found.put("database_connections", {"pool": open_now})
        found.put("database_connections_percent", {"pool": 100 * open_now / (pool.size() + _OVERFLOW)})
    if engine.dialect.name == "postgresql":
        count, most = connection.execute(
            sa.text(
                "SELECT (SELECT sum(numbackends) FROM pg_stat_database WHERE datname IS NOT NULL),"
                " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            )
        ).one()
        found.put("database_connections", {"server": count})
        found.put("database_connections_percent", {"server": 100 * float(count) / most})


def _free_pages(found: Look, connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    pages, free, size = (
        connection.scalar(sa.text(f"PRAGMA {what}")) for what in ("page_count", "freelist_count", "page_size")
    )
    found.put("sqlite_free_percent", 100 * free / pages if pages * size >= SMALL else 0)


def _answers(found: Look, answers: Answers) -> None:
    found.put("api_requests", answers.by_status)
    if answers.seconds:
        ordered = sorted(answers.seconds)
        percentiles = {"p50": 0.5, "p95": 0.95}
        found.put(
            "api_response_seconds",
            {name: ordered[min(len(ordered) - 1, int(part * len(ordered)))] for name, part in percentiles.items()},
        )
