"""Which pictures become one item, and what happens when they change."""

from __future__ import annotations

import os
import shutil
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from twitter_pipeline.scanning import source as scanning
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import changes
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.moves import NewItem
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.scanning.scans import LONG, actions, at, candidates, look
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.pictures import picture, pictures, words
from twitter_pipeline_tests.support.world import MakeWorld, World

ALBUMS = [{"type": "album", "path": "albums"}]


def items(here: World) -> dict[str, tuple[str, ...]]:
    """The files of every item, by its key, without the folders before them."""
    return {task.media_path: tuple(file.rpartition("/")[2] for file in task.files) for task in here.tasks()}


def test_an_album_is_taken_once_none_of_its_pictures_changes_and_none_is_added(world: MakeWorld) -> None:
    here = world(sources=ALBUMS, stable_for="4 s")
    words(here.folder / "albums/trip.json", title="A trip")
    first = picture(here.folder / "albums/trip/1.png")
    assert (look(here, 0).arriving, candidates(here)) == (1, ["albums/trip/*"])
    picture(here.folder / "albums/trip/2.png", 2)
    assert (look(here, 4).arriving, items(here)) == (2, {})
    picture(first, 3)
    assert (look(here, 8).found, look(here, 11).found, look(here, 12).found) == (0, 0, 1)
    assert items(here) == {"albums/trip": ("1.png", "2.png")}
    assert (candidates(here), here.task().metadata_path) == ([], "albums/trip.json")
    assert look(here, 20).found == 0


def test_every_folder_below_is_an_album_and_in_the_source_s_own_only_numbers_join(world: MakeWorld) -> None:
    here = world(sources=[{"type": "album"}])
    pictures(here.folder, "alone.png", "trip_1.png", "trip_2.jpg", "trip_10.png", "day_1.png")
    pictures(here.folder / "a", "x.png", "y_1.png", "y_2.png", shade=20)
    pictures(here.folder / "a/b", "z.png", shade=30)
    look(here, 0)
    look(here, 4)
    assert items(here) == {
        "a": ("x.png", "y_1.png", "y_2.png"),
        "a/b": ("z.png",),
        "alone.png": ("alone.png",),
        "day_*": ("day_1.png",),
        "trip_*": ("trip_1.png", "trip_2.jpg", "trip_10.png"),
    }


def test_a_pending_album_follows_what_is_put_in_and_taken_out(world: MakeWorld) -> None:
    here = world(sources=ALBUMS, metadata_wait="1 h")
    one, *_ = pictures(here.folder / "albums/trip", "1.png", "2.png")
    look(here, 0)
    look(here, 4)
    pictures(here.folder / "albums/trip", "3.png", "4.png", "5.png", shade=10)
    one.unlink()
    look(here, 10)
    assert items(here) == {"albums/trip": ("1.png", "2.png")}
    look(here, 14)
    assert items(here) == {"albums/trip": ("2.png", "3.png", "4.png", "5.png")}
    assert actions(here) == ["found", "changed"]
    picture(one, 20)
    look(here, 20)
    look(here, 24)
    assert items(here) == {"albums/trip": ("2.png", "3.png", "4.png", "5.png"), "albums/trip#2": ("1.png",)}
    words(here.folder / "albums/trip.json", title="A trip")
    look(here, 30)
    assert {task.metadata_path for task in here.tasks()} == {"albums/trip.json"}
    assert {task.not_before for task in here.tasks()} == {at(30)}


@pytest.mark.parametrize("event", [Event.QUEUE, Event.STOP])
def test_an_album_that_was_taken_or_cancelled_changes_no_more(world: MakeWorld, event: Event) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    one, *_ = pictures(here.folder / "albums/trip", "1.png", "2.png")
    look(here, 0)
    look(here, 4)
    assert carry_out(here.engine, here.task().id, event, now=at(5))
    one.unlink()
    picture(here.folder / "albums/trip/3.png", 9)
    for second in (10, 14, 20):
        look(here, second)
    assert items(here) == {"albums/trip": ("1.png", "2.png"), "albums/trip#2": ("3.png",)}


