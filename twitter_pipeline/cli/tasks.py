"""`twitter-pipeline tasks …`: what only a person can say of an item; each command is imported when it is called."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.settings import ConfigOption, load_settings

app = group("Items that may be on X: what you have seen there.")


@app.command()
@ends_with_code
def resolve(
    item: Annotated[
        str, typer.Argument(metavar="ID", help="Its number, key in Dagster, or media path; the beginning is enough.")
    ],
    posted: Annotated[
        Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option("--posted", metavar="URL", help="It is on X: the link of its post.", show_default=False),
    ] = None,
    not_posted: Annotated[
        bool, typer.Option("--not-posted", help="You have looked: it is not on X. It goes out again.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Believe it although X says otherwise.")] = False,
    config: ConfigOption = None,
) -> int:
    """Say whether an unconfirmed item is on X; without an option, show what is known of it (exit code 3)."""
    from twitter_pipeline.cli import resolving

    return resolving.resolve(load_settings(config), item, posted=posted, not_posted=not_posted, force=force)


@app.callback()
def _tasks_group() -> None:
    """Make `resolve` a command of its own: Typer merges a single one with its group."""
