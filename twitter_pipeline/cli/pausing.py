"""`twitter-pipeline pause`, `resume` and `retry`: what a person decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, WrongCommand
from twitter_pipeline.cli.items import find
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError, Settings

if TYPE_CHECKING:
    import sqlalchemy as sa


def pause(settings: Settings, *, every: bool, account: str | None, project: str | None, reason: str) -> int:
    """Hold back every post of the scope that has not left, those of runs under way included."""
    from twitter_pipeline.store import pauses
    from twitter_pipeline.store.engine import writing

    scope, name = _scope(settings, every, account, project)
    engine = prepared(settings)
    with database_errors(), writing(engine) as connection:
        pauses.pause(connection, scope, name, reason, now=utc_now(), actor=actor())
    typer.echo(f"paused: {pauses.words(scope, name)}")
    return OK


def resume(settings: Settings, *, every: bool, account: str | None, project: str | None) -> int:
    """End the pause of the scope, and with an account also its stop or wait."""
    from twitter_pipeline.store import accounts, decisions, pauses
    from twitter_pipeline.store.engine import writing

    scope, name = _scope(settings, every, account, project)
    engine = prepared(settings)
    with database_errors(), writing(engine) as connection:
        ended = pauses.resume(connection, scope, name)
        if scope == "all":
            # Left behind by a pipeline that was killed while it stopped.
            ended = pauses.resume(connection, scope, pauses.STOPPING) or ended
        if scope == "account":
            ended = accounts.resume(connection, name) or ended
        if ended:
            about = pauses.words(scope, name)
            decisions.note(connection, actor(), "resume", about, now=utc_now())
        waiting = _unconfirmed(connection, settings, scope, name)
    typer.echo(f"{'resumed' if ended else 'nothing to resume'}: {pauses.words(scope, name)}")
    if waiting:
        typer.echo(f"{waiting} unconfirmed, not posted again by this; to look for them now: twitter-pipeline reconcile")
    return OK


def _unconfirmed(connection: sa.Connection, settings: Settings, scope: str, name: str) -> int:
    """How many items of a scope may be on X."""
    from twitter_pipeline.publishing import unconfirmed
    from twitter_pipeline.store import accounts

    ids = [project.id for project in settings.projects if scope != "project" or project.id == name]
    found = unconfirmed.of_projects(connection, ids)
    if scope != "account":
        return len(found)
    return sum(accounts.of_source(connection, one.task.content_source_id).name == name for one in found)


def retry(settings: Settings, item: str) -> int:
    """Let an item that failed, was skipped or cancelled go out again; what may be on X stays as it is."""
    from twitter_pipeline.publishing import by_hand, unconfirmed
    from twitter_pipeline.store import tasks
    from twitter_pipeline.store.engine import writing
    from twitter_pipeline.store.status import Status

    engine = prepared(settings)
    now = utc_now()
    with database_errors(), writing(engine) as connection:
        task = find(connection, settings, item)
        done = by_hand.retry(connection, task.id, now=now, actor=actor())
        task = tasks.get(connection, task.id)
        known = unconfirmed.of(connection, task)
    if done:
        typer.echo(
            f"{task.partition_key}: is {'tried again' if task.status is Status.PENDING else 'cancelled no more'}"
        )
        return OK
    why_not = "nothing to retry" if task.stop_asked_at is None else "cancelled, it ends with its run; retry it then"
    why_not = f"is {task.status}: {why_not}"
    if known is not None:
        why_not = f"is unconfirmed, and not tried again while it may be on X: {known}"
    output.say(f"{task.partition_key}: {why_not}")
    return NEEDS_A_PERSON


def _scope(settings: Settings, every: bool, account: str | None, project: str | None) -> tuple[str, str]:
    if sum([every, account is not None, project is not None]) != 1:
        raise WrongCommand("name one of --all, --account NAME, --project ID")
    try:
        if account is not None:
            return "account", settings.account(account).name
        if project is not None:
            return "project", settings.project(project).id
    except ConfigError as error:
        raise WrongCommand(error.problems[0].message) from None
    return "all", ""
