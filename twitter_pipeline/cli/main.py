"""`twitter-pipeline`: the commands, each a function of a module that is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli import accounts, alerts, tasks, users
from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.errors import WrongCommand
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.projects import ProjectOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

HELP = """A publishing pipeline for X: media in a folder goes out as posts, each exactly once.

Exit codes: 0 all is well; 1 it cannot start (configuration, port in use, database, running already); 2 wrong command
line; 3 something failed, is unconfirmed, or needs a person."""

app = group(HELP)
config_app = group("The configuration.")
db_app = group("The database.")
app.add_typer(accounts.app, name="account")
app.add_typer(alerts.app, name="alert")
app.add_typer(config_app, name="config")
app.add_typer(db_app, name="db")
app.add_typer(tasks.app, name="tasks")
app.add_typer(users.token_app, name="token")
app.add_typer(users.user_app, name="user")

ItemArgument = Annotated[
    str, typer.Argument(metavar="ITEM", help="Its key in Dagster, number, or media path; the beginning is enough.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Everything.")]
AccountOption = Annotated[
    Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
    typer.Option("--account", metavar="NAME", help="All that posts with this account.", show_default=False),
]


@app.command()
@ends_with_code
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where config.yaml goes; this folder.", show_default=False)
    ] = Path(),
    path: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--path", metavar="FOLDER", help="The media folder, seen from FOLDER.", show_default=False),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="Of the X account, or what the project is to be called.", show_default=False),
    ] = None,
    time_zone: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--time-zone", metavar="ZONE", help="Such as Europe/Berlin.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is proposed.")] = False,
) -> int:
    """Make a config.yaml and a media folder of your own, after three questions. Nothing is written over."""
    from twitter_pipeline.cli import init as command

    return command.run(folder, path=path, name=name, time_zone=time_zone, ask=not yes)


@app.command()
@ends_with_code
def up(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End once nothing is left to do now, with a table of the items.")
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Start everything (sandbox, Dagster) and publish. Ctrl-C stops it in order (exit code 0), a second one at once."""
    from twitter_pipeline.cli.up import supervisor

    return supervisor.run(config, until_idle=until_idle)


@app.command()
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


@app.command()
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
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show what would be posted: text, media, time, and what holds it back. Changes nothing, except with --ai."""
    from twitter_pipeline.cli import preview as command

    return command.run(load_settings(config), item, project, every=all, ask=ai, as_json=json)


@app.command()
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


@app.command()
@ends_with_code
def doctor(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Look whether all is there that posting needs; what is not, with the remedy (exit code 3)."""
    from twitter_pipeline.cli import doctor as command

    return command.run(config, as_json=json)


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
@ends_with_code
def approve(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Its id.")], config: ConfigOption = None
) -> int:
    """Let the rest of a project follow its first post (the canary), now that somebody has looked at it."""
    from twitter_pipeline.cli import approving

    return approving.approve(load_settings(config), project)


@app.command()
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


@app.command()
@ends_with_code
def retry(item: ItemArgument, config: ConfigOption = None) -> int:
    """Let an item that failed, was skipped or cancelled go out again."""
    from twitter_pipeline.cli import pausing

    return pausing.retry(load_settings(config), item)


@app.command()
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


@app.command("import-posted")
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


@app.command()
@ends_with_code
def sandbox(config: ConfigOption = None) -> int:
    """Run only the sandbox of this configuration (`up` starts it by itself; `dagster dev` needs it)."""
    from twitter_pipeline.cli import maintenance

    return maintenance.sandbox(load_settings(config))


@app.command()
@ends_with_code
def rebuild(config: ConfigOption = None) -> int:
    """Put into Dagster's storage what it lacks of the task table (a new or restored storage)."""
    from twitter_pipeline.cli import maintenance

    return maintenance.rebuild(load_settings(config))


@app.command()
@ends_with_code
def backup(
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(metavar="[FILE]", help="Where to; without it below data_dir/backups.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Write both databases, ours and Dagster's, and the key into one file, also while the pipeline runs."""
    from twitter_pipeline.cli import backup as command

    return command.run(load_settings(config), file)


@app.command()
@ends_with_code
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")], config: ConfigOption = None
) -> int:
    """Put a backup in place of what is there. Everything is paused then: what was posted since is not known."""
    from twitter_pipeline.cli import restore as command

    return command.run(load_settings(config), file)


@app.command()
@ends_with_code
def upgrade(config: ConfigOption = None) -> int:
    """Back up, then bring both databases to what this program and its Dagster need."""
    from twitter_pipeline.cli import backup as command

    return command.upgrade(load_settings(config))


@config_app.command("check")
@ends_with_code
def config_check(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Say every problem of the configuration with its place, or that it is good."""
    from twitter_pipeline.cli import maintenance

    return maintenance.check_config(config, as_json=json)


@config_app.command("schema")
@ends_with_code
def config_schema() -> int:
    """Print the JSON schema of config.yaml, for editors."""
    from twitter_pipeline.cli import init as command

    typer.echo(command.schema())
    return 0


@db_app.command("upgrade")
@ends_with_code
def db_upgrade(config: ConfigOption = None) -> int:
    """Bring the database's schema up to this program's; an SQLite file is copied first."""
    from twitter_pipeline.cli import maintenance

    return maintenance.upgrade_database(load_settings(config))


@db_app.callback()
def _db_group() -> None:
    """Make `upgrade` a command of its own: Typer merges a single one with its group."""


if __name__ == "__main__":
    app()
