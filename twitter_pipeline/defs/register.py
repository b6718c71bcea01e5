"""Dagster's side of the tasks: their partitions and, for posted ones, their materializations.

The task table is the truth. What Dagster's storage lacks (a new storage, a run that died between X's answer and its
last event) is put there from the table, a bounded number a tick, or all at once by `twitter-pipeline rebuild`.
"""

from datetime import datetime
from typing import Any

import dagster as dg
import sqlalchemy as sa

from twitter_pipeline.defs.markdown import exact
from twitter_pipeline.defs.pipeline import instance_id, items_of, media_items_key, tweets_key
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline.store.tasks import Task

#: At most so many tasks a tick.
TASKS_A_TICK = 100

_tasks = publishing_tasks.c


def register(
    instance: dg.DagsterInstance, engine: sa.Engine, project_id: str, *, now: datetime, limit: int = TASKS_A_TICK
) -> int:
    """Tell Dagster's storage of up to `limit` tasks it does not know of, or knows less of. How many there were."""
    here = instance_id(instance)
    with reading(engine) as connection:
        unknown = tasks.read(
            connection,
            tasks.select(
                _tasks.project_id == project_id,
                sa.or_(_tasks.registered_in.is_(None), _tasks.registered_in != here),
                sa.or_(
                    _tasks.status != Status.COMPLETED.value,
                    _tasks.updated_at < now - RUNS_OWN,
                    _tasks.run_id.is_(None),  # imported: no run will tell
                ),
            ).limit(limit),
        )
    if not unknown:
        return 0
    instance.add_dynamic_partitions(str(items_of(project_id).name), [task.partition_key for task in unknown])
    for task in unknown:
        _materialize(instance, media_items_key(project_id), task, {"media": "\n".join(task.files) or task.media_path})
        if task.status is Status.COMPLETED:
            _materialize(instance, tweets_key(project_id), task, posted_metadata(task), version_of(task))
    with writing(engine) as connection:
        # Only as they were read: one that was posted meanwhile must be looked at again.
        connection.execute(
            sa.update(publishing_tasks)
            .where(_tasks.id == sa.bindparam("task"), _tasks.status == sa.bindparam("was"))
            .values(registered_in=here),
            [{"task": task.id, "was": task.status.value} for task in unknown],
        )
    return len(unknown)


def registered(engine: sa.Engine, task_id: int, instance: dg.DagsterInstance) -> None:
    """Note that a run has told Dagster of its post itself."""
    with writing(engine) as connection:
        connection.execute(
            sa.update(publishing_tasks).where(_tasks.id == task_id).values(registered_in=instance_id(instance))
        )


def version_of(task: Task) -> str:
    """The data version of a posted item: its post's id, where that is known."""
    return task.tweet_id or "posted elsewhere"


def posted_metadata(task: Task) -> dict[str, Any]:
    """What a materialization says of a posted item, as far as the table knows it."""
    said: dict[str, Any] = {}
    if task.tweet_url:
        said["link"] = dg.MetadataValue.url(task.tweet_url)
    text = "\n\n".join((str(task.content_data.get("text", "")), *task.content_data.get("more", ())))
    said["text"] = (
        dg.MetadataValue.md(exact(text)) if text else "posted before, elsewhere: its words are not known here"
    )
    enhanced = task.content_data.get("enhanced")
    if enhanced:
        said["gemini"] = enhanced["said"]
        if enhanced["outcome"] == "answered":
            said["original_text"] = dg.MetadataValue.md(exact(enhanced["original_text"]))
    if task.executed_time:
        said["posted_at"] = dg.MetadataValue.timestamp(task.executed_time)
    return said


def _materialize(
    instance: dg.DagsterInstance,
    key: dg.AssetKey,
    task: Task,
    metadata: dict[str, Any],
    data_version: str | None = None,
) -> None:
    """Report a materialization that Dagster does not have yet."""
    wanted = dg.AssetRecordsFilter(asset_key=key, asset_partitions=[task.partition_key])
    if instance.fetch_materializations(wanted, limit=1).records:
        return
    tags = {"dagster/data_version": data_version} if data_version else None
    instance.report_runless_asset_event(
        dg.AssetMaterialization(key, partition=task.partition_key, metadata=metadata, tags=tags)
    )
