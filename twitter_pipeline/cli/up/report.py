"""The table at the end of `up --until-idle`: what became of the items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from rich.table import Table
from rich.text import Text

from twitter_pipeline.config import Settings
from twitter_pipeline.store import accounts, log, tasks
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import NEED_A_PERSON, Event, Status
from twitter_pipeline.store.tables import publishing_tasks

STYLES = {
    Status.COMPLETED: "green",
    Status.FAILED: "bold red",
    Status.UNCONFIRMED: "bold red",
    Status.SKIPPED: "yellow",
}

#: Rows for files that are broken or too old: an archive has 10,000 of them.
MOST_SKIPPED = 20

_tasks = publishing_tasks.c
_SKIPPED_AT_SIGHT = sa.and_(_tasks.status == Status.SKIPPED.value, _tasks.attempt == 0)


@dataclass(frozen=True)
class Item:
    """A row of the table."""

    key: str
    status: Status
    #: The post's link; empty without one.
    post: str
    #: From the run's beginning to its end; None when none began.
    seconds: float | None
    reason: str


def items(engine: sa.Engine, settings: Settings, *, since: datetime) -> list[Item]:
    """The tasks something happened to since then (aware UTC), and those that need a person.

    Of files that a scan skipped at sight only the first `MOST_SKIPPED`.
    """
    ids = [project.id for project in settings.projects]
    needing = _tasks.status.in_([status.value for status in NEED_A_PERSON])
    some = sa.select(_tasks.id).where(*_at_sight(settings, since)).order_by(_tasks.id).limit(MOST_SKIPPED)
    with reading(engine) as connection:
        query = tasks.select(
            _tasks.project_id.in_(ids),
            sa.or_(_tasks.updated_at >= since, needing),
            sa.or_(~_SKIPPED_AT_SIGHT, _tasks.id.in_(some)),
        )
        found = tasks.read(connection, query)
        return [
            Item(
                task.partition_key,
                task.status,
                task.tweet_url or "",
                _seconds(connection, task.id),
                task.error_message or "",
            )
            for task in found
        ]


def more_skipped(engine: sa.Engine, settings: Settings, *, since: datetime) -> int:
    """How many files skipped at sight `items` leaves out."""
    with reading(engine) as connection:
        count = connection.scalar(sa.select(sa.func.count()).where(*_at_sight(settings, since))) or 0
    return max(0, count - MOST_SKIPPED)


def _at_sight(settings: Settings, since: datetime) -> list[sa.ColumnElement[bool]]:
    ids = [project.id for project in settings.projects]
    return [_tasks.project_id.in_(ids), _tasks.updated_at >= since, _SKIPPED_AT_SIGHT]


def _seconds(connection: sa.Connection, task_id: int) -> float | None:
    """From the last claim to the line that ended it."""
    began = None
    seconds = None
    for line in log.of_task(connection, task_id):
        if line.action == Event.CLAIM.value:
            began, seconds = line.created_at, None
        elif began is not None and seconds is None and line.status != Status.RUNNING.value:
            seconds = (line.created_at - began).total_seconds()
    return seconds


def stopped_accounts(engine: sa.Engine, settings: Settings) -> list[str]:
    """Why accounts of the configuration are stopped until a person resumes them."""
    with reading(engine) as connection:
        return [
            f"account {account.name} is stopped: {account.stopped_reason}; then: twitter-pipeline resume --account"
            f" {account.name}"
            for account in accounts.of_settings(connection, settings)
            if account.stopped_reason is not None
        ]


def table(rows: list[Item]) -> Table:
    """The rows for people."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("item", "status", "post", "seconds", "reason"):
        shown.add_column(name, overflow="fold")
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
        status = Text(row.status.value, style=STYLES.get(row.status, ""))
        shown.add_row(Text(row.key), status, Text(row.post), seconds, Text(row.reason))
    return shown
