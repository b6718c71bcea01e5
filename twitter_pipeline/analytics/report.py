"""The report: one HTML file that needs nothing else, with the tables and charts that Dagster shows.

It counts anew, so that it is right whether or not the figures were computed in Dagster; it only reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.analytics import best_hours, charts, daily, figures, spans
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.store.engine import reading

#: How many days it has when nobody says.
DAYS = 30
#: A report of more is refused: a day is a statement or two, and a bar less than a pixel wide.
MOST_DAYS = 1100


def render(engine: sa.Engine, settings: Settings, projects: Sequence[Project], first: date, last: date) -> str:
    """The report on these projects, from `first` to `last`, both included, as HTML. ValueError for too many days."""
    import jinja2

    number = (last - first).days + 1
    if not 1 <= number <= MOST_DAYS:
        raise ValueError(f"{first} to {last} are {number} days; a report has 1 to {MOST_DAYS:,}")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["length_of_time"] = length_of_time
    with reading(engine) as connection:
        parts = [_part(connection, settings, project, first, last) for project in projects]
        posts_read = daily.posts_read(connection, first, last)
    return environment.get_template("report.html").render(
        first=first,
        last=last,
        mode=settings.mode,
        made=f"{utc_now():%Y-%m-%d %H:%M} UTC",
        prices=settings.x.prices,
        posts_read=posts_read,
        projects=parts,
        what_it_shows=best_hours.WHAT_IT_SHOWS,
        weekdays=best_hours.WEEKDAYS,
    )


def _part(connection: sa.Connection, settings: Settings, project: Project, first: date, last: date) -> dict[str, Any]:
    prices = settings.x.prices
    table = daily.count(connection, [project], first, last, prices=prices)
    start, end = spans.bounds(first, project.zone)[0], spans.bounds(last, project.zone)[1]
    total = figures.total(connection, start, end, prices=prices, projects=[project.id])
    # Whole hours of UTC; where the zone is half an hour off, those that the days have a part in.
    whole = spans.hours(start.replace(minute=0), (end + timedelta(minutes=59)).replace(minute=0))
    hours = figures.count(connection, whole, prices=prices, projects=[project.id])
    shaped = best_hours.shape(hours, project.zone)
    return {
        "id": project.id,
        "name": project.name,
        "time_zone": project.time_zone,
        "total": figures.as_rows(total)[0],
        "days": figures.as_rows(table),
        "days_chart": charts.data_uri(charts.days(table)),
        "hours": figures.as_rows(shaped.head(10)),
        "hours_chart": charts.data_uri(charts.best_hours(shaped)),
    }


def length_of_time(seconds: float | None) -> str:
    """Seconds in the largest unit that leaves two digits; a dash for none."""
    if seconds is None:
        return "–"
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
