"""A task's file was found again: its metadata came, or it has another name."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.store import changes
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.items import MINUTE, NOW, new_item, put_task, read_lines, read_task

LATER = NOW + MINUTE
#: The states in which nobody works on a task, and nothing of it is or may be on X.
MOVABLE = (Status.PENDING, Status.SKIPPED, Status.FAILED, Status.CANCELLED)


def test_a_pending_task_goes_out_from_now_on_when_its_metadata_comes(prepared: sa.Engine) -> None:
    task_id = put_task(prepared, not_before=LATER, scheduled_time=LATER, error_message="no metadata yet")

    with writing(prepared) as connection:
        assert changes.hasten(connection, task_id, "a.json came", now=NOW, values={"metadata_path": "a.json"})

    task = read_task(prepared, task_id)
    assert (task.not_before, task.scheduled_time, task.metadata_path) == (NOW, NOW, "a.json")
    assert task.error_message is None
    assert [(line.action, line.message) for line in read_lines(prepared, task_id)[1:]] == [("metadata", "a.json came")]


def test_metadata_changes_no_task_that_is_not_pending(prepared: sa.Engine) -> None:
    for status in set(Status) - {Status.PENDING}:
        task_id = put_task(prepared, status)
        before = read_task(prepared, task_id)
        with writing(prepared) as connection:
            assert not changes.hasten(connection, task_id, "a.json came", now=LATER, values={"metadata_path": "a.json"})
        assert read_task(prepared, task_id) == before
        assert len(read_lines(prepared, task_id)) == 1


def test_a_task_nobody_works_on_follows_its_file(prepared: sa.Engine) -> None:
    for status in MOVABLE:
        task_id = put_task(prepared, status)
        key = read_task(prepared, task_id).partition_key
        path = f"done/ü {status}.mp4"

        with writing(prepared) as connection:
            assert changes.follow(connection, task_id, new_item(connection, path, metadata_path="ü.json"), now=LATER)

        task = read_task(prepared, task_id)
        assert (task.media_path, task.metadata_path, task.status) == (path, "ü.json", status)
        assert task.partition_key == key, "the name in Dagster stays"
        line = read_lines(prepared, task_id)[-1]
        assert (line.action, line.status, line.message) == ("moved", status.value, f"its file was moved to {path}")


def test_a_task_that_is_or_may_be_on_x_follows_nothing(prepared: sa.Engine) -> None:
    for status in set(Status) - set(MOVABLE):
        task_id = put_task(prepared, status)
        before = read_task(prepared, task_id)
        with writing(prepared) as connection:
            assert not changes.follow(connection, task_id, new_item(connection, "done/b.mp4"), now=LATER)
        assert read_task(prepared, task_id) == before
        assert len(read_lines(prepared, task_id)) == 1
