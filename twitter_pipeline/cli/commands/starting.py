"""Commands that start something: a folder of one's own, the pipeline, the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code
from twitter_pipeline.cli.settings import ConfigOption, load_settings


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


@ends_with_code
def sandbox(config: ConfigOption = None) -> int:
    """Run only the sandbox of this configuration (`up` starts it by itself; `dagster dev` needs it)."""
    from twitter_pipeline.cli import maintenance

    return maintenance.sandbox(load_settings(config))
