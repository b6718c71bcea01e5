"""The projects a command works on."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from twitter_pipeline.cli.errors import WrongCommand
from twitter_pipeline.config import ConfigError, Project, Settings

ProjectOption = Annotated[
    Optional[str],  # noqa: UP045 - Typer evaluates it, on Python 3.10 too
    typer.Option("--project", metavar="ID", help="Only this project.", show_default=False),
]


def chosen(settings: Settings, project_id: str | None) -> list[Project]:
    """That project, or all. Raises WrongCommand naming the nearest one."""
    if project_id is None:
        return list(settings.projects)
    try:
        return [settings.project(project_id)]
    except ConfigError as error:
        raise WrongCommand(f"--project: {error.problems[0].message}") from None
