"""`twitter-pipeline approve PROJECT`: the first post was looked at, the rest may follow."""

from __future__ import annotations

import typer

from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import OK
from twitter_pipeline.cli.projects import chosen
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings


def approve(settings: Settings, project_id: str) -> int:
    """Let the rest of a project follow its first post; before that one, all of it goes out without a look."""
    from twitter_pipeline.publishing import by_hand
    from twitter_pipeline.store.engine import writing

    (project,) = chosen(settings, project_id)
    engine = prepared(settings)
    with database_errors(), writing(engine) as connection:
        approved = by_hand.approve(connection, settings, project, now=utc_now(), actor=actor())
    typer.echo(approved.said)
    if approved.why_not is not None:
        typer.echo(f"still, nothing is posted: {approved.why_not}")
    return OK
