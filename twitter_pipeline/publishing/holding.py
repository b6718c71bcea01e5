"""Why nothing is posted, or not from every source: the one place that says so, to sensors, runs and people alike.

- a person paused everything, the project, or an account
- X made an account wait, or refused it, or is not there: then one item tries whether it is again
- the canary: the first post of a project goes out alone (a thread to its end), the rest when somebody has looked at it

Accounts hold back the sources that post with them; the other sources of the project go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.config import Project, Settings
from twitter_pipeline.store import accounts, breaker, easings, pauses
from twitter_pipeline.store.accounts import AccountRow
from twitter_pipeline.store.easings import ACCOUNT_RESTS
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import projects, publishing_tasks
from twitter_pipeline.store.tasks import IS_BEGUN, Task

_tasks = publishing_tasks.c


@dataclass(frozen=True)
class Canary:
    """How the first post of a project stands, while nobody has approved it."""

    #: The item that is the first post, or becomes it; None while the next one may.
    first: int | None
    #: Why the others wait.
    reason: str
    #: Whether it is a thread of which the rest still goes out by itself.
    goes_on: bool = False


@dataclass(frozen=True)
class Holds:
    """What holds back the items of a project, at one moment."""

    paused: str | None
    canary: Canary | None
    #: Why nothing is posted from a source, by its id.
    by_source: Mapping[int, str]
    #: The account of each source.
    accounts: Mapping[int, AccountRow]
    #: Items that go on although their source is held back: those that try whether X is there.
    trying: frozenset[int] = frozenset()
    #: Sources of whose account only one item may be taken now: it tries whether X is there.
    one_each: frozenset[int] = frozenset()

    @property
    def everything(self) -> str | None:
        """Why no item of the project may be posted now, in words with the way out; None when some may."""
        if self.paused is not None:
            return self.paused
        if self.by_source and len(self.by_source) == len(self.accounts):
            return "; ".join(self._of_sources)
        canary = self.canary
        return canary.reason if canary is not None and canary.first is not None and not canary.goes_on else None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why nothing is posted from some sources, or but for one item."""
        canary = self.canary
        return (*self._of_sources, *([canary.reason] if canary is not None and canary.goes_on else ()))

    @property
    def _of_sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.by_source.values()))

    @property
    def one_only(self) -> bool:
        """Whether only one item may be taken now: it becomes the first post."""
        return self.canary is not None and self.canary.first is None

    @property
    def only(self) -> int | None:
        """The only item that may be taken now: what is left of its thread belongs to the first post; None without."""
        return self.canary.first if self.canary is not None and self.canary.goes_on else None

    @property
    def has_turn(self) -> sa.ColumnElement[bool]:
        """Which of the project's items no other one is to go out before."""
        return sa.true() if self.only is None else _tasks.id == self.only

    @property
    def is_free(self) -> sa.ColumnElement[bool]:
        """Which of the project's items may be posted now: what `of` says of one, for queries."""
        if self.everything is not None:
            return sa.false()
        may_post = sa.or_(_tasks.content_source_id.not_in(list(self.by_source)), _tasks.id.in_(list(self.trying)))
        return sa.and_(self.has_turn, may_post)

    def of(self, task: Task) -> str | None:
        """Why this item may not be posted now, in words with the way out; None when it may."""
        if self.paused is not None:
            return self.paused
        if task.content_source_id in self.by_source and task.id not in self.trying:
            return self.by_source[task.content_source_id]
        is_first = self.canary is None or self.canary.first in (None, task.id)
        return None if is_first or self.canary is None else self.canary.reason


def look(
    connection: sa.Connection, settings: Settings, project: Project, now: datetime, *, lock: bool = False
) -> Holds:
    """What holds back the project's items now.

    With `lock`, in a writing transaction, nobody else takes an item of a project whose first post is not approved
    before the transaction ends, or of an account that tries whether X is there: so there is one first post, and one
    that tries, whoever looks at the same time.
    """
    rows = accounts.of_sources(connection, project.id)
    paused = pauses.pause_reason(connection, project=project.id)
    held = {row.name: _of_account(connection, project, row, now) for row in rows.values()}
    trials = _trials(connection, settings, [row for row in rows.values() if held[row.name] is None], now, lock=lock)
    held |= {name: trial.reason for name, trial in trials.items()}
    by_source = {source_id: reason for source_id, row in rows.items() if (reason := held[row.name]) is not None}
    canary = _canary(connection, project, now, lock=lock) if settings.wants_canary(project) else None
    trying = frozenset(trial.item for trial in trials.values() if trial.item is not None)
    free = frozenset(id for id, row in rows.items() if row.name in trials and trials[row.name].reason is None)
    return Holds(paused, canary, by_source, rows, trying, free)


@dataclass(frozen=True)
class _Trial:
    """An account that has waited, since X was not there: one of its items tries whether it is."""

    #: The item that does; None while the next one may.
    item: int | None
    #: Why the others wait; None while none does.
    reason: str | None


