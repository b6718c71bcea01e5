"""A pipeline that tells somebody: its settings, and what it looks at every minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping, outbox, tick
from twitter_pipeline.alerting.keeping import Alert
from twitter_pipeline.config import Settings
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.alerting.receivers import Webhook, webhook
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW
from twitter_pipeline_tests.support.world import declare


class Pipeline:
    """Its database and settings, and a clock of its own."""

    def __init__(self, engine: sa.Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings
        self.now = NOW
        self.running_since = NOW

    def look(self, **later: float) -> list[Alert]:
        """Look, so much later; the open alerts."""
        self.now += timedelta(**later)
        # A process that has just begun expects no sensor to have ticked.
        tick.look(self.engine, self.settings, now=self.now, running_since=self.now)
        return self.open()

    def open(self, *, closed: bool = False) -> list[Alert]:
        with reading(self.engine) as connection:
            return keeping.listing(connection, closed=closed)

    def deliver(self, **later: float) -> int:
        """Send what is due, so much later."""
        self.now += timedelta(**later)
        return outbox.deliver(self.engine, self.settings, now=self.now)

    def messages(self) -> list[tuple[str, str, datetime, str | None]]:
        """What is to be sent: about, title, when, why not yet."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                sa.text("SELECT about, title, error FROM alert_outbox WHERE sent_at IS NULL ORDER BY id")
            )
            return [tuple(row) for row in rows]  # type: ignore[misc]


def many(here: Pipeline, number: int, status: Status, **values: object) -> None:
    """So many tasks like the newest there is."""
    with writing(here.engine) as connection:
        newest = sa.select(publishing_tasks).order_by(publishing_tasks.c.id.desc()).limit(1)
        row = dict(connection.execute(newest).one()._mapping)
        first = row.pop("id")

        def rows() -> Iterator[dict[str, object]]:
            for index in range(number):
                name = f"{first}-{index}"
                yield {**row, **values, "status": status.value, "media_path": name, "partition_key": name}

        connection.execute(sa.insert(publishing_tasks), list(rows()))


MakePipeline = Callable[..., Pipeline]


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as running:
        yield running


@pytest.fixture
def pipeline(engine: sa.Engine, settings: MakeSettings) -> MakePipeline:
    """``pipeline([url, …], quiet_hours="22:00-07:00")``: with project `cats`; further keywords are of `alerts`."""

    def make(urls: list[str] | None = None, *, top: dict[str, Any] | None = None, **alerts: Any) -> Pipeline:
        made = settings(top={"alerts": {"urls": urls or [], "disk_free_percent": 0, **alerts}, **(top or {})})
        declare(engine, made)
        return Pipeline(engine, made)

    return make
