"""Commands that keep the data: copies of it, upgrades, Dagster's side, the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

config_app = group("The configuration.")
db_app = group("The database.")


@ends_with_code
def rebuild(config: ConfigOption = None) -> int:
    """Put into Dagster's storage what it lacks of the task table (a new or restored storage)."""
    from twitter_pipeline.cli import maintenance

    return maintenance.rebuild(load_settings(config))


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


@ends_with_code
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` wrote.")], config: ConfigOption = None
) -> int:
    """Put a backup in place of what is there. Everything is paused then: what was posted since is not known."""
    from twitter_pipeline.cli import restore as command

    return command.run(load_settings(config), file)


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
