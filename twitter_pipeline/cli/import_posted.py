"""`twitter-pipeline import-posted`: what was posted before, elsewhere, is never posted again."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    from twitter_pipeline.publishing.importing import Report
    from twitter_pipeline.publishing.posted_list import Entry, Wrong

#: What cannot be imported is named up to here; --json has all of it.
_NAMED = 20


def run(settings: Settings, file: Path, project_id: str | None, *, dry_run: bool, as_json: bool) -> int:
    """Import a list from a file, or `-` for standard input."""
    from twitter_pipeline.publishing.importing import Importer

    entries = _read(file)
    projects = chosen(settings, project_id)
    engine = prepared(settings)
    read = 0
    with output.console().status("") as status, database_errors():
        if as_json:
            status.stop()

        def on_bytes(count: int) -> None:
            nonlocal read
            read += count
            status.update(f"{importer.report.imported:,} imported; {read / 1e6:,.0f} MB of their files read")

        importer = Importer(
            *(engine, settings, projects),
            now=utc_now(),
            actor=actor(),
            dry_run=dry_run,
            on_bytes=on_bytes,
        )
        report = importer.run(entries)
    if as_json:
        output.print_json({**asdict(report), "dry_run": dry_run})
    else:
        _tell(report, dry_run=dry_run)
    return NEEDS_A_PERSON if report.wrong else OK


def _read(file: Path) -> list[Entry | Wrong]:
    from twitter_pipeline.publishing.posted_list import Unusable, parse

    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise WrongCommand(f"{file}: {error.strerror}") from None
    try:
        return list(parse(content))
    except Unusable as error:
        raise WrongCommand(f"{file}: {error}") from None


def _tell(report: Report, *, dry_run: bool) -> None:
    console = output.console()
    verb = "would be imported" if dry_run else "imported"
    links = f", {report.linked:,} of them with their posts" if report.linked else ""
    already = f"; {report.already:,} were posted already" if report.already else ""
    console.print(f"{report.imported:,} {verb}{links}{already}", markup=False)
    output.warn_of_some(console, [f"line {wrong.line}: {wrong.why}" for wrong in report.wrong], _NAMED)