def _trials(
    connection: sa.Connection, settings: Settings, rows: Sequence[AccountRow], now: datetime, *, lock: bool
) -> dict[str, _Trial]:
    """The accounts among these that try whether X is there, by their names."""
    resting = {easing.scope for easing in easings.listing(connection, now=now, action=ACCOUNT_RESTS)}
    found: dict[str, _Trial] = {}
    for row in sorted(rows, key=lambda row: row.name):  # in this order all projects lock them
        if row.name not in resting or row.name in found:
            continue
        if lock:
            easing = easings.in_force(connection, ACCOUNT_RESTS, row.name, now=now, lock=True)
            # An item may have tried, and ended, while the lock was waited for.
            if (waits := accounts.by_id(connection, row.id).why_not(now)) is not None:
                found[row.name] = _Trial(None, waits)
                continue
            if easing is None:
                continue
        under_way = connection.execute(
            sa.select(_tasks.id, _tasks.partition_key)
            .where(
                _tasks.content_source_id.in_(accounts.sources_of(row.id)),
                # What is no longer in config.yaml nobody brings to an end.
                _tasks.project_id.in_([project.id for project in settings.projects]),
                _tasks.status.in_([Status.QUEUED.value, Status.RUNNING.value]),
            )
            .order_by(_tasks.status.desc(), _tasks.id)  # one that runs before those that are queued
            .limit(1)
        ).one_or_none()
        found[row.name] = _Trial(None, None)
        if under_way is not None:
            why = f"{breaker.ONLY_ERRORS}; {under_way.partition_key} tries whether it is there again, the rest waits"
            found[row.name] = _Trial(under_way.id, f"account {row.name}: {why}")
    return found


def _of_account(connection: sa.Connection, project: Project, account: AccountRow, now: datetime) -> str | None:
    return pauses.pause_reason(connection, project=project.id, account=account.name) or account.why_not(now)


def _canary(connection: sa.Connection, project: Project, now: datetime, *, lock: bool) -> Canary | None:
    query = sa.select(projects.c.approved_at).where(projects.c.id == project.id)
    if connection.scalar(query) is not None:
        return None
    # Rows that refer to the project may still be written.
    if lock and connection.scalar(query.with_for_update(key_share=True)) is not None:
        return None
    columns = (_tasks.id, _tasks.partition_key, _tasks.tweet_url, _tasks.executed_time)
    posted = _some(connection, project, Status.COMPLETED, columns)
    begun = _begun(connection, project)
    # What was found on the timeline alone is none of our making: it was there before, and shows nothing of what we do.
    if len(posted) + sum(half.attempt > 0 for half in begun) > 1:
        return None
    approve = f"twitter-pipeline approve {project.id}"
    if posted:
        (first,) = posted
        until = _until(project, first.executed_time)
        if until is not None and until <= now:
            return None
        or_later = "" if until is None else f"; without it the rest follows at {until:%Y-%m-%d %H:%M:%S} UTC"
        where = first.tweet_url or first.partition_key
        return Canary(first.id, f"the first post is out ({where}); look at it, then: {approve}{or_later}")
    if begun and begun[0].status not in (Status.UNCONFIRMED.value, Status.RUNNING.value):
        half = begun[0]
        goes_on = half.status in (Status.PENDING.value, Status.QUEUED.value)
        rest = "goes on by itself" if goes_on else f"goes on with: twitter-pipeline retry {half.id}"
        return Canary(
            half.id,
            f"the first post ({half.partition_key}) is a thread that is on X in part, and {rest}; look at it when it is"
            f" whole, then: {approve}",
            goes_on,
        )
    for row in _some(connection, project, Status.UNCONFIRMED, columns):
        return Canary(
            row.id,
            f"the first post ({row.partition_key}) may be out: look at the account's timeline, then: twitter-pipeline"
            f" tasks resolve {row.id} --posted URL, or --not-posted; or let the rest go on: {approve}",
        )
    # Several were queued only where the canary was turned on meanwhile: then the one that runs, or the oldest.
    for status in (Status.RUNNING, Status.QUEUED):
        for row in _some(connection, project, status, columns):
            return Canary(row.id, f"{row.partition_key} goes out first, alone; look at it then, and: {approve}")
    return Canary(None, "the first post goes out alone")


def _some(
    connection: sa.Connection, project: Project, which: Status, columns: Sequence[sa.ColumnElement[Any]]
) -> Sequence[sa.Row[Any]]:
    """Up to two tasks in this state: more are never asked for. The oldest, but of 100,000 posts any two.

    What no attempt of ours posted does not count: an archive was imported, and the first post is still to be made.
    """
    query = sa.select(*columns).where(_tasks.project_id == project.id, _tasks.status == which.value).limit(2)
    if which is Status.COMPLETED:
        return connection.execute(query.where(_tasks.attempt > 0)).all()
    return connection.execute(query.order_by(_tasks.id)).all()


def _begun(connection: sa.Connection, project: Project) -> Sequence[sa.Row[Any]]:
    """Up to two tasks whose thread is on X in part, first those of which an attempt of ours posted something."""
    columns: list[sa.ColumnElement[Any]] = [_tasks.id, _tasks.partition_key, _tasks.status, _tasks.attempt]
    query = sa.select(*columns).where(
        _tasks.project_id == project.id, _tasks.status != Status.COMPLETED.value, IS_BEGUN
    )
    return connection.execute(query.order_by((_tasks.attempt > 0).desc(), _tasks.id).limit(2)).all()


def _until(project: Project, posted: datetime | None) -> datetime | None:
    wait: timedelta | None = project.canary_wait
    return None if wait is None or posted is None else posted + wait
