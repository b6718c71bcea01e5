"""The posts of a source so far, for whoever is to write the next one."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

_tasks = publishing_tasks.c


def of(connection: sa.Connection, task: Task, count: int) -> tuple[str, ...]:
    """The texts of up to `count` posts, newest first, of the task's source: its account's, in its language."""
    text = _tasks.content_data["text"].as_string()
    return tuple(
        connection.scalars(
            sa.select(text)
            .where(
                _tasks.project_id == task.project_id,  # whose posts are found in the order of their times
                _tasks.content_source_id == task.content_source_id,
                _tasks.status == Status.COMPLETED.value,
                _tasks.executed_time.is_not(None),
                text != "",
            )
            .order_by(_tasks.executed_time.desc(), _tasks.id.desc())
            .limit(count)
        )
    )
