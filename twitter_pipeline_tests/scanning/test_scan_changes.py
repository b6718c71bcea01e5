"""Files that are moved, replaced or mended after they became tasks."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import tidying
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.scanning.reasons import LATE
from twitter_pipeline.scanning.recording import MOST_TWINS
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline_tests.scanning.scans import BROKEN_FILM, actions, at, candidates, lines, look, paths
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World


def move(here: World, name: str, to: str) -> None:
    (here.folder / to).parent.mkdir(parents=True, exist_ok=True)
    (here.folder / name).rename(here.folder / to)


def set_time(here: World, name: str, when: datetime) -> None:
    os.utime(here.folder / name, (when.timestamp(), when.timestamp()))


def skip(here: World) -> None:
    """Put a file that is no film, and let the run refuse it."""
    here.put(title="Cat naps").write_bytes(BROKEN_FILM)
    set_time(here, "cat.mp4", utc_now() - timedelta(days=1))
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().status is Status.SKIPPED


def test_a_moved_file_takes_its_pending_task_along(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    before = here.task()
    move(here, "cat.mp4", "new/place/nap.mp4")
    move(here, "cat.json", "new/place/nap.json")
    assert here.scan().found == 0
    task = here.task()
    assert (task.id, task.partition_key, task.not_before) == (before.id, before.partition_key, before.not_before)
    assert (task.media_path, task.metadata_path) == ("new/place/nap.mp4", "new/place/nap.json")
    assert [(line.action, line.message) for line in lines(here)][1:] == [
        ("moved", "its file was moved to new/place/nap.mp4")
    ]
    assert candidates(here) == []
    assert isinstance(here.publish(), Posted)


@pytest.mark.parametrize("type_", ["video", "text"])
def test_what_was_skipped_as_late_stays_so_wherever_it_is_moved(world: MakeWorld, type_: str) -> None:
    here = world(sources=[{"type": type_}])
    if type_ == "video":
        here.put(title="Cat naps")
    else:
        (here.folder / "en_week.json").write_text('{"monday": {"text": "Cat naps"}}', encoding="utf-8")
    here.scan()
    skip = Move(Event.SKIP, f"{LATE}: 2026-11-24 05:00 UTC")
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task().id, skip, now=utc_now())
    if type_ == "video":
        move(here, "cat.mp4", "nap.mp4")
        move(here, "cat.json", "nap.json")
    else:  # its file is written for another entry's sake
        (here.folder / "en_week.json").write_text('{"monday": {"text": "Cat naps"}, "tuesday": {}}', encoding="utf-8")
    look(here, 60)
    look(here, 120)
    task = here.tasks()[0]
    assert (task.status, str(task.error_message).startswith(LATE)) == (Status.SKIPPED, True)
    assert task.media_path == ("nap.mp4" if type_ == "video" else "en_week.json#monday")


def test_a_new_file_under_the_name_of_one_that_was_moved_is_found(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    move(here, "cat.mp4", "nap.mp4")
    here.scan()
    here.put()
    (here.folder / "cat.mp4").write_bytes(b"another")
    assert here.scan().found == 1
    assert paths(here) == ["cat.mp4", "nap.mp4"]


def test_a_waiting_task_that_is_moved_to_its_metadata_goes_out_now(world: MakeWorld) -> None:
    here = world(metadata_wait="15 min")
    here.put()
    look(here, 0)
    look(here, 4)
    move(here, "cat.mp4", "ready/cat.mp4")
    (here.folder / "ready/cat.json").write_text('{"title": "Cat naps"}', encoding="utf-8")
    look(here, 10)
    look(here, 14)
    task = here.task()
    assert (task.metadata_path, task.not_before) == ("ready/cat.json", at(14))


def test_a_file_moved_while_its_task_could_not_find_it_is_posted(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    move(here, "cat.mp4", "nap.mp4")
    move(here, "cat.json", "nap.json")
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().error_message == "the file cat.mp4 is gone"
    assert here.scan().found == 0
    assert (here.task().status, here.task().media_path) == (Status.PENDING, "nap.mp4")
    assert isinstance(here.publish(run_id="run-2"), Posted)


def test_a_moved_file_that_was_posted_is_decided_by_the_run(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.publish()
    move(here, "cat.mp4", "done/cat.mp4")
    move(here, "cat.json", "done/cat.json")
    assert here.scan().found == 1
    assert isinstance(here.publish(here.task_of("done/cat.mp4"), run_id="run-2"), NotPublishable)
    assert here.task_of("done/cat.mp4").error_message == "the same file as cat.mp4, which is completed"
    assert here.task_of("done/cat.mp4").status is Status.SKIPPED
    assert here.posted_texts() == ["Cat naps"]
    here.scan()
    assert here.task_of("done/cat.mp4").status is Status.SKIPPED


@pytest.mark.parametrize("event", [Event.STOP, Event.QUEUE])
def test_a_person_s_no_holds_wherever_the_file_is_moved_and_a_queued_task_follows_nothing(
    world: MakeWorld, event: Event
) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    assert carry_out(here.engine, here.task().id, event, now=utc_now())
    status = here.task().status
    move(here, "cat.mp4", "nap.mp4")
    found = here.scan().found
    assert (found, paths(here)) == ((0, ["nap.mp4"]) if event is Event.STOP else (1, ["cat.mp4", "nap.mp4"]))
    assert min(here.tasks(), key=lambda task: task.id).status is status


def test_a_copy_is_a_task_of_its_own(world: MakeWorld) -> None:
    here = world()
    path = here.put(title="Cat naps")
    here.scan()
    shutil.copy(path, here.folder / "copy.mp4")
    assert here.scan().found == 1
    assert paths(here) == ["cat.mp4", "copy.mp4"]


def test_a_copy_known_to_another_process_does_not_hinder_the_scan(world: MakeWorld) -> None:
    here = world()
    path = here.put(title="Cat naps")
    shutil.copy(path, here.folder / "copy.mp4")
    here.scan()
    path.unlink()
    assert here.scan().found == 0
    assert paths(here) == ["cat.mp4", "copy.mp4"]


def test_many_files_that_are_all_alike_move_and_none_is_lost(world: MakeWorld) -> None:
    here = world()
    many = MOST_TWINS + 20
    (here.folder / "old").mkdir()
    for number in range(many):
        (here.folder / f"old/{number}.mp4").touch()
    assert here.scan().found == many
    move(here, "old", "new")
    here.scan()
    there = [path for path in paths(here) if path.startswith("new/")]
    assert len(there) == many


def test_a_file_replaced_before_its_post_stays_one_task(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    with (here.folder / "cat.mp4").open("ab") as file:
        file.write((8).to_bytes(4, "big") + b"free")
    assert here.scan().found == 0
    assert isinstance(here.publish(), Posted)
    assert here.sandbox.posts()[0]["media"][0]["bytes"] == (here.folder / "cat.mp4").stat().st_size


def test_a_file_replaced_after_its_post_changes_nothing(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    here.publish()
    before = here.task()
    (here.folder / "cat.mp4").write_bytes(b"another film")
    here.scan()
    assert here.task() == before


def test_a_broken_file_that_is_mended_is_posted(world: MakeWorld) -> None:
    here = world()
    skip(here)
    here.put(title="Cat naps")
    report = here.scan()
    assert report.found == 0
    task = here.task()
    assert (task.status, task.media_bytes) == (Status.PENDING, (here.folder / "cat.mp4").stat().st_size)
    assert lines(here)[-1].message == "its file was changed; found, with its metadata in cat.json"
    assert isinstance(here.publish(run_id="run-2"), Posted)
    assert candidates(here) == []


def test_a_mended_file_is_looked_at_twice_like_any_other(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    skip(here)
    here.put(title="Cat naps")
    later = (utc_now() - at(0)).total_seconds() + 60
    assert (look(here, later).arriving, here.task().status) == (1, Status.SKIPPED)
    look(here, later + 3)
    assert here.task().status is Status.SKIPPED
    look(here, later + 4)
    assert here.task().status is Status.PENDING


def test_a_broken_file_replaced_by_one_as_broken_is_judged_once(world: MakeWorld) -> None:
    here = world()
    skip(here)
    (here.folder / "cat.mp4").write_bytes(BROKEN_FILM + b"either")
    here.scan()
    assert isinstance(here.publish(run_id="run-2"), NotPublishable)
    for _ in range(3):
        here.scan()
    assert here.task().status is Status.SKIPPED
    assert actions(here).count("retry") == 1


def test_a_skipped_file_dated_in_the_future_is_not_tried_for_ever(world: MakeWorld) -> None:
    here = world()
    skip(here)
    set_time(here, "cat.mp4", utc_now() + timedelta(days=400))
    for _ in range(3):
        here.scan()
    assert here.task().status is Status.SKIPPED
    assert candidates(here) == []


def test_a_refused_link_replaced_by_the_file_itself_is_posted(world: MakeWorld) -> None:
    here = world()
    secret = here.put(title="Cat naps").rename(here.folder.parent / "secret.mp4")
    (here.folder / "cat.mp4").symlink_to(secret)
    here.scan()
    assert here.task().status is Status.SKIPPED
    (here.folder / "cat.mp4").unlink()
    secret.rename(here.folder / "cat.mp4")
    here.scan()
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.PENDING, "cat.json")
    assert task.quick_fingerprint is not None
    assert isinstance(here.publish(), Posted)


def test_a_file_replaced_by_a_link_out_of_the_project_while_it_arrives_is_refused(world: MakeWorld) -> None:
    here = world()
    path = here.put(title="Cat naps")
    look(here, 0)
    path.rename(here.folder.parent / "secret.mp4")
    path.symlink_to(here.folder.parent / "secret.mp4")
    look(here, 4)
    assert here.task().status is Status.SKIPPED
    assert candidates(here) == []


@pytest.mark.parametrize("how", ["renamed", "copied"])
def test_a_project_folder_that_moves_keeps_its_items(world: MakeWorld, how: str) -> None:
    here = world(after_post="move out/posted")
    names = ("posted.mp4", "deep/down/waiting.mp4", "late.mp4", "cancelled.mp4")
    for name in names:
        here.put(name, title=f"A cat, {name}")
    here.scan()
    here.publish(here.task_of("posted.mp4"))
    carry_out(here.engine, here.task_of("cancelled.mp4").id, Event.STOP)
    with writing(here.engine) as connection:
        assert moves.move(connection, here.task_of("late.mp4").id, Move(Event.SKIP, LATE), now=utc_now())
    before = here.tasks()

    elsewhere = here.folder.parent / "another disk"
    if how == "renamed":
        here.folder.rename(elsewhere)
    else:  # each file is a new one, of now
        shutil.copytree(here.folder, elsewhere, copy_function=shutil.copyfile)
        shutil.rmtree(here.folder)
    moved = world(path=str(elsewhere), after_post="move out/posted")
    for _ in range(2):
        assert moved.scan(utc_now() + timedelta(minutes=5)).found == 0

    assert moved.tasks() == before
    assert isinstance(moved.publish(moved.task_of("deep/down/waiting.mp4"), run_id="run-2"), Posted)
    assert sorted(moved.posted_texts()) == ["A cat, deep/down/waiting.mp4", "A cat, posted.mp4"]
    tidying.tidy(moved.engine, moved.settings, moved.project, now=utc_now() + timedelta(minutes=10))
    assert (elsewhere / "out/posted/deep/down/waiting.mp4").exists()
    assert not (elsewhere / "posted.mp4").exists()
