"""Items found become tasks, once each, under names a person can read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa

from twitter_pipeline.store import moves, tasks
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.moves import partition_key
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.support.items import (
    MINUTE,
    NOW,
    PROJECT,
    new_item,
    put_task,
    read_lines,
    read_task,
)

LATER = NOW + MINUTE


def test_an_item_becomes_a_pending_task_with_its_line(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        item = new_item(
            connection,
            "new/a.mp4",
            metadata_path="new/a.json",
            not_before=LATER,
            message="found, with its metadata",
            quick_fingerprint="f00d",
            media_bytes=7,
            content_data={"title": "Ünïcode 🐈"},
        )
        task_id = moves.record(connection, item, now=NOW)
    assert task_id is not None

    task = read_task(prepared, task_id)
    assert (task.status, task.project_id, task.media_path, task.metadata_path) == (
        Status.PENDING,
        PROJECT,
        "new/a.mp4",
        "new/a.json",
    )
    assert (task.not_before, task.scheduled_time, task.created_at) == (LATER, LATER, NOW)
    assert (task.quick_fingerprint, task.media_bytes, task.content_data) == ("f00d", 7, {"title": "Ünïcode 🐈"})
    assert (task.attempt, task.fence, task.retry_count) == (0, 0, 0)
    (line,) = read_lines(prepared, task_id)
    assert (line.action, line.status, line.message) == ("found", "pending", "found, with its metadata")


def test_an_item_that_cannot_be_published_is_recorded_as_skipped_with_its_reason(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        task_id = moves.record(connection, new_item(connection, skip_reason="a link out of the project"), now=NOW)
    assert task_id is not None

    task = read_task(prepared, task_id)
    assert (task.status, task.error_message) == (Status.SKIPPED, "a link out of the project")
    (line,) = read_lines(prepared, task_id)
    assert (line.action, line.status, line.message) == ("found", "skipped", "a link out of the project")


def test_the_same_file_found_twice_is_one_task(prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        item = new_item(connection, "a.mp4")
        first = moves.record(connection, item, now=NOW)
        assert moves.record(connection, item, now=NOW) is None
    with writing(prepared) as connection:
        assert moves.record(connection, item, now=LATER) is None, "another scan, another day"
    with reading(prepared) as connection:
        assert [task.id for task in tasks.read(connection, tasks.select())] == [first]
    assert first is not None
    assert len(read_lines(prepared, first)) == 1


def test_two_scans_at_once_record_each_item_once(prepared: sa.Engine) -> None:
    with reading(prepared) as connection:
        items = [new_item(connection) for _ in range(30)]
    together = Barrier(2, timeout=60)

    def record_all(_: int) -> int:
        new = 0
        for item in items:
            together.wait()
            with writing(prepared) as connection:
                new += moves.record(connection, item, now=NOW) is not None
        return new

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(record_all, range(2))) == 30
    with reading(prepared) as connection:
        assert tasks.counts(connection) == {PROJECT: {Status.PENDING: 30}}


@pytest.mark.parametrize(
    ("media_path", "readable"),
    [
        ("cat-video.mp4", "cat-video"),
        ("new/My Cat_Video (01).MP4", "my-cat-video-01"),
        ("猫の動画.mp4", "猫の動画"),
        ('Füße & "Größe".mov', "füße-größe"),
        ("Fu\u0308\u00dfe.mov", "füße"),  # as macOS writes it, decomposed
        ("🐈🐈.mp4", "item"),
        ("...mp4", "item"),
        ("a'b;c\nd.mp4", "a-b-c-d"),
        ("x" * 250 + ".mp4", "x" * 40),
    ],
)
def test_a_partition_key_can_be_read(prepared: sa.Engine, media_path: str, readable: str) -> None:
    with writing(prepared) as connection:
        task_id = moves.record(connection, new_item(connection, media_path), now=NOW)
    assert task_id is not None

    task = read_task(prepared, task_id)
    assert task.media_path == media_path
    assert task.partition_key[:-5] == f"2026-11-24-{readable}"
    assert len(task.partition_key.rpartition("-")[2]) == 4


def test_a_partition_key_is_the_same_however_often_it_is_made(prepared: sa.Engine) -> None:
    with reading(prepared) as connection:
        item = new_item(connection, "cat video.mp4")
    assert partition_key(item, NOW, 4) == partition_key(item, LATER, 4)
    assert partition_key(item, NOW, 8).startswith(partition_key(item, NOW, 4))


def test_items_of_one_name_in_different_folders_have_different_keys(prepared: sa.Engine) -> None:
    one, other = put_task(prepared, media_path="a/clip.mp4"), put_task(prepared, media_path="b/clip.mp4")
    assert read_task(prepared, one).partition_key != read_task(prepared, other).partition_key


def test_names_that_differ_only_in_how_letters_are_composed_are_two_items(prepared: sa.Engine) -> None:
    one, other = put_task(prepared, media_path="f\u00fc.mp4"), put_task(prepared, media_path="fu\u0308.mp4")
    assert read_task(prepared, one).partition_key != read_task(prepared, other).partition_key


def test_a_key_that_is_taken_makes_the_next_one_longer(prepared: sa.Engine) -> None:
    with reading(prepared) as connection:
        item = new_item(connection, "cat.mp4")
    for digits in (4, 8):
        put_task(prepared, partition_key=partition_key(item, NOW, digits))

    with writing(prepared) as connection:
        task_id = moves.record(connection, item, now=NOW)

    assert task_id is not None
    assert read_task(prepared, task_id).partition_key == partition_key(item, NOW, 16)


def test_a_file_whose_every_key_is_taken_is_refused_rather_than_lost(prepared: sa.Engine) -> None:
    with reading(prepared) as connection:
        item = new_item(connection, "cat.mp4")
    for digits in (4, 8, 16):
        put_task(prepared, partition_key=partition_key(item, NOW, digits))

    with pytest.raises(RuntimeError, match=r"no free partition key for cat\.mp4"), writing(prepared) as connection:
        moves.record(connection, item, now=NOW)


def test_an_item_is_found_by_its_key_in_its_own_project_only(prepared: sa.Engine) -> None:
    task = read_task(prepared, put_task(prepared))
    with reading(prepared) as connection:
        assert tasks.by_partition(connection, PROJECT, task.partition_key) == task
        assert tasks.by_partition(connection, "dogs", task.partition_key) is None
        assert tasks.by_partition(connection, PROJECT, "2026-11-24-other-0000") is None


def test_a_task_that_is_not_there_is_said_so(prepared: sa.Engine) -> None:
    with reading(prepared) as connection, pytest.raises(LookupError, match="no publishing task 404"):
        tasks.get(connection, 404)


def test_due_tasks_come_earliest_first_and_no_more_than_asked_for(prepared: sa.Engine) -> None:
    third = put_task(prepared, scheduled_time=NOW)
    first = put_task(prepared, scheduled_time=NOW - 2 * MINUTE)
    second = put_task(prepared, scheduled_time=NOW - MINUTE)
    put_task(prepared, scheduled_time=NOW + MINUTE)
    put_task(prepared, Status.FAILED, scheduled_time=NOW - 3 * MINUTE)
    with reading(prepared) as connection:
        assert [task.id for task in tasks.due(connection, PROJECT, now=NOW, limit=9)] == [first, second, third]
        assert [task.id for task in tasks.due(connection, PROJECT, now=NOW, limit=2)] == [first, second]
        assert tasks.due(connection, "dogs", now=NOW, limit=9) == []


def test_two_tasks_of_a_project_never_share_a_file_s_hash(prepared: sa.Engine) -> None:
    put_task(prepared, content_hash="f00d")
    other = put_task(prepared)
    with pytest.raises(sa.exc.IntegrityError), writing(prepared) as connection:
        connection.execute(
            sa.update(publishing_tasks).where(publishing_tasks.c.id == other).values(content_hash="f00d")
        )
