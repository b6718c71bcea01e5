"""Easing: what an alarm tells of is made less by itself, within bounds, and undone when it is over.

    alarm            eased by                                             obeys
    memory           half as many runs at once; a process that grew is    launching.run_queue, cli.up.recycling
                     started anew
    database_connections  half as many runs at once                       launching.run_queue
    scan_slow        a project's folder rests between scans               defs.ticks
    errors           an account waits, then one item tries                publishing.holding
    sqlite_fragmented     the file is vacuumed                            (done here)

Each is a row of `easings`, which ends by itself unless it is renewed here every minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.alerting import keeping
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring.actions import Now, account_rests, fewer_runs, rarer_scans, recycling, vacuum
from twitter_pipeline.monitoring.alarms import Alarm
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import ACCOUNT_RESTS, Easing
from twitter_pipeline.store.engine import reading, writing

_log = logging.getLogger(__name__)

#: In this order; what one of them breaks of stops no other.
ACTIONS: tuple[Callable[[Now], None], ...] = (
    fewer_runs.ease,
    rarer_scans.ease,
    account_rests.ease,
    recycling.ease,
    vacuum.ease,
)


def apply(engine: sa.Engine, settings: Settings, open_alarms: Sequence[Alarm], now: datetime) -> None:
    """Do what the open alarms ask for, and undo what no alarm asks for any more. Called every minute.

    With `monitoring.easing: off` everything is undone. Never raises: what fails is logged, and tried again.
    """
    state = Now(engine, settings, open_alarms, now)
    for act in (_tidy, *(ACTIONS if settings.monitoring.easing else ()), _tell):
        try:
            act(state)
        except Exception:  # noqa: BLE001 - said, and no other action waits for it
            _log.exception("easing: %s failed; tried again in a minute", act.__module__.rpartition(".")[2])


def _tidy(now: Now) -> None:
    """Write down the end of what was not renewed; of everything, where easing is off."""
    with reading(now.engine) as connection:
        over = [(easing, "its time is over") for easing in easings.lapsed(connection, now=now.at)]
        if not now.settings.monitoring.easing:
            in_force = easings.listing(connection, now=now.at)
            over += [(easing, "monitoring.easing is off") for easing in in_force]
    for easing, why in over:
        with writing(now.engine) as connection:  # for each (`store.breaker`)
            _undo(connection, easing, why, now)


def _undo(connection: sa.Connection, easing: Easing, why: str, now: Now) -> None:
    if easing.action == ACCOUNT_RESTS:
        account_rests.undo(connection, easing, why, now)
    easings.end(connection, easing, why, now=now.at)


def _tell(now: Now) -> None:
    """A person should know that an account rests; of the other causes the alarm itself tells."""
    with reading(now.engine) as connection:
        resting = easings.listing(connection, now=now.at, action=ACCOUNT_RESTS)
    causes = [
        Cause(
            Kind.RESTING,
            easing.scope,
            f"account {easing.scope} rests: {easing.reason.partition(',')[0]}",
            f"{easing.reason}. What waits loses nothing, and goes out when X answers.",
            f"Nothing, if X is down. To try at once: twitter-pipeline resume --account {easing.scope}",
        )
        for easing in resting
    ]
    keeping.keep(now.engine, now.settings, causes, {Kind.RESTING}, now=now.at)
