"""Commands that look: at folders, items, how all stands, what happened."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code
from twitter_pipeline.cli.errors import WrongCommand
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.projects import ProjectOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings


@ends_with_code
def scan(
    project: ProjectOption = None,
    wait: Annotated[bool, typer.Option("--wait", help="Look twice, so that files just seen can be taken.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Look through the folders now; new media is recorded, nothing is posted."""
    from twitter_pipeline.cli import scan as command

    return command.run(load_settings(config), project, wait=wait, as_json=json)


@ends_with_code
def preview(
    item: Annotated[Optional[str], typer.Argument(metavar="[ITEM]", show_default=False)] = None,  # noqa: UP045
    project: ProjectOption = None,
    all: Annotated[bool, typer.Option("--all", help="Everything that is not posted yet.")] = False,
    ai: Annotated[
        bool,
        typer.Option(
            "--ai",
            help="Ask Gemini about ITEM now and show both texts. It counts into gemini.daily_budget; the answer is"
            " stored, and is what will be posted.",
        ),
    ] = False,
    html: Annotated[
        bool, typer.Option("--html", help="Write one page: words before and after, media, why not.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Write a table, for a spreadsheet.")] = False,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--output",
            metavar="FILE",
            help="Where --html or --csv goes; without it preview.html in the data folder, or standard output.",
            show_default=False,
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show what would be posted: text, media, time, price, what holds it back. Changes nothing, except with --ai."""
    from twitter_pipeline.cli import preview as command

    if html + csv + json > 1:
        raise WrongCommand("--html is for people, --csv for spreadsheets, --json for programs: choose one")
    form: command.Form = "html" if html else "csv" if csv else "json" if json else "text"
    settings = load_settings(config)
    return command.run(settings, item, project, every=all, ask=ai, form=form, file=file, show=show)


@ends_with_code
def status(
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew every two seconds, until Ctrl-C.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show how everything stands, and what needs a person (exit code 3)."""
    from twitter_pipeline.cli import status as command

    if watch and json:
        raise WrongCommand("--watch is for people, --json for programs: choose one")
    if watch:
        return command.watch(load_settings(config))
    return command.run(load_settings(config), as_json=json)


@ends_with_code
def doctor(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Look whether all is there that posting needs; what is not, with the remedy (exit code 3)."""
    from twitter_pipeline.cli import doctor as command

    return command.run(config, as_json=json)


@ends_with_code
def log(
    item: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[ITEM]", help="As for publish; or --export.", show_default=False),
    ] = None,
    export: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--export", metavar="FORM", help="All items' lines as csv, json or parquet.", show_default=False),
    ] = None,
    project: ProjectOption = None,
    since: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from", metavar="TIME", help="A day or time (UTC): from then on.", show_default=False),
    ] = None,
    until: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--to", metavar="TIME", help="A day or time (UTC): only before it.", show_default=False),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", metavar="FILE", help="Write into this file.", show_default=False),
    ] = None,
    decisions: Annotated[
        bool, typer.Option("--decisions", help="What people did that is of no one item: pauses, approvals, keys, …")
    ] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show everything that happened to an item, or export what happened to all of them."""
    from twitter_pipeline.cli import export as exporting
    from twitter_pipeline.cli import log as command

    if sum((item is not None, export is not None, decisions)) != 1:
        raise WrongCommand("name an item, or export all of them with --export csv, json or parquet, or --decisions")
    if export is None and any((project, since, until, output)):
        raise WrongCommand("--project, --from, --to and --output belong to --export")
    if decisions:
        return command.decisions(load_settings(config), as_json=json)
    if item is not None:
        return command.run(load_settings(config), item, as_json=json)
    return exporting.run(load_settings(config), str(export), project=project, since=since, until=until, output=output)


@ends_with_code
def report(
    first: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from", metavar="DAY", help="The first day, as 2026-11-24; 30 days.", show_default=False),
    ] = None,
    last: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--to", metavar="DAY", help="The last day; today.", show_default=False),
    ] = None,
    project: ProjectOption = None,
    file: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where it is written.")] = Path("report.html"),
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    config: ConfigOption = None,
) -> int:
    """Write what went out, when, and what it cost, as one HTML file with charts."""
    from twitter_pipeline.cli import report as command

    return command.run(load_settings(config), first=first, last=last, project=project, file=file, show=show)
