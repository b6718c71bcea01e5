"""Alerts while `up` runs: looked for every minute, in a thread, since sending may take long.

It sees what no sensor can: that Dagster's daemon, which ticks the sensors, is gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from twitter_pipeline.alerting import keeping, tick
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.cli.up import dagster_api
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings

_log = logging.getLogger(__name__)

#: Seconds between looks.
EVERY = 60.0
#: A daemon that shows no life for so long, in seconds, is gone: it does so every half minute, and `up` starts it again.
GONE_AFTER = 180.0
#: How long the end of `up` waits for a look under way, in seconds.
LAST_WAIT = 2.0


class Alerts:
    """Looks from `begin` to `end`."""

    def __init__(self, engine: sa.Engine, settings: Callable[[], Settings]) -> None:
        self._engine = engine
        #: Those in force: config.yaml may change meanwhile.
        self._settings = settings
        self._began = utc_now()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)
        self._said = ""

    def begin(self) -> None:
        """From now on the sensors can be expected to tick."""
        self._began = utc_now()
        self._thread.start()

    def end(self, *, tell: bool) -> None:
        """No more looks; with `tell` a last one, for what happened since: nobody stays to do it."""
        self._over.set()
        if not self._thread.is_alive():
            return
        self._thread.join(LAST_WAIT)
        if tell and not self._thread.is_alive():
            self._tick(self._settings())

    def _work(self) -> None:
        while not self._over.is_set():
            self._tick(self._settings())
            self._over.wait(EVERY)

    def _tick(self, settings: Settings) -> None:
        try:
            look_at_daemon(self._engine, settings)
            tick.tick(self._engine, settings, now=utc_now(), running_since=self._began)
            self._said = ""
        except Exception as error:  # noqa: BLE001 - a look aside ends nothing
            if repr(error) != self._said:
                self._said = repr(error)
                _log.warning("alerts were not looked for; tried again in a minute: %s", getattr(error, "orig", error))


def look_at_daemon(engine: sa.Engine, settings: Settings) -> None:
    """Keep an alert while Dagster's daemon shows no life; while the webserver does not answer, nothing is known."""
    try:
        gone = dagster_api.daemons_without_heartbeat(settings.dagster.url, since=time.time() - GONE_AFTER)
    except dagster_api.DagsterAway:
        return
    cause = Cause(
        Kind.DAEMON,
        "dagster",
        "Dagster's daemon is gone: nothing is found or posted",
        f"It has shown no life for {GONE_AFTER / 60:.0f} minutes ({', '.join(gone)}).",
        f"See {settings.home / 'logs' / 'daemon.log'}; a restart helps: Ctrl-C, then make run",
        f"{settings.dagster.url}/deployment/daemons",
    )
    keeping.keep(engine, settings, [cause] if gone else [], {Kind.DAEMON}, now=utc_now())
