"""The run coordinator named in dagster.yaml: how many runs work at once. Dagster's daemon asks it every second."""

from __future__ import annotations

import functools
import logging
import time

import sqlalchemy as sa
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator, RunQueueConfig

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError, current
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import FEWER_RUNS
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.opening import engine_of
from twitter_pipeline.store.schema import SchemaError

_log = logging.getLogger(__name__)

#: Seconds between looks at what is eased.
EVERY = 5.0


class EasedRunCoordinator(QueuedRunCoordinator):
    """Dagster's own, with fewer runs at once while memory or database connections are short.

    What cannot be asked eases nothing: as many runs as dagster.yaml says.
    """

    _look_again = 0.0
    _eased: int | None = None
    _said = ""

    def get_run_queue_config(self) -> RunQueueConfig:
        """As dagster.yaml says, or less."""
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + EVERY
            self._eased = self._look()
        config = super().get_run_queue_config()
        if self._eased is None:
            return config
        return config._replace(max_concurrent_runs=min(config.max_concurrent_runs, max(1, self._eased)))

    def _look(self) -> int | None:
        try:
            with reading(self._engine) as connection:
                easing = easings.in_force(connection, FEWER_RUNS, now=utc_now())
        except (ConfigError, SchemaError, sa.exc.SQLAlchemyError) as error:
            if repr(error) != self._said:
                self._said = repr(error)
                _log.warning("what is eased is not known: %s", getattr(error, "orig", error))
            return None
        self._said = ""
        return None if easing is None else easing.level

    @functools.cached_property
    def _engine(self) -> sa.Engine:
        return engine_of(current())
