"""`twitter-pipeline sidecar …`: metadata files; each command is imported when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from twitter_pipeline.cli.command import ends_with_code, group
from twitter_pipeline.cli.output import JsonOption
from twitter_pipeline.cli.settings import ConfigOption, load_settings

app = group("Metadata files beside media.")


@app.callback()
def sidecar() -> None:
    """A group though it has one command: more may come."""


@app.command()
@ends_with_code
def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A medium, a metadata file, or one of captions.")],
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Say which metadata a medium is posted with and why, or what was understood of a file. Changes nothing."""
    from twitter_pipeline.cli import explaining

    return explaining.run(load_settings(config), file, as_json=json)
