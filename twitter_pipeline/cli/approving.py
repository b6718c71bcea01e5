"""`twitter-pipeline approve PROJECT`: the first post was looked at, the rest may follow."""

from __future__ import annotations

from datetime import datetime, timezone

import typer

from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.config import Settings


def approve(settings: Settings, project_id: str) -> int:
    """Let the rest of a project follow its first post; before that one, all of it goes out without a look."""
    from twitter_pipeline.publishing import holding
    from twitter_pipeline.store import projects
    from twitter_pipeline.store.engine import writing

    (project,) = chosen(settings, project_id)
    engine = prepared(settings)
    now = datetime.now(timezone.utc)
    with database_errors(), writing(engine) as connection:
        canary = holding.look(connection, settings, project, now, lock=True).canary
        changed = projects.approve(connection, project.id, now=now)
        why_not = holding.look(connection, settings, project, now).everything
    if canary is None:
        typer.echo(f"{project.id}: nothing waits for an approval" + ("" if changed else "; it was given before"))
    elif canary.first is None:
        typer.echo(f"{project.id} is approved beforehand: its first post does not go out alone")
    else:
        typer.echo(f"{project.id} is approved: the rest goes out at its pace")
    if why_not is not None:
        typer.echo(f"still, nothing is posted: {why_not}")
    return OK
