"""Metadata that comes late, cannot be read, or is mended: a task goes on once it is there, and once only."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.outcomes import MustWait, NotPublishable, Posted
from twitter_pipeline.scanning.sidecars.document import MAX_BYTES
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.scanning.scans import BROKEN_FILM, actions, at, lines, look
from twitter_pipeline_tests.support.world import MakeWorld, World

BROKEN = {
    "cut off": ('{"title": "Ca', "no valid JSON: Unterminated string starting at in line 1, column 11"),
    "empty": ("", "it is empty"),
    "a list": ("[1, 2]", "it is a list, not an object"),
    "a number": ("7", "it is a number, not an object"),
    "null": ("null", "it is null, not an object"),
    "too deep": ("[" * 100_000, "it is nested too deeply"),
    "without words": ('{"hashtags": ["#cats"]}', "there is neither a title nor a description for it"),
    "of wrong types": ('{"title": null, "description": {}}', "there is neither a title nor a description for it"),
}


def found_without_metadata(here: World) -> None:
    """Two looks at a clip that has none, so that it waits."""
    here.put()
    look(here, 0)
    look(here, 4)


def write(here: World, content: str = '{"title": "Cat naps"}', name: str = "cat.json") -> None:
    (here.folder / name).write_text(content, encoding="utf-8")


def let_the_wait_be_over(here: World) -> None:
    with writing(here.engine) as connection:
        connection.execute(sa.update(publishing_tasks).values(created_at=utc_now() - timedelta(days=1)))


def test_a_clip_without_metadata_waits_for_it(world: MakeWorld) -> None:
    here = world(metadata_wait="15 min")
    found_without_metadata(here)
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.PENDING, None)
    assert task.scheduled_time == task.not_before == at(4) + timedelta(minutes=15)
    assert lines(here)[0].message == f"found; no metadata yet; waits for it until {task.not_before:%F %T} UTC"


def test_metadata_that_comes_later_hastens_a_waiting_task_once(world: MakeWorld) -> None:
    here = world(metadata_wait="15 min")
    found_without_metadata(here)
    write(here)
    look(here, 10)
    task = here.task()
    assert (task.status, task.metadata_path, task.not_before) == (Status.PENDING, "cat.json", at(10))
    assert (task.scheduled_time, task.updated_at) == (at(10), at(10))
    assert task.content_data == {"title": "Cat naps"}
    look(here, 15)
    assert here.task() == task
    assert [(line.action, line.message) for line in lines(here)][1:] == [("metadata", "its metadata came: cat.json")]


def test_an_entry_added_to_a_batch_file_hastens_too(world: MakeWorld) -> None:
    here = world()
    write(here, "{}", "en_batch.json")
    found_without_metadata(here)
    write(here, json.dumps({"cat.mp4": {"title": "Cat naps"}}), "en_batch.json")
    look(here, 10)
    assert (here.task().metadata_path, here.task().not_before) == ("en_batch.json", at(10))


def test_metadata_revives_a_task_that_was_skipped_for_want_of_it_once(world: MakeWorld) -> None:
    here = world(metadata_wait=0)
    here.put()
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert (here.task().status, here.task().error_message) == (Status.SKIPPED, "it has no metadata")
    here.scan()
    assert here.task().status is Status.SKIPPED

    write(here)
    here.scan()
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(run_id="run-2"), Posted)
    assert here.posted_texts() == ["Cat naps"]
    here.scan()
    assert here.task().status is Status.COMPLETED
    assert actions(here).count("retry") == 1


def test_one_skipped_for_another_reason_is_revived_at_most_once(world: MakeWorld) -> None:
    here = world(metadata_wait=0, without_metadata="post")
    here.put().write_bytes(BROKEN_FILM)
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    write(here)
    here.scan()
    assert isinstance(here.publish(run_id="run-2"), NotPublishable)
    for _ in range(3):
        here.scan()
    assert here.task().status is Status.SKIPPED
    assert actions(here).count("retry") == 1


@pytest.mark.parametrize("kind", BROKEN)
def test_metadata_that_cannot_be_used_is_waited_for_then_told_and_goes_on_when_mended(
    world: MakeWorld, kind: str
) -> None:
    content, why = BROKEN[kind]
    here = world(metadata_wait="15 min")
    write(here, content)
    found_without_metadata(here)
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.PENDING, None)
    assert task.not_before == at(4) + timedelta(minutes=15)
    assert "cat.json: " in lines(here)[0].message
    assert why in lines(here)[0].message

    let_the_wait_be_over(here)
    assert isinstance(here.publish(), NotPublishable)
    task = here.task()
    assert task.status is Status.SKIPPED
    assert why in (task.error_message or "")
    here.scan()
    assert here.task() == task

    write(here)
    here.scan()
    assert isinstance(here.publish(run_id="run-2"), Posted)
    assert here.posted_texts() == ["Cat naps"]


def test_metadata_of_200_mb_is_told_and_not_read(world: MakeWorld) -> None:
    here = world()
    with (here.folder / "cat.json").open("wb") as file:
        file.truncate(200_000_000)
    found_without_metadata(here)
    assert here.task().metadata_path is None
    assert f"it has 200 MB, and at most {MAX_BYTES / 1e6:,.0f} are read; split it" in lines(here)[0].message
    write(here)
    look(here, 10)
    assert here.task().metadata_path == "cat.json"


@pytest.mark.parametrize("wait", ["0 s", "1 h"])
def test_metadata_broken_after_it_was_found_goes_on_when_mended_to_the_same(world: MakeWorld, wait: str) -> None:
    here = world(metadata_wait=wait)
    here.put(title="Cat naps")
    here.scan()
    write(here, '{"title": "Ca')
    assert isinstance(here.publish(), MustWait if wait == "1 h" else NotPublishable)
    assert "no valid JSON" in (here.task().error_message or "")
    write(here)
    here.scan()
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.PENDING, "cat.json")
    assert task.scheduled_time <= utc_now()
    assert isinstance(here.publish(run_id="run-2"), Posted)


def test_metadata_that_comes_for_many_at_once_hastens_each(world: MakeWorld) -> None:
    here = world()
    for number in range(120):
        here.put(f"{number}.mp4")
    here.scan()
    write(here, json.dumps({f"{number}.mp4": {"title": f"T {number}"} for number in range(120)}), "en_batch.json")
    here.scan()
    assert {task.metadata_path for task in here.tasks()} == {"en_batch.json"}
    assert {task.content_data["title"] for task in here.tasks()} == {f"T {number}" for number in range(120)}
