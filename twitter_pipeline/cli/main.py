"""`twitter-pipeline`: the commands."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Annotated, ParamSpec

import typer

from twitter_pipeline.cli.errors import CANNOT_START, OK, CannotStart
from twitter_pipeline.cli.settings import ConfigOption
from twitter_pipeline.config import ConfigError

HELP = """A publishing pipeline for X: media in a folder goes out as posts, each exactly once.

Exit codes: 0 all is well; 1 it cannot start (configuration, port in use, database, running already); 2 wrong command
line; 3 something failed, is unconfirmed, or needs a person."""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def main() -> None:
    pass


P = ParamSpec("P")


def command(work: Callable[P, int]) -> Callable[P, None]:
    """Turn what a command returns or raises into its exit code; errors with a remedy show no traceback."""

    @functools.wraps(work)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = work(*args, **kwargs)
        except (CannotStart, ConfigError) as error:
            typer.echo(str(error), err=True)
            code = CANNOT_START
        if code != OK:
            sys.exit(code)

    return wrapped


@app.command()
@command
def up(
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End once nothing is left to do now, with a table of the items.")
    ] = False,
    config: ConfigOption = None,
) -> int:
    """Start everything (sandbox, Dagster) and publish; Ctrl-C stops it in order, a second Ctrl-C at once."""
    from rich.console import Console

    from twitter_pipeline.cli.up import supervisor

    return supervisor.run(config, until_idle=until_idle, console=Console(stderr=False))


if __name__ == "__main__":
    app()
