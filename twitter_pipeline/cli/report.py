"""`twitter-pipeline report`: what went out, when, and what it cost, as one HTML file."""

from __future__ import annotations

import os
import webbrowser
from datetime import date, timedelta
from pathlib import Path

from twitter_pipeline.cli import output
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK, CannotStart, WrongCommand
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
    try:
        # Beside it and then in its place, so that a full disk leaves the old one.
        half = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            half.write_text(html, encoding="utf-8")
            half.replace(file)
        finally:
            half.unlink(missing_ok=True)
    except OSError as error:
        raise CannotStart(f"{file} cannot be written: {error.strerror}") from None
    output.say(f"{file}: {since} to {until}")
    if show and not webbrowser.open(file.absolute().as_uri()):
        output.say("no browser was found to open it with")
    return OK


def _day(option: str, said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise WrongCommand(f"{option}: {said!r} is no day; write it as 2026-11-24") from None
