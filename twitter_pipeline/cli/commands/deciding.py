"""Commands by which a person decides what is posted, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.projects import ProjectOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

ItemArgument = Annotated[
    str, typer.Argument(metavar="ITEM", help="Its key in Dagster, number, or media path; the beginning is enough.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Everything.")]
AccountOption = Annotated[
    Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
    typer.Option("--account", metavar="NAME", help="All that posts with this account.", show_default=False),
]


@ends_with_code
def pause(
    all: AllOption = False,
    account: AccountOption = None,
    project: ProjectOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for people.", show_default=False)] = "",
    config: ConfigOption = None,
) -> int:
    """Hold back every post that has not left, those of runs under way included."""
    from twitter_pipeline.cli import pausing

    return pausing.pause(load_settings(config), every=all, account=account, project=project, reason=reason)


@ends_with_code
def resume(
    all: AllOption = False,
    account: AccountOption = None,
    project: ProjectOption = None,
    config: ConfigOption = None,
) -> int:
    """End a pause; with --account also X's stop or wait for it."""
    from twitter_pipeline.cli import pausing

    return pausing.resume(load_settings(config), every=all, account=account, project=project)


@ends_with_code
def approve(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Its id.")], config: ConfigOption = None
) -> int:
    """Let the rest of a project follow its first post (the canary), now that somebody has looked at it."""
    from twitter_pipeline.cli import approving

    return approving.approve(load_settings(config), project)


@ends_with_code
def publish(
    items: Annotated[list[str], typer.Argument(metavar="ITEM…", help="As for log; several are posted in turn.")],
    now: Annotated[bool, typer.Option("--now", help="Post them now, within limits, pauses and the canary.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show them, as preview does.")] = False,
    config: ConfigOption = None,
) -> int:
    """Say when items go out; with --now post them, and show the link or why not (exit code 3)."""
    from twitter_pipeline.cli import publish as command

    return command.run(load_settings(config), items, now=now, dry_run=dry_run)


@ends_with_code
def retry(item: ItemArgument, config: ConfigOption = None) -> int:
    """Let an item that failed, was skipped or cancelled go out again."""
    from twitter_pipeline.cli import pausing

    return pausing.retry(load_settings(config), item)


@ends_with_code
def cancel(
    items: Annotated[list[str], typer.Argument(metavar="ITEM…", help="As for log; several are cancelled in turn.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    config: ConfigOption = None,
) -> int:
    """Keep items from going out, until `retry`; a run at work on one is told to end, unless its post has left."""
    from twitter_pipeline.cli import cancelling

    return cancelling.cancel(load_settings(config), items, dry_run=dry_run)


@ends_with_code
def reconcile(
    project: ProjectOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read, and say what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take each post that is surely an item's for it.")] = False,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Read all that X lists of each timeline (3,200 posts), not only what is new."),
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Look on X for items that may be there: unconfirmed ones, and all that an older copy of the database lacks."""
    from twitter_pipeline.cli import reconcile as command

    return command.run(load_settings(config), project, dry_run=dry_run, yes=yes, whole=whole)


@ends_with_code
def import_posted(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="Paths, one a line, or posts as CSV or JSON.", show_default=False)
    ] = Path("-"),
    project: ProjectOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Mark files as posted before, elsewhere, so that they are never posted again."""
    from twitter_pipeline.cli import import_posted as command

    return command.run(load_settings(config), file, project, dry_run=dry_run, as_json=json)
