"""What holds a project's posts back, told when it changes: a person at the terminal would wait for them otherwise."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import holding
from twitter_pipeline.store.engine import reading

_log = logging.getLogger(__name__)


class Held:
    """Tells each reason once, and when there is none any more."""

    def __init__(self, engine: sa.Engine, *, every: timedelta = timedelta(seconds=3)) -> None:
        self._engine = engine
        #: It costs some queries a project.
        self._every = every
        self._looked = datetime.min.replace(tzinfo=timezone.utc)
        self._told: dict[str, tuple[str, ...]] = {}

    def show(self, settings: Settings) -> None:
        """Tell what is new, unless it was looked at just now."""
        now = utc_now()
        if abs(now - self._looked) < self._every:
            return
        self._looked = now
        for project in settings.projects:
            with reading(self._engine) as connection:
                holds = holding.look(connection, settings, project, now)
            reasons = holds.reasons if holds.everything is None else (holds.everything,)
            before = self._told.get(project.id, ())
            self._told[project.id] = reasons
            what = f"a part of {project.id} is not posted"
            if holds.everything is not None:
                first = holds.canary is not None and holds.everything == holds.canary.reason
                what = f"nothing {'else ' if first else ''}of {project.id} is posted"
            for reason in reasons:
                if reason not in before:
                    _log.warning("%s: %s", what, reason, extra={"project": project.id})
            if before and not reasons:
                _log.info("%s goes on", project.id, extra={"project": project.id})
