"""`twitter-pipeline account …`: keys and what X says of them; each command is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

app = group("X accounts: their keys, and what X says of them.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="An account of the configuration.")]


@app.command()
@ends_with_code
def add(
    name: NameArgument,
    source: Annotated[
        Optional[Path],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option(
            "--from",
            metavar="FILE",
            help="Take the keys from lines like api_key=… of this file, - for standard input, instead of asking.",
            show_default=False,
        ),
    ] = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Store them without asking X whose they are.")] = False,
    config: ConfigOption = None,
) -> int:
    """Store an account's four keys, encrypted, in the database. Asks for them, showing nothing."""
    from twitter_pipeline.cli import account_keys

    return account_keys.add(load_settings(config), name, source, check=not no_check)


@app.command("list")
@ends_with_code
def list_accounts(json: JsonOption = False, config: ConfigOption = None) -> int:
    """Show the accounts: who they post as, where their keys are, whether they wait or are stopped."""
    from twitter_pipeline.cli import account_status

    return account_status.show(load_settings(config), as_json=json)


@app.command()
@ends_with_code
def verify(
    name: Annotated[Optional[str], typer.Argument(metavar="[NAME]", show_default=False)] = None,  # noqa: UP045
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Ask X who an account posts as and what it may do; nothing is posted. Exit code 3 when it is to be mended."""
    from twitter_pipeline.cli import account_status

    return account_status.verify(load_settings(config), name, as_json=json)


@app.command()
@ends_with_code
def remove(name: NameArgument, config: ConfigOption = None) -> int:
    """Forget the stored keys of an account; what it has posted stays known."""
    from twitter_pipeline.cli import account_keys

    return account_keys.remove(load_settings(config), name)


@app.command("rotate-key")
@ends_with_code
def rotate_key(config: ConfigOption = None) -> int:
    """Encrypt all stored keys with a new key. May be interrupted at any moment, and while the pipeline runs."""
    from twitter_pipeline.cli import account_keys

    return account_keys.rotate(load_settings(config))
