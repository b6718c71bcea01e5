"""What is counted of a time, by project, with one statement for each table: from the log, and from the posts.

| | |
|---|---|
| created | items that became tasks |
| completed | posts made by this pipeline, or found to be its items': at the time of the post, not of the finding |
| failed, skipped | how often an item did: one that failed twice counts twice |
| retried | how often an item was to be tried again: after a failure, or because a person or a mended file let it |
| seconds | from found to posted, the waiting for its slot included; p50: half of the posts took no longer |
| cost | what X charges for the posts sent from here, at the prices of the configuration |
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from twitter_pipeline.analytics.spans import Spans
from twitter_pipeline.analytics.sql import seconds_between
from twitter_pipeline.config import XPrices
from twitter_pipeline.store.attempts import MADE
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import (
    UtcDateTime,
    projects,
    publishing_attempts,
    publishing_log,
    publishing_tasks,
)

if TYPE_CHECKING:
    import pandas as pd

#: The columns of a table of figures, beside those that say of what.
COUNTS = (
    "tasks_created",
    "tasks_completed",
    "tasks_failed",
    "tasks_skipped",
    "tasks_retried",
    "posts_with_link",
)
FIGURES = (*COUNTS, "seconds_p50", "seconds_p95", "cost")

_POSTED = (Event.POST.value, Event.ADOPT.value)
_RETRIED = (Event.BACK_OFF.value, Event.RETRY.value, Event.REOPEN.value)
#: All lines that are counted, but those of posts. Four of five lines are others.
_COUNTED = ("found", Event.FAIL.value, Event.SKIP.value, *_RETRIED)

_log = publishing_log.c
_tasks = publishing_tasks.c
_attempts = publishing_attempts.c


def count(
    connection: sa.Connection, spans: Spans, *, prices: XPrices, projects: Sequence[str] | None = None
) -> pd.DataFrame:
    """The figures of each project (all, unless told) and hour or day.

    Columns: project_id, hour or day, FIGURES and last_log_id, the newest line that was counted. Where there was nothing
    there is a row, too.
    """
    import pandas as pd

    ids = project_ids(connection) if projects is None else list(projects)
    keys = ["project_id", spans.name]
    index = pd.MultiIndex.from_product([ids, spans.each], names=keys)
    parts = [_frame(connection, query(spans, ids), keys).reindex(index) for query in (_of_log, _of_posts)]
    return _table(parts[0].join(parts[1]), prices)


def total(
    connection: sa.Connection, start: datetime, end: datetime, *, prices: XPrices, projects: Sequence[str]
) -> pd.DataFrame:
    """The figures of each project over [start, end) as one; the columns of `count`, without hour or day."""
    import pandas as pd

    whole = Spans("", start, end, lambda when: when, [])
    index = pd.Index(list(projects), name="project_id")
    parts = [_frame(connection, query(whole, projects), ["project_id"]) for query in (_of_log, _of_posts)]
    return _table(parts[0].reindex(index).join(parts[1].reindex(index)), prices)


def _table(table: pd.DataFrame, prices: XPrices) -> pd.DataFrame:
    whole = [*COUNTS, "sent", "log_id", "post_id"]
    table[whole] = table[whole].fillna(0).astype("int64")
    table["cost"] = (table["sent"] - table["posts_with_link"]) * prices.post
    table["cost"] = (table["cost"] + table["posts_with_link"] * prices.post_with_link).round(6)
    table["last_log_id"] = table[["log_id", "post_id"]].max(axis="columns")
    return table[[*FIGURES, "last_log_id"]].reset_index()


def _frame(connection: sa.Connection, query: sa.Select[Any], keys: list[str]) -> pd.DataFrame:
    import pandas as pd

    found = connection.execute(query)
    names = list(found.keys())
    frame = pd.DataFrame.from_records([tuple(row) for row in found], columns=names)
    frame[names[len(keys) :]] = frame[names[len(keys) :]].astype("float64")
    if "hour" in keys:
        frame["hour"] = pd.to_datetime(frame["hour"], utc=True)
    return frame.set_index(keys)


def _keys(spans: Spans, of: sa.Subquery) -> list[sa.ColumnElement[Any]]:
    return [of.c.project_id, of.c.span.label(spans.name)] if spans.each else [of.c.project_id]


def _of_log(spans: Spans, ids: Sequence[str]) -> sa.Select[Any]:
    """The lines of the log that are counted, but those of posts, which may be written long after the post."""

    def number(what: sa.ColumnElement[bool], name: str) -> sa.Label[int]:
        return sa.func.sum(sa.case((what, 1), else_=0)).label(name)

    lines = (
        sa.select(_tasks.project_id, spans.of(_log.created_at).label("span"), _log.action, _log.status, _log.id)
        .join(publishing_tasks, _tasks.id == _log.task_id)
        # The appended nothing keeps SQLite from going through all tasks of the projects instead of the lines.
        .where(_log.created_at >= spans.start, _log.created_at < spans.end, _log.action.in_(_COUNTED))
        .where((_tasks.project_id + "").in_(ids))
        .subquery()
    )
    found = lines.c.action == "found"
    at_once = sa.and_(found, lines.c.status == Status.SKIPPED.value)
    keys = _keys(spans, lines)
    return sa.select(
        *keys,
        number(found, "tasks_created"),
        number(lines.c.action == Event.FAIL.value, "tasks_failed"),
        number(sa.or_(lines.c.action == Event.SKIP.value, at_once), "tasks_skipped"),
        number(lines.c.action.in_(_RETRIED), "tasks_retried"),
        sa.func.max(lines.c.id).label("log_id"),
    ).group_by(*keys)


def _of_posts(spans: Spans, ids: Sequence[str]) -> sa.Select[Any]:
    """The posts, each with its line of the log and what X was sent for it, of a thread each of its posts."""
    made = _attempts.state.in_([state.value for state in MADE])
    sent = sa.select(sa.func.count()).where(_attempts.task_id == _tasks.id, made).scalar_subquery()
    linked = sa.select(sa.func.count()).where(_attempts.task_id == _tasks.id, made, _attempts.has_link)
    seconds = seconds_between(_tasks.created_at, _tasks.executed_time)
    posts = (
        sa.select(
            _tasks.project_id,
            spans.of(_tasks.executed_time).label("span"),
            # A post older than its task: the database was an older copy. How long it took nobody knows.
            sa.case((_tasks.executed_time >= _tasks.created_at, seconds)).label("seconds"),
            sent.label("sent"),
            linked.scalar_subquery().label("link"),
            _log.id.label("line"),
        )
        .join(publishing_log, sa.and_(_log.task_id == _tasks.id, _log.action.in_(_POSTED)))
        .where(_tasks.project_id.in_(ids), _tasks.executed_time >= spans.start, _tasks.executed_time < spans.end)
        .subquery()
    )
    keys = _keys(spans, posts)
    # Of those that took no longer: both databases have this one, SQLite has no percentiles.
    share = sa.func.cume_dist().over(partition_by=[*keys, posts.c.seconds.is_(None)], order_by=posts.c.seconds)
    ranked = sa.select(posts, share.label("share")).subquery()
    keys = _keys(spans, ranked)

    def percentile(part: float) -> sa.Function[Any]:
        return sa.func.min(sa.case((ranked.c.share >= part, ranked.c.seconds)))

    return sa.select(
        *keys,
        sa.func.count().label("tasks_completed"),
        sa.func.sum(ranked.c.sent).label("sent"),
        sa.func.sum(ranked.c.link).label("posts_with_link"),
        percentile(0.5).label("seconds_p50"),
        percentile(0.95).label("seconds_p95"),
        sa.func.max(ranked.c.line).label("post_id"),
    ).group_by(*keys)


def project_ids(connection: sa.Connection) -> list[str]:
    """All projects that the database knows, in their order."""
    return list(connection.scalars(sa.select(projects.c.id).order_by(projects.c.id)))


def newest_lines(
    connection: sa.Connection,
    since: datetime,
    until: datetime,
    of: Callable[[sa.ColumnElement[Any]], sa.ColumnElement[Any]],
    projects: Sequence[str],
) -> dict[tuple[str, Any], int]:
    """The newest line by project and hour or day (`Spans.of`) that it counts in; of lines written since `since` about
    what was before `until`. 0 where there were only lines that are not counted."""
    of_post = sa.and_(_log.action.in_(_POSTED), _tasks.executed_time.is_not(None))
    when = sa.case((of_post, _tasks.executed_time), else_=_log.created_at)
    counted = sa.case((_log.action.in_((*_COUNTED, *_POSTED)), _log.id), else_=0)
    lines = (
        sa.select(_tasks.project_id, when.label("at"), counted.label("id"))
        .join(publishing_tasks, _tasks.id == _log.task_id)
        .where(_log.created_at >= since, (_tasks.project_id + "").in_(projects))
        .subquery()
    )
    spans = (
        sa.select(lines.c.project_id, of(lines.c.at).label("span"), lines.c.id)
        .where(lines.c.at < sa.type_coerce(until, UtcDateTime))
        .subquery()
    )
    query = sa.select(spans.c.project_id, spans.c.span, sa.func.max(spans.c.id)).group_by(
        spans.c.project_id, spans.c.span
    )
    return {(project_id, span): line for project_id, span, line in connection.execute(query)}


def as_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows with Python's own values; None for what there is not."""
    # By column: asking each value by itself what it is takes ten times as long.
    columns = []
    for name in table.columns:
        values = table[name].tolist()
        if table[name].dtype.kind == "M":
            values = [value.to_pydatetime() for value in values]
        missing = table[name].isna().tolist()
        if any(missing):
            values = [None if is_missing else value for value, is_missing in zip(values, missing, strict=True)]
        columns.append(values)
    names = [str(name) for name in table.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
