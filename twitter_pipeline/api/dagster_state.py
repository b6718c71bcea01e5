"""How Dagster stands, asked once for all who want to know: its daemons, sensors and schedules."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from twitter_pipeline.config import Settings
from twitter_pipeline.launching.graphql import REPOSITORY, DagsterAway, ask

#: Seconds for Dagster to answer.
_PATIENCE = 2.0
#: Daemons show life every half minute.
_BEAT_AGE = 120.0
#: Ticks that found nothing to do are kept so long (`defs.retention`): without any, none has gone well since.
_GOOD_TICKS_KEPT = 6 * 3600.0

_QUERY = """query ($repository: RepositorySelector!) {
  instance { daemonHealth { allDaemonStatuses { daemonType required lastHeartbeatTime } } }
  sensorsOrError(repositorySelector: $repository) { ... on Sensors { results {
    name minIntervalSeconds sensorState { status
      good: ticks(limit: 1, statuses: [SUCCESS, SKIPPED]) { timestamp }
      failed: ticks(limit: 1, statuses: [FAILURE]) { timestamp } } } } }
  schedulesOrError(repositorySelector: $repository) { ... on Schedules { results {
    name scheduleState { status } } } } }"""


@dataclass(frozen=True)
class DagsterState:
    """How Dagster stands."""

    #: Daemons without a sign of life.
    silent: tuple[str, ...]
    #: Sensors and schedules that are switched off.
    off: tuple[str, ...]
    #: Seconds without a tick that went well, beyond its interval, of each sensor that is on.
    lag: dict[str, float]


def look(settings: Settings) -> DagsterState:
    """Ask Dagster. Raises DagsterAway."""
    said = ask(settings.dagster.url, _QUERY, {"repository": REPOSITORY}, timeout=_PATIENCE)
    now = time.time()
    try:
        daemons = said["instance"]["daemonHealth"]["allDaemonStatuses"]
        sensors = said["sensorsOrError"]["results"]
        schedules = said["schedulesOrError"]["results"]
        return DagsterState(
            silent=tuple(
                sorted(
                    one["daemonType"].lower()
                    for one in daemons
                    if one["required"] and now - (one["lastHeartbeatTime"] or 0) > _BEAT_AGE
                )
            ),
            off=tuple(
                sorted(
                    [one["name"] for one in sensors if one["sensorState"]["status"] != "RUNNING"]
                    + [one["name"] for one in schedules if one["scheduleState"]["status"] != "RUNNING"]
                )
            ),
            lag={one["name"]: _lag(one, now) for one in sensors if one["sensorState"]["status"] == "RUNNING"},
        )
    except (KeyError, TypeError) as error:
        raise DagsterAway(f"Dagster answers with something else: {error!r}") from error


def _lag(sensor: dict[str, Any], now: float) -> float:
    good, failed = sensor["sensorState"]["good"], sensor["sensorState"]["failed"]
    if good:
        return max(0.0, now - float(good[0]["timestamp"]) - float(sensor["minIntervalSeconds"]))
    # One that has never ticked has just been switched on.
    return _GOOD_TICKS_KEPT if failed else 0.0
