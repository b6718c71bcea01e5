"""`twitter-pipeline publish ITEM …`: when items go out, or with --now, post them one after the other."""

from __future__ import annotations

import contextlib
import socket
import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import typer

from twitter_pipeline.cli import output
from twitter_pipeline.cli.actor import actor
from twitter_pipeline.cli.database import database_errors, prepared, require_keys
from twitter_pipeline.cli.errors import NEEDS_A_PERSON, OK, CannotStart
from twitter_pipeline.cli.items import find
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from twitter_pipeline.store.tasks import Task


def run(settings: Settings, items: Sequence[str], *, now: bool, dry_run: bool) -> int:
    """Say when the items go out, show them (`dry_run`), or post each of them now."""
    if dry_run:
        from twitter_pipeline.cli import preview

        return max(preview.run(settings, item) for item in items)
    from twitter_pipeline.store.engine import reading

    engine = prepared(settings)
    with database_errors(), reading(engine) as connection:
        tasks = [find(connection, settings, item) for item in items]
    if not now:
        with database_errors():
            for task in tasks:
                _say_when(engine, settings, task)
        return OK
    require_keys(engine, settings)
    with database_errors():
        return max([_publish(engine, settings, task) for task in tasks])


def _say_when(engine: sa.Engine, settings: Settings, task: Task) -> None:
    from twitter_pipeline.publishing.preview import preview

    shown = preview(engine, settings, task, now=utc_now())
    if task.tweet_url is not None:
        typer.echo(f"{task.partition_key}: posted already: {task.tweet_url}")
        return
    when = "does not go out by itself" if shown.slot is None else f"goes out at {output.when(shown.slot)}"
    typer.echo(f"{task.partition_key}: {when}, as {shown.account}")
    for reason in shown.why_not:
        output.say(f"  held back: {reason}")
    if not shown.why_not:
        typer.echo(f"  post it now: twitter-pipeline publish {task.partition_key} --now")


def _publish(engine: sa.Engine, settings: Settings, task: Task) -> int:
    """Post one item; its link, or why not."""
    from twitter_pipeline.cli.up import home
    from twitter_pipeline.cli.up.dagster_api import DagsterAway

    key = task.partition_key
    if (why_not := _why_not(engine, settings, task)) is not None:
        typer.echo(f"{key}: not posted: {why_not}", err=True)
        return NEEDS_A_PERSON
    if task.tweet_url is None:
        _note(engine, task)
        with _told(engine, task):
            try:
                if home.is_locked(settings.home):
                    _in_dagster(settings, task)
                else:
                    _here(engine, settings, task)
            except DagsterAway as away:
                typer.echo(f"Dagster does not take it ({away})")
                _here(engine, settings, task)
    return _tell_end(engine, settings, task)


def _note(engine: sa.Engine, task: Task) -> None:
    """Write down who asked for the post."""
    from twitter_pipeline.publishing import by_hand
    from twitter_pipeline.store.engine import writing

    with writing(engine) as connection:
        by_hand.ask(connection, task, now=utc_now(), actor=actor())


def _why_not(engine: sa.Engine, settings: Settings, task: Task) -> str | None:
    """Why a run would not take it: asked before one is launched only to say so."""
    from twitter_pipeline.publishing import by_hand
    from twitter_pipeline.store.engine import reading

    with reading(engine) as connection:
        return by_hand.why_not_now(connection, settings, task, now=utc_now())


def _in_dagster(settings: Settings, task: Task) -> None:
    from twitter_pipeline.cli import dagster_runs
    from twitter_pipeline.launching import by_hand

    run_id = by_hand.launch(settings, task)
    typer.echo(f"posting through Dagster: {settings.dagster.url}/runs/{run_id}")
    dagster_runs.wait(settings, run_id)


def _here(engine: sa.Engine, settings: Settings, task: Task) -> None:
    """Post it in this process: the lease keeps every other one from it meanwhile."""
    from twitter_pipeline.publishing import post
    from twitter_pipeline.publishing.outcomes import Failed, Interrupted
    from twitter_pipeline.publishing.session import Session, Worker, open_session
    from twitter_pipeline.store import accounts
    from twitter_pipeline.store.engine import writing

    typer.echo("twitter-pipeline up does not run: posting from here")
    require_sandbox(settings)
    with writing(engine) as connection:
        accounts.look_again(connection)  # as `up` does when it starts: the database may be an older copy
    worker = Worker(f"publish-{uuid.uuid4()}", seen_fence=task.fence)
    session = open_session(engine, settings, task.project_id, task.partition_key, worker)
    if not isinstance(session, Session):
        output.say(session.reason)
        return
    with session:
        try:
            post.publish(session)
        except KeyboardInterrupt:
            session.settle(Interrupted("stopped", by_person=False))
        except Exception as error:
            session.settle(Failed(f"{type(error).__name__}: {error}"))
            raise


def require_sandbox(settings: Settings) -> None:
    """Raise CannotStart when the sandbox is to be asked and does not run."""
    from twitter_pipeline.cli.up import services

    if not services.needs_sandbox(settings):
        return
    try:
        socket.create_connection((settings.sandbox.host, settings.sandbox.port), timeout=1).close()
    except OSError:
        raise CannotStart(
            f"the sandbox does not answer at {settings.sandbox.url}; start everything with: twitter-pipeline up"
        ) from None


@contextlib.contextmanager
def _told(engine: sa.Engine, task: Task) -> Iterator[None]:
    """Tell what happens to the item, line by line, until the block ends."""
    import threading

    from twitter_pipeline.cli.up.progress import WORDS
    from twitter_pipeline.store import log
    from twitter_pipeline.store.engine import reading

    def lines() -> list[log.Line]:
        with reading(engine) as connection:
            return log.of_task(connection, task.id)

    last = max((line.id for line in lines()), default=0)
    over = threading.Event()

    def tell() -> None:
        nonlocal last
        for line in lines():
            if line.id > last:
                last = line.id
                word = WORDS[line.action][0] if line.action in WORDS else line.action
                output.say(f"{word:<11} {line.partition_key}  {line.message}")

    def keep_telling() -> None:
        while not over.wait(0.3):
            tell()

    teller = threading.Thread(target=keep_telling, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        tell()


def _tell_end(engine: sa.Engine, settings: Settings, task: Task) -> int:
    from twitter_pipeline.store import tasks
    from twitter_pipeline.store.engine import reading

    with reading(engine) as connection:
        task = tasks.get(connection, task.id)
    if task.tweet_url is not None:
        typer.echo(f"{task.partition_key}: {task.tweet_url}")
        return OK
    why = _why_not(engine, settings, task) or task.error_message or f"it is {task.status}"
    typer.echo(f"{task.partition_key}: not posted: {why}", err=True)
    return NEEDS_A_PERSON
