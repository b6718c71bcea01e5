"""What a person decides of one task, for its own call and for many at once. Each raises Problem where it cannot be.

`who` is whose token asks. With `dry_run` all is looked at and nothing changed: what is answered is what would be.
"""

from __future__ import annotations

from twitter_pipeline.api.context import Context
from twitter_pipeline.api.models import Done, Published, TaskOut, run_url
from twitter_pipeline.api.problems import Problem
from twitter_pipeline.api.tasks import no_project, task_of
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError
from twitter_pipeline.launching import by_hand as runs
from twitter_pipeline.launching.graphql import DagsterAway
from twitter_pipeline.publishing import by_hand, unconfirmed
from twitter_pipeline.store import moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline.store.tokens import Token


def retry(context: Context, task_id: int, who: Token, *, dry_run: bool = False) -> Done:
    """Let a task that failed, was skipped or cancelled go out again at its turn."""
    with writing(context.engine, keep=not dry_run) as connection:
        task_of(connection, task_id)
        done = by_hand.retry(connection, task_id, now=utc_now(), actor=who.user)
        task = tasks.get(connection, task_id)
        known = unconfirmed.of(connection, task)
    if not done:
        if known is not None:
            raise Problem(409, f"it is unconfirmed, and not tried again while it may be on X: {known}")
        why_not = "nothing to retry" if task.stop_asked_at is None else "cancelled, it ends with its run; retry it then"
        raise Problem(409, f"it is {task.status}: {why_not}")
    said = "it is tried again" if task.status is Status.PENDING else "it is cancelled no more"
    return Done(task=TaskOut.of(task, context.settings), changed=True, said=said)


def cancel(context: Context, task_id: int, who: Token, *, dry_run: bool = False) -> Done:
    """Keep a task from going out; a run at work on it is told to end."""
    with writing(context.engine, keep=not dry_run) as connection:
        task_of(connection, task_id)
        done = by_hand.cancel(connection, task_id, now=utc_now(), actor=who.user)
    task = done.task
    if not (done.changed or done.later):
        raise Problem(409, f"it is {task.status}: nothing to cancel")
    said = "it is cancelled"
    if done.run_id is not None:
        said = "its run was told to end" if dry_run else _end(context, done.run_id)
        with reading(context.engine) as connection:
            task = tasks.get(connection, task_id)
    elif done.later:
        said = "it may be on X, and goes out no more where it is not"
    return Done(task=TaskOut.of(task, context.settings), changed=done.changed, said=said)


def _end(context: Context, run_id: str) -> str:
    """Tell the run at work on a cancelled task to end; what comes of it, for people."""
    try:
        why_not = runs.end(context.settings, run_id)
    except DagsterAway as away:
        why_not = f"Dagster does not answer: {away}"
    said = "its run was told to end" if why_not is None else f"its run was not told to end ({why_not})"
    return f"{said}; unless its post has left, it is cancelled then"


def approve(context: Context, task_id: int, who: Token, *, dry_run: bool = False) -> Done:
    """Let the rest of the task's project follow its first post (the canary)."""
    settings, now = context.settings, utc_now()
    with writing(context.engine, keep=not dry_run) as connection:
        task = task_of(connection, task_id)
        project = context.project(task.project_id)
        if project is None:
            raise no_project(task.project_id, "path.task_id")
        approved = by_hand.approve(connection, settings, project, now=now, actor=who.user)
        if approved.changed:
            said = f"{who.user} approved the project"
            moves.note(connection, task_id, "approve", task.status, said, now=now, actor=who.user)
    said = (
        approved.said if approved.why_not is None else f"{approved.said}; still, nothing is posted: {approved.why_not}"
    )
    return Done(task=TaskOut.of(task, settings), changed=approved.changed, said=said)


def launch(context: Context, seen: Task, who: Token, *, dry_run: bool = False) -> Published:
    """Launch a run that posts the task now, unless one is there, or something holds it back. Raises DagsterAway.

    `seen`: the task when it was asked for.
    """
    settings, now = context.settings, utc_now()
    with reading(context.engine) as connection:
        task = tasks.get(connection, seen.id)
        try:
            why_not = by_hand.why_not_now(connection, settings, seen, now=now)
        except ConfigError:
            why_not = f"its project {task.project_id!r} is not in config.yaml"
    result = Published(
        task=task.id,
        item=task.partition_key,
        outcome="held",
        reason=why_not,
        status=task.status,
        tweet_url=task.tweet_url,
    )
    if task.status is Status.COMPLETED:
        return result.model_copy(update={"outcome": "posted"})
    if task.status in (Status.RUNNING, Status.QUEUED) and task.stop_asked_at is None:
        update = {"outcome": "running", "run_id": task.run_id, "run_url": run_url(settings, task.run_id)}
        return result.model_copy(update=update)
    if why_not is not None:
        return result
    if dry_run:
        return result.model_copy(update={"outcome": "launched"})

    def asked() -> None:
        with writing(context.engine) as connection:
            by_hand.ask(connection, task, now=utc_now(), actor=who.user)

    run_id, is_new = context.launched.launch(settings, seen, asked)
    outcome = "launched" if is_new else "running"
    return result.model_copy(update={"outcome": outcome, "run_id": run_id, "run_url": run_url(settings, run_id)})
