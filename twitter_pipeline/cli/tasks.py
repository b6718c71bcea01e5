"""`twitter-pipeline tasks …`: what a person says of an item; each command is imported when it is called."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.settings import ConfigOption, load_settings

app = group("Items that are not posted: other words for them; whether they may be on X.")


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


@app.command()
@ends_with_code
def edit(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="As for resolve.")],
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--text", metavar="TEXT", help="The whole text as it is posted; - reads it.", show_default=False),
    ] = None,
    alt_text: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--alt-text", metavar="TEXT", help="What its picture shows; again for the next.", show_default=False
        ),
    ] = None,
    at: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--at", metavar="TIME", help="When it goes out, in its project's time zone.", show_default=False),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="The words of its files, and at its turn.")] = False,
    config: ConfigOption = None,
) -> int:
    """Change the words or the time of an item that is not posted. These are posted as they are."""
    from twitter_pipeline.cli import editing

    return editing.edit(load_settings(config), item, text=text, alt_texts=alt_text, at=at, undo=undo)
