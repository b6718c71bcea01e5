"""`twitter-pipeline cancel ITEM …`: items that are not to go out after all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK
from twitter_pipeline.cli.items import find
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa


def cancel(settings: Settings, items: Sequence[str], *, dry_run: bool) -> int:
    """Keep the items from going out, and wait for the end of runs that are at work on them."""
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    with database_errors():
        with reading(engine) as connection:
            ids = [find(connection, settings, item).id for item in items]
        return max([_cancel(engine, settings, id, dry_run=dry_run) for id in ids])


def _cancel(engine: sa.Engine, settings: Settings, task_id: int, *, dry_run: bool) -> int:
    from twitter_pipeline.publishing import by_hand
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.status import Status

    with writing(engine, keep=not dry_run) as connection:
        done = by_hand.cancel(connection, task_id, now=utc_now(), actor=actor())
    task, key = done.task, done.task.partition_key
    if done.run_id is not None:
        typer.echo(f"{key}: {'would tell' if dry_run else 'telling'} run {done.run_id} to end")
        return OK if dry_run else _end(engine, settings, task_id, done.run_id)
    if done.changed:
        typer.echo(f"{key}: {'would be' if dry_run else 'is'} cancelled; to let it go out again: retry {key}")
        return OK
    if done.later:
        output.say(
            f"{key}: may be on X already; where it is not, it goes out no more."
            f" To settle it: twitter-pipeline tasks resolve {key}"
        )
    else:
        posted = f"posted already: {task.tweet_url or 'elsewhere'}" if task.status is Status.COMPLETED else task.status
        output.say(f"{key}: not cancelled: it is {posted}")
    return NEEDS_A_PERSON


def _end(engine: sa.Engine, settings: Settings, task_id: int, run_id: str) -> int:
    """Tell a run to end and wait until it has; what became of the item."""
    from twitter_pipeline.cli import dagster_runs
    from twitter_pipeline.launching import by_hand
    from twitter_pipeline.launching.graphql import DagsterAway
    from twitter_pipeline.store import tasks
    from twitter_pipeline.store.engine import reading
    from twitter_pipeline.store.status import Status

    told = ""
    try:
        why_not = by_hand.end(settings, run_id)
        if why_not is None:
            dagster_runs.wait(settings, run_id)
        else:
            told = f" (run {run_id} was not told to end: {why_not})"
    except DagsterAway as away:
        told = f" (run {run_id} was not told to end: {away})"
    with reading(engine) as connection:
        task = tasks.get(connection, task_id)
    how = {
        Status.COMPLETED: f"is posted already: {task.tweet_url}",
        Status.RUNNING: "is cancelled when its run is over, unless its post has left",
    }.get(task.status, f"is {task.status}")
    output.say(f"{task.partition_key}: {how}{told}")
    return OK if task.status is Status.CANCELLED else NEEDS_A_PERSON
