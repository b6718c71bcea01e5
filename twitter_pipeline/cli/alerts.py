"""`twitter-pipeline alert …`: what needs a person; each command is imported when it is called."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

app = group("What needs a person, and who is told.")


@app.command("list")
@ends_with_code
def list_(
    all: Annotated[bool, typer.Option("--all", help="The last hundred, those that are over too.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show what is open (exit code 3 when nobody has acknowledged it), and messages that were not sent."""
    from twitter_pipeline.cli import alert

    return alert.show(load_settings(config), every=all, as_json=json)


@app.command("test")
@ends_with_code
def send_test(config: ConfigOption = None) -> int:
    """Send a message to each address of alerts.urls and each owner's now, and say what came of it."""
    from twitter_pipeline.cli import alert

    return alert.test(load_settings(config))


@app.command()
@ends_with_code
def acknowledge(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="Its number in the list.", min=1, max=2**63 - 1)],
    by: Annotated[
        Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
        typer.Option("--by", metavar="NAME", help="Who knows of it; you.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Say that you know of it: it is told again only when more of it comes."""
    from twitter_pipeline.cli import alert

    return alert.acknowledge(load_settings(config), number, by)
