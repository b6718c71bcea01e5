"""`twitter-pipeline report`: what went out, when, and what it cost, as one HTML file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, WrongCommand
from twitter_pipeline.cli.files import opened, show_in_browser
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings


def run(settings: Settings, *, first: str | None, last: str | None, project: str | None, file: Path, show: bool) -> int:
    """Write the report; with `show` open it in the browser."""
    from twitter_pipeline.analytics import report

    projects = chosen(settings, project)
    until = _day("--to", last) or utc_now().date()
    since = _day("--from", first) or until - timedelta(days=report.DAYS - 1)
    engine = prepared(settings)
    with database_errors():
        try:
            html = report.render(engine, settings, projects, since, until)
        except ValueError as error:
            raise WrongCommand(str(error)) from None
    with opened(file) as written:  # a full disk leaves the old one
        written.write(html.encode())
    output.say(f"{file}: {since} to {until}")
    if show:
        show_in_browser(file)
    return OK


def _day(option: str, said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise WrongCommand(f"{option}: {said!r} is no day; write it as 2026-11-24") from None
