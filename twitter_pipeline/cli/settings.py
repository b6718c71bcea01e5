"""The configuration a command works with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from twitter_pipeline import config
from twitter_pipeline.config import Settings

#: The option every command has.
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
    typer.Option(
        "--config",
        metavar="PATH",
        help="The configuration. Without it: $TWITTER_PIPELINE_CONFIG, or config.yaml in this folder.",
        show_default=False,
    ),
]


def load_settings(path: Path | None) -> Settings:
    """Read the configuration `--config` names, or the one this process runs under. Raises ConfigError."""
    return config.current() if path is None else config.load(path)
