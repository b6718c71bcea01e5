"""The look of every minute, in a thread of the API's process: measure, keep, follow the alarms, tell, ease.

It ends with its process, and outlives a database that is away. Of several processes each minute is one's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.monitoring import alarms, easing, measures, telling
from twitter_pipeline.monitoring.measuring import Sources, look
from twitter_pipeline.store.engine import reading, writing

_log = logging.getLogger(__name__)

#: Seconds between looks.
EVERY = 60.0


class Monitoring:
    """Looks from `begin` until its process ends, or `end`."""

    def __init__(self, engine: sa.Engine, settings: Callable[[], Settings], sources: Sources) -> None:
        self._engine = engine
        #: Those in force: config.yaml may change meanwhile.
        self._settings = settings
        self._sources = sources
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="monitoring", daemon=True)
        self._cost: float | None = None
        self._said = ""

    def begin(self) -> None:
        """Look now, and at the beginning of every minute from then on."""
        self._thread.start()

    def end(self) -> None:
        """No more looks."""
        self._over.set()

    def tick(self, now: datetime) -> bool:
        """One look; False when its minute is somebody else's. Raises what the database raises while it is away."""
        began, settings = time.thread_time(), self._settings()
        minute, started = now.replace(second=0, microsecond=0), time.perf_counter()
        with writing(self._engine) as connection:
            if not measures.take(connection, minute):
                return False
        written = time.perf_counter() - started
        found = look(self._engine, settings, self._sources, now)
        found.put("database_seconds", {"write": written})
        if self._cost is not None:
            found.put("monitoring_seconds", self._cost)
        with writing(self._engine) as connection:
            measures.keep(connection, minute, found.values)
            measures.roll_up(connection, now, settings.monitoring.history)
            alarms.follow_up(connection, settings, found, now)
            alarms.forget(connection, now - settings.monitoring.history)
        with reading(self._engine) as connection:
            is_open = alarms.open_now(connection)
        telling.tell_alarms(self._engine, settings, is_open, now=now)
        if found.off is not None:
            telling.tell_switched_off(self._engine, settings, found.off, now=now)
        easing.apply(self._engine, settings, is_open, now)
        self._cost = time.thread_time() - began
        return True

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                self.tick(utc_now())
                self._said = ""
            except Exception as error:  # noqa: BLE001 - a look aside ends nothing
                cause = getattr(error, "orig", error)
                # A database that is away says so in several ways.
                if type(cause).__name__ != self._said:
                    self._said = type(cause).__name__
                    _log.warning("nothing was measured; tried again in a minute: %s", cause)
            self._over.wait(EVERY - time.time() % EVERY)
