"""All that needs a person, as the tables show it: the one place that decides what is an alert.

Each kind is one query over all projects. None reads what is done: what is posted, or was skipped long ago, costs
nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.alerting import links
from twitter_pipeline.alerting.backlog import growing
from twitter_pipeline.alerting.cause import SKIPPED_LATELY, Cause, Kind
from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import unconfirmed
from twitter_pipeline.scanning.reasons import IGNORED, LATE, SAME_FILE
from twitter_pipeline.store import accounts, looks
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import projects, publishing_tasks

#: A project that was not looked through for so long, while the pipeline ran, has a sensor that does not tick.
SILENCE = timedelta(minutes=15)
#: The same while a scan is on its way through an archive: it ends later.
LONG_SCAN = timedelta(hours=6)
#: Items named in a message; the others are counted.
NAMED = 3
#: A disk that was short of room is no alert any more with so much more free, in percent: no flapping.
MARGIN = 1.0

#: The kinds that `find` looks for: what it does not find of them is gone.
FOUND_HERE = frozenset(Kind) - {Kind.RUN, Kind.DAEMON, Kind.OFF, Kind.ALARM, Kind.RESTING}

_tasks = publishing_tasks.c

#: Number, total and free bytes of the disk a path is on. Raises OSError.
DiskUsage = Callable[[Path], tuple[int, int, int]]


def _disk_usage(path: Path) -> tuple[int, int, int]:
    usage = shutil.disk_usage(path)
    return path.stat().st_dev, usage.total, usage.free


def find(
    connection: sa.Connection,
    settings: Settings,
    *,
    now: datetime,
    running_since: datetime,
    already: Collection[str] = (),
    disk_usage: DiskUsage = _disk_usage,
) -> Iterator[Cause]:
    """Every cause there is now.

    `already`: the keys of open alerts; `running_since`: when this process began to look (aware UTC).
    """
    ids = [project.id for project in settings.projects]
    yield from _failed(connection, settings, ids)
    yield from _unconfirmed(connection, settings, ids)
    yield from _skipped(connection, settings, ids, now)
    yield from _late(connection, settings, ids, now)
    yield from _accounts(connection, settings)
    yield from _scans(connection, settings, now, running_since, already)
    yield from growing(connection, settings, now)
    yield from _disks(settings, already, disk_usage)


def _failed(connection: sa.Connection, settings: Settings, ids: list[str]) -> Iterator[Cause]:
    yield from _of_items(
        connection,
        settings,
        Kind.FAILED,
        ids,
        [_tasks.status == Status.FAILED.value],
        says="failed",
        remedy="Mend what is said there, then: twitter-pipeline retry ITEM",
    )


def _skipped(connection: sa.Connection, settings: Settings, ids: list[str], now: datetime) -> Iterator[Cause]:
    yield from _of_items(
        connection,
        settings,
        Kind.SKIPPED,
        ids,
        [
            _tasks.status == Status.SKIPPED.value,
            _tasks.updated_at >= now - SKIPPED_LATELY,
            # What a setting leaves out, and what is there twice, needs nobody.
            _tasks.error_message.not_like(f"{IGNORED}%"),
            _tasks.error_message.not_like(f"{SAME_FILE}%"),
            _tasks.error_message.not_like(f"{LATE}%"),  # told by itself: nothing is to be mended
        ],
        says="cannot be posted as it is",
        of_many="cannot be posted as they are",
        remedy="Replace or mend the file, and it goes on by itself; all reasons: twitter-pipeline status",
    )


def _late(connection: sa.Connection, settings: Settings, ids: list[str], now: datetime) -> Iterator[Cause]:
    yield from _of_items(
        connection,
        settings,
        Kind.LATE,
        ids,
        [
            _tasks.status == Status.SKIPPED.value,
            _tasks.updated_at >= now - SKIPPED_LATELY,
            _tasks.error_message.like(f"{LATE}%"),
        ],
        says="came too late to be posted, since the pipeline did not run",
        remedy="To post one all the same: twitter-pipeline retry ITEM",
    )


def _counted(
    connection: sa.Connection, ids: list[str], where: list[sa.ColumnElement[bool]]
) -> list[tuple[str, int, datetime]]:
    query = (
        sa.select(_tasks.project_id, sa.func.count(), sa.func.max(_tasks.updated_at))
        .where(_tasks.project_id.in_(ids), *where)
        .group_by(_tasks.project_id)
        .order_by(_tasks.project_id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _of_items(
    connection: sa.Connection,
    settings: Settings,
    kind: Kind,
    ids: list[str],
    where: list[sa.ColumnElement[bool]],
    *,
    says: str,
    of_many: str | None = None,
    remedy: str,
) -> Iterator[Cause]:
    """A cause for each project that has such items: the newest named, with the reason of each.

    `says`: what became of one item; `of_many`: of several, where that reads otherwise.
    """
    for id, count, last_at in _counted(connection, ids, where):
        newest = connection.execute(
            sa.select(_tasks.partition_key, _tasks.error_message)
            .where(_tasks.project_id == id, *where)
            .order_by(_tasks.updated_at.desc(), _tasks.id.desc())
            .limit(NAMED)
        ).all()
        yield Cause(
            kind,
            id,
            f"{id}: {_items(count)} {says if count == 1 or of_many is None else of_many}",
            _named([f"{row.partition_key}: {row.error_message or 'no reason is known'}" for row in newest], count),
            remedy,
            links.partition(settings, id, newest[0].partition_key) if newest else None,
            project_id=id,
            count=count,
            last_at=last_at,
        )


def _named(lines: list[str], count: int) -> str:
    """The lines of some of so many items, and how many there are besides."""
    more = [f"and {count - len(lines):,} more"] if count > len(lines) else []
    return "\n".join([*lines, *more])


def _unconfirmed(connection: sa.Connection, settings: Settings, ids: list[str]) -> Iterator[Cause]:
    """Items that may be on X and that no reading of the timeline will settle."""
    by_project: dict[str, list[unconfirmed.Unconfirmed]] = {}
    for one in unconfirmed.of_projects(connection, ids):
        if one.next_look is None:
            by_project.setdefault(one.task.project_id, []).append(one)
    for id, found in by_project.items():
        newest = sorted(found, key=lambda one: one.task.updated_at, reverse=True)
        yield Cause(
            Kind.UNCONFIRMED,
            id,
            f"{id}: {_items(len(found))} may be on X, and only you can tell",
            _named([f"{one.task.partition_key}: {one.reason}" for one in newest[:NAMED]], len(found)),
            f"Look at the account's timeline, then: {newest[0].choices[0]}, or --not-posted",
            links.partition(settings, id, newest[0].task.partition_key),
            project_id=id,
            count=len(found),
            last_at=newest[0].task.updated_at,
        )


def _accounts(connection: sa.Connection, settings: Settings) -> Iterator[Cause]:
    """Accounts that are to post, or to show what they have posted, and cannot: they are stopped, or cannot sign."""
    posting = settings.posting_accounts
    looked_at = looks.due(connection)
    vault = open_vault(settings.home)
    for account in accounts.listing(connection):
        if account.name not in posting:
            if account.stopped_reason is not None and account.id in looked_at:
                yield Cause(
                    Kind.STOPPED,
                    account.name,
                    f"account {account.name} is stopped, and may have posted items whose answer was lost",
                    account.stopped_reason,
                    "Once X lets it, its timeline is read by itself; or say of each item whether it is out:"
                    " twitter-pipeline tasks resolve ITEM",
                )
            continue
        if account.stopped_reason is not None:
            yield Cause(
                Kind.STOPPED,
                account.name,
                f"account {account.name} is stopped: nothing is posted with it",
                account.stopped_reason,
                f"When that is done: twitter-pipeline resume --account {account.name}",
            )
        if (why_not := accounts.why_no_keys(connection, account.name, vault)) is not None:
            yield Cause(
                Kind.NO_KEYS,
                account.name,
                f"account {account.name} cannot sign: nothing is posted with it",
                why_not,
                f"For example: twitter-pipeline account add {account.name}",
            )


def _scans(
    connection: sa.Connection, settings: Settings, now: datetime, running_since: datetime, already: Collection[str]
) -> Iterator[Cause]:
    """Projects whose folder cannot be looked at, or is not."""
    rows = connection.execute(
        sa.select(projects.c.id, projects.c.scan_problem, projects.c.scan_position, projects.c.last_scan_time)
    ).all()
    by_id = {row.id: row for row in rows}
    for project in settings.projects:
        row = by_id.get(project.id)
        if row is None:
            continue
        if row.scan_problem is not None:
            yield Cause(
                Kind.FOLDER,
                project.id,
                f"{project.id}: its folder cannot be read, so nothing new is found",
                row.scan_problem,
                f"Bring the folder back, or change the path of {project.id} in {settings.path.name}",
                project_id=project.id,
            )
            continue
        if f"{Kind.OFF}:scan_{project.id}" in already:
            continue  # somebody switched its sensor off, which is told as that
        looked = max(filter(None, [row.last_scan_time, running_since]))
        if now - looked > (SILENCE if row.scan_position is None else LONG_SCAN):
            yield Cause(
                Kind.SILENT,
                project.id,
                f"{project.id}: its sensor does not tick, so nothing is found or posted",
                f"Its folder was looked through last at {_at(row.last_scan_time)}.",
                f"Is the sensor scan_{project.id} switched off, or does its last tick say what is wrong?",
                links.sensor(settings, f"scan_{project.id}"),
                project_id=project.id,
            )


def _disks(settings: Settings, already: Collection[str], disk_usage: DiskUsage) -> Iterator[Cause]:
    seen: set[int] = set()
    for path in (settings.home, *(project.path for project in settings.projects)):
        try:
            device, total, free = disk_usage(path)
        except OSError:
            continue  # a folder that is gone is another cause
        if device in seen or not total:
            continue
        seen.add(device)
        percent = 100 * free / total
        limit = settings.alerts.disk_free_percent
        key = f"{Kind.DISK.value}:{path}"
        if percent < limit + (MARGIN if key in already else 0):
            yield Cause(
                Kind.DISK,
                str(path),
                f"the disk of {path} is almost full",
                f"{percent:.1f} % of it are free ({free / 1e9:.1f} GB), less than {limit:g} %.",
                "Make room: on a full disk nothing is posted, and nothing is lost",
            )


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def _at(moment: datetime | None) -> str:
    return "no time that is known" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
