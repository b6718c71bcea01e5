"""What the handlers of all requests share: the settings in force, the database, what was launched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

import sqlalchemy as sa

from twitter_pipeline.api.launched import Launched
from twitter_pipeline.api.looking import Looker
from twitter_pipeline.api.metrics import Metrics
from twitter_pipeline.api.scans import Scans
from twitter_pipeline.config import ConfigError, Project, Settings, current, file_stamp
from twitter_pipeline.store.opening import prepare_store

_log = logging.getLogger(__name__)


class Context:
    """One a process. `reload` gives the settings that are in force now; without it they never change."""

    def __init__(
        self, settings: Settings, engine: sa.Engine, *, reload: Callable[[], Settings] | None = current
    ) -> None:
        self.engine = engine
        self.launched = Launched()
        self.scans = Scans()
        self.metrics = Metrics()
        self.looker = Looker()
        self._settings = settings
        self._reload = reload
        self._stamp = file_stamp(settings.path)
        self._lock = Lock()

    @property
    def settings(self) -> Settings:
        """The settings in force: `up` puts an accepted edit of config.yaml where this process reads it."""
        if self._reload is not None and file_stamp(self._settings.path) != self._stamp:
            with self._lock:
                stamp = file_stamp(self._settings.path)
                if stamp is not None and stamp != self._stamp:
                    self._take(self._reload)
                    self._stamp = stamp
        return self._settings

    def project(self, id: str) -> Project | None:
        """The project with this id."""
        return next((project for project in self.settings.projects if project.id == id), None)

    def _take(self, reload: Callable[[], Settings]) -> None:
        try:
            settings = reload()
            prepare_store(settings)
        except ConfigError as error:
            _log.error("the settings from before stay in force: %s", error)
        else:
            self._settings = settings
