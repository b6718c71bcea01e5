"""What both databases can reckon with times, each in its own words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from twitter_pipeline.store.tables import UtcDateTime


class hour_of(FunctionElement[Any]):  # noqa: N801 - it reads as the function it is
    """The beginning of the hour (UTC) that a time lies in."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(hour_of)
def _hour_of(element: hour_of, compiler: Any, **kw: Any) -> str:
    return f"date_trunc('hour', {compiler.process(element.clauses, **kw)}, 'UTC')"


@compiles(hour_of, "sqlite")
def _hour_of_sqlite(element: hour_of, compiler: Any, **kw: Any) -> str:
    # Its times are text, as `UtcDateTime` writes them.
    return f"substr({compiler.process(element.clauses, **kw)}, 1, 13) || ':00:00.000000'"


class day_at(FunctionElement[Any]):  # noqa: N801
    """The day that a time lies in, on clocks that are so many seconds ahead of UTC."""

    type = sa.Date()
    inherit_cache = True


@compiles(day_at)
def _day_at(element: day_at, compiler: Any, **kw: Any) -> str:
    when, ahead = (compiler.process(one, **kw) for one in element.clauses)
    return f"CAST(timezone('UTC', {when}) + {ahead} * interval '1 second' AS DATE)"


@compiles(day_at, "sqlite")
def _day_at_sqlite(element: day_at, compiler: Any, **kw: Any) -> str:
    when, ahead = (compiler.process(one, **kw) for one in element.clauses)
    return f"date({when}, {ahead} || ' seconds')"


class seconds_between(FunctionElement[Any]):  # noqa: N801
    """The seconds from one time to another."""

    type = sa.Double()
    inherit_cache = True


@compiles(seconds_between)
def _seconds_between(element: seconds_between, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(one, **kw) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS DOUBLE PRECISION)"


@compiles(seconds_between, "sqlite")
def _seconds_between_sqlite(element: seconds_between, compiler: Any, **kw: Any) -> str:
    start, end = (compiler.process(one, **kw) for one in element.clauses)
    # Whole seconds are exact; what is behind the point is all that julianday would be right to, and less.
    return (
        f"(strftime('%s', {end}) - strftime('%s', {start})"
        f" + (substr({end}, 18) - substr({end}, 18, 2)) - (substr({start}, 18) - substr({start}, 18, 2)))"
    )