def test_a_broken_picture_keeps_its_album_waiting_until_it_is_mended_or_taken_out(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    _, two = pictures(here.folder / "albums/trip", "1.png", "2.png")
    two.write_bytes(b"")
    here.scan()
    assert here.task().status is Status.SKIPPED
    assert (here.task().error_message or "").startswith("albums/trip/2.png: The file is empty")
    before = here.task()
    here.scan()
    assert here.task() == before
    two.unlink()
    here.scan()
    assert (here.task().status, items(here)) == (Status.PENDING, {"albums/trip": ("1.png",)})
    two.write_bytes(b"no picture")
    here.scan()
    assert items(here) == {"albums/trip": ("1.png", "2.png")}


def test_a_mended_album_goes_on_however_many_are_skipped(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from twitter_pipeline.scanning import known

    monkeypatch.setattr(known, "SKIPPED_A_SCAN", 1)
    here = world(sources=ALBUMS)
    for number in range(25):
        (here.folder / f"albums/{number}").mkdir(parents=True)
        (here.folder / f"albums/{number}/a.png").write_bytes(b"")
    here.scan()
    picture(here.folder / "albums/3/a.png")
    later = datetime(2030, 1, 1, tzinfo=timezone.utc)  # whose turn it is depends on the time alone
    for number in range(120):
        scan(here.engine, here.project, time_box=LONG, now=later + number * timedelta(seconds=10))
    assert here.task_of("albums/3").status is Status.PENDING


def test_a_video_in_an_album_s_folder_is_another_source_s_or_skipped_and_the_rest_goes_on(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    picture(here.folder / "albums/trip/1.png")
    here.put("albums/trip/2.mp4")
    here.scan()
    video = here.task_of("albums/trip/2.mp4")
    assert video.status is Status.SKIPPED
    assert "is a video, and an album holds pictures" in (video.error_message or "")
    assert here.task_of("albums/trip").files == ("albums/trip/1.png",)
    before = here.tasks()
    here.scan()
    assert here.tasks() == before


def test_all_kinds_may_lie_in_one_folder_and_each_file_is_taken_once(world: MakeWorld) -> None:
    here = world(sources=[{"type": kind, "path": "media"} for kind in ("video", "image", "album", "text")])
    here.put("media/film.mp4")
    here.put("media/trip/film.mp4")
    pictures(here.folder / "media", "alone.png", "trip_1.png", "trip_2.png")
    pictures(here.folder / "media/trip", "1.png", "2.png", shade=9)
    (here.folder / "media/a.txt").write_text("A text", encoding="utf-8")
    here.scan()
    assert items(here) == {
        "media/film.mp4": ("film.mp4",),
        "media/trip/film.mp4": ("film.mp4",),
        "media/alone.png": ("alone.png",),
        "media/trip_*": ("trip_1.png", "trip_2.png"),
        "media/trip": ("1.png", "2.png"),
        "media/a.txt": (),
    }


def test_of_pictures_in_two_sources_the_nearer_one_has_them(world: MakeWorld) -> None:
    paths = {"image": [".", "albums/covers"], "album": ["albums"]}
    here = world(sources=[{"type": kind, "path": path} for kind, folders in paths.items() for path in folders])
    pictures(here.folder, "a.png", "b_1.png")
    pictures(here.folder / "albums/trip", "1.png", "2.png", shade=5)
    pictures(here.folder / "albums/covers", "1.png", "2.png", shade=9)
    here.scan()
    in_images = ("a.png", "b_1.png", "albums/covers/1.png", "albums/covers/2.png")
    assert sorted(task.media_path for task in here.tasks()) == sorted((*in_images, "albums/trip"))


def test_a_picture_too_old_for_the_project_is_left_out_with_its_album(world: MakeWorld) -> None:
    here = world(sources=ALBUMS, ignore_before="2026-01-01")
    for file in pictures(here.folder / "albums/old", "1.png", "2.png"):
        os.utime(file, (1e9, 1e9))
    new = pictures(here.folder / "albums/new", "1.png", "2.png", shade=4)
    os.utime(new[0], (1e9, 1e9))
    here.scan()
    assert here.task_of("albums/old").status is Status.SKIPPED
    assert here.task_of("albums/new").status is Status.PENDING
    before = here.tasks()
    here.scan()
    assert here.tasks() == before


def test_a_share_that_writes_names_in_another_form_makes_nothing_new_of_a_posted_album(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    words(here.folder / "albums/trip.json", title="A trip")
    files = pictures(here.folder / "albums/trip", "ä.png", "ö.png")
    here.scan()
    here.publish()
    files += pictures(here.folder / "albums/trip", "ü.png", shade=9)
    here.scan()
    here.publish(here.task_of("albums/trip#2"), run_id="run-2")
    before = here.tasks()
    for file in files:
        file.rename(file.with_name(unicodedata.normalize("NFD", file.name)))
    here.scan()
    assert here.tasks() == before


def test_an_album_without_words_is_posted_with_those_of_its_folder(world: MakeWorld) -> None:
    here = world(sources=ALBUMS, metadata_wait=0, without_metadata="post")
    pictures(here.folder / "albums/my_day.out", *(f"{number}.png" for number in range(5)))
    pictures(here.folder / "albums", "at_sea_1.png", "at_sea_2.png", "alone_at-last.png", shade=9)
    here.scan()
    for task in here.tasks():
        here.publish(task, run_id=f"run-{task.id}")
    assert sorted(here.posted_texts()) == ["alone at last", "at sea", "my day out", "my day out (2)"]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_any_name_of_a_folder_is_kept_and_finds_its_metadata(world: MakeWorld, form: str) -> None:
    here = world(sources=ALBUMS)
    names = [unicodedata.normalize(form, "Füße & Hände"), "x" * 255, "長" * 80, "a#2", "100%_of\\cats\n", "trip_*"]
    for number, name in enumerate(names):
        pictures(here.folder / "albums" / name, "1.png", "2.png", shade=10 * number)
        if len(name.encode()) < 250:
            words(here.folder / "albums" / f"{unicodedata.normalize('NFC', name)}.json", title="T")
        else:
            words(here.folder / "albums" / name / "album.json", title="T")
    here.scan()
    assert sorted(task.media_path for task in here.tasks()) == sorted(f"albums/{name}" for name in names)
    assert all(task.metadata_path for task in here.tasks())
    before = here.tasks()
    here.scan()
    assert here.tasks() == before


def test_links_in_an_album_lead_neither_out_of_the_project_nor_in_circles(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    one = picture(here.folder / "albums/trip/1.png")
    (here.folder / "albums/trip/2.png").symlink_to(one)
    (here.folder / "albums/trip/3.png").symlink_to("3.png")
    (here.folder / "albums/trip/4.png").symlink_to("/etc/hostname")
    (here.folder / "albums/trip/round").symlink_to(here.folder / "albums")
    report = here.scan()
    assert items(here)["albums/trip"] == ("1.png", "2.png")
    assert {task.error_message for task in here.tasks() if task.status is Status.SKIPPED} == {
        "is a link to no file",
        "is a link that leads out of the project; put the file itself there",
    }
    assert any("is a link to a folder" in problem for problem in report.problems)


def test_a_copy_of_an_album_leaves_the_first_where_it_is(world: MakeWorld) -> None:
    here = world(sources=ALBUMS)
    pictures(here.folder / "albums/trip", *(f"{number}.png" for number in range(6)))
    here.scan()
    shutil.copytree(here.folder / "albums/trip", here.folder / "albums/copy")
    here.scan()
    assert sorted(items(here)) == ["albums/copy", "albums/copy#2", "albums/trip", "albums/trip#2"]


def test_what_another_scan_and_a_run_did_meanwhile_puts_no_picture_into_two_items(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(sources=ALBUMS)
    pictures(here.folder / "albums/trip", "1.png", "2.png")
    look(here, 0)
    look(here, 4)
    pictures(here.folder / "albums/trip", "0.png", "0b.png", "3.png", shade=40)
    look(here, 10)
    record = scanning.record

    def meanwhile(*arguments: Any, **more: Any) -> Any:
        monkeypatch.undo()
        files = tuple(f"albums/trip/{number}.png" for number in (1, 2, 3))  # as a scan that saw less has it
        task = here.task()
        with writing(here.engine) as connection:
            item = NewItem("cats", task.content_source_id, task.media_path, None, at(11), "", media_files=files)
            assert changes.regroup(connection, task.id, item, now=at(11))
        assert carry_out(here.engine, task.id, Event.QUEUE, now=at(12))
        return record(*arguments, **more)

    monkeypatch.setattr(scanning, "record", meanwhile)
    look(here, 14)
    assert items(here) == {"albums/trip": ("1.png", "2.png", "3.png")}
    look(here, 20)
    look(here, 24)
    assert items(here) == {"albums/trip": ("1.png", "2.png", "3.png"), "albums/trip#2": ("0.png", "0b.png")}
