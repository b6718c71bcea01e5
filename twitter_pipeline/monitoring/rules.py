"""Which measure is held against which threshold, and what an alarm says to people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from twitter_pipeline.config import Settings
from twitter_pipeline.config.monitoring import MonitoringSettings
from twitter_pipeline.monitoring.measures import Values


@dataclass(frozen=True)
class Rule:
    """One threshold. An alarm may have several rules, for different scopes."""

    alarm: str
    measure: str
    #: In the measure's unit.
    threshold: Callable[[Settings], float]
    #: The alarm's scope for one of the measure; None: the rule is not about it.
    scope: Callable[[str], str | None] = lambda scope: scope
    #: Whether the threshold is a least.
    downward: bool = False

    def values(self, values: Values) -> Iterator[tuple[str, float]]:
        """The measured values it is about, by the alarm's scope."""
        for (name, scope), value in values.items():
            if name == self.measure and (of := self.scope(scope)) is not None:
                yield of, value


def _ours(threshold: Callable[[MonitoringSettings], float]) -> Callable[[Settings], float]:
    return lambda settings: threshold(settings.monitoring)


def _named(scope: str) -> str | None:
    return scope or None


RULES = (
    Rule("memory", "memory_percent", _ours(lambda at: at.memory_percent)),
    Rule("memory", "memory", _ours(lambda at: at.process_memory_mb * 1e6), _named),
    Rule("database_connections", "database_connections_percent", _ours(lambda at: at.database_connections_percent)),
    Rule("database_slow", "database_seconds", _ours(lambda at: at.database_slow.total_seconds())),
    Rule(
        "api_slow",
        "api_response_seconds",
        _ours(lambda at: at.api_slow.total_seconds()),
        lambda scope: "" if scope == "p95" else None,
    ),
    Rule("errors", "errors_percent", _ours(lambda at: at.errors_percent)),
    Rule("queue_age", "queue_age", _ours(lambda at: at.queue_age.total_seconds())),
    Rule("queue_depth", "queue_depth", _ours(lambda at: at.queue_depth), lambda scope: None if scope else ""),
    Rule("sensor_lag", "sensor_lag", _ours(lambda at: at.sensor_lag.total_seconds())),
    Rule("scan_slow", "scan_seconds", _ours(lambda at: at.scan_slow.total_seconds())),
    Rule(
        "x_limit",
        "x_remaining_percent",
        _ours(lambda at: at.x_limit_percent),
        lambda scope: scope.partition(" ")[0],
        downward=True,
    ),
    Rule("disk", "disk_free_percent", lambda settings: settings.alerts.disk_free_percent, downward=True),
    Rule("sqlite_fragmented", "sqlite_free_percent", _ours(lambda at: at.sqlite_fragmented_percent)),
)

#: What an alarm is, and what to do about it.
WORDS = {
    "memory": (
        "memory is short",
        "Give the machine more of it, or lower dagster.max_concurrent_runs; a process that grew is new after a restart",
    ),
    "database_connections": (
        "nearly all database connections are in use",
        "Look what else uses the server, or raise its max_connections",
    ),
    "database_slow": ("the database is slow", "Look at its disk, and at what else is busy on its machine"),
    "api_slow": ("the API is slow", "Look at the database, and at who asks so much: logs/api.log"),
    "errors": (
        "nearly all tries to post fail",
        "twitter-pipeline log ITEM says why; X's own state is told at https://docs.x.com/status",
    ),
    "queue_age": (
        "items are due for long and not posted",
        "Do runs begin and end? Dagster's page of runs tells; dagster.max_concurrent_runs lets more work at once",
    ),
    "queue_depth": (
        "many items are due",
        "They go out one after the other; pace the project with min_interval, or leave out an archive: ignore_before",
    ),
    "sensor_lag": ("sensors do not tick, or only fail", "Its last tick, or logs/daemon.log, says what is wrong"),
    "scan_slow": (
        "scans are slow",
        "Is the folder on a slow disk or a network share? Move what was posted out of it: after_post",
    ),
    "x_limit": ("one of X's limits is nearly used up", "Posting waits by itself; pace the projects with max_per_day"),
    "disk": ("the disk is almost full", "Make room"),
    "sqlite_fragmented": (
        "much of the database's file is free space",
        "Nothing while monitoring.easing is on: the file is packed by itself",
    ),
}
