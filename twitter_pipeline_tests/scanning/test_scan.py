"""Files become tasks once they have stopped changing, each once, whatever they are called."""

from __future__ import annotations

import json
import os
import shutil
import unicodedata
from datetime import datetime, timedelta, timezone

import pytest

from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.scanning.taking import MOST_PATH_BYTES
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.scanning.scans import LONG, actions, at, candidates, lines, look, paths, project_row
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir
from twitter_pipeline_tests.support.world import MakeWorld


def test_a_file_is_taken_once_it_was_the_same_in_two_looks_far_enough_apart(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    here.put(title="Cat naps")
    assert (look(here, 0).found, look(here, 3.9).found) == (0, 0)
    report = look(here, 4)
    assert (report.found, report.arriving, report.whole) == (1, 0, True)
    task = here.task()
    assert (task.status, task.media_path, task.metadata_path) == (Status.PENDING, "cat.mp4", "cat.json")
    assert (task.not_before, task.created_at) == (at(4), at(4))
    assert task.media_bytes == (here.folder / "cat.mp4").stat().st_size
    assert task.content_data == {"title": "Cat naps"}
    assert lines(here)[0].message == "found, with its metadata in cat.json"
    assert candidates(here) == []


def test_nothing_is_taken_at_the_first_look_however_short_the_wait(world: MakeWorld) -> None:
    here = world(stable_for=0)
    here.put(title="Cat naps")
    assert (look(here, 0).arriving, candidates(here)) == (1, ["cat.mp4"])
    assert look(here, 0).found == 1


def test_a_file_that_still_grows_is_not_taken(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    for second in range(0, 50, 5):
        assert look(here, second).found == 0
        with path.open("ab") as file:
            file.write(b"more")
    assert (look(here, 50).found, look(here, 53).found, look(here, 54).found) == (0, 0, 1)


def test_a_file_that_grows_under_an_old_time_is_not_taken(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    for second in range(0, 25, 5):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert look(here, second).found == 0
        with path.open("ab") as file:
            file.write(b"more")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    assert [look(here, second).found for second in (30, 34)] == [0, 1]


def test_a_file_written_over_in_the_same_size_is_not_taken(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    look(here, 0)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert (look(here, 10).found, look(here, 14).found) == (0, 1)


def test_a_file_that_changes_between_the_look_and_the_reading_is_not_taken(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twitter_pipeline.scanning import taking as scanning

    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    look(here, 0)
    pair = scanning.pair

    def write_meanwhile(*arguments: object) -> object:
        with path.open("ab") as file:
            file.write(b"more")
        return pair(*arguments)

    monkeypatch.setattr(scanning, "pair", write_meanwhile)
    assert look(here, 4).found == 0
    assert candidates(here) == ["cat.mp4"]
    monkeypatch.undo()
    assert [look(here, second).found for second in (5, 8, 9)] == [0, 0, 1]


def test_time_runs_on_during_a_long_look(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world(stable_for="60 s")
    here.put(title="Cat naps")
    began = datetime.now(timezone.utc)
    scan(here.engine, here.project, time_box=LONG)
    # Counted from the beginning of that scan, the minute would be over before it is.
    assert scan(here.engine, here.project, time_box=LONG, now=began + timedelta(seconds=60)).found == 0
    late = datetime.now(timezone.utc) + timedelta(seconds=60)
    assert scan(here.engine, here.project, time_box=LONG, now=late).found == 1


def test_a_clock_that_was_set_back_keeps_no_file_waiting(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    here.put(title="Cat naps")
    look(here, 24 * 3600)
    assert [look(here, second).found for second in (0, 4)] == [0, 1]


def test_a_restart_between_two_looks_does_not_begin_anew(world: MakeWorld, database_url: str) -> None:
    here = world(stable_for="4 s")
    here.put(title="Cat naps")
    look(here, 0)
    here.engine.dispose()
    connect.cache_clear()
    assert scan(connect(database_url), here.project, time_box=LONG, now=at(4)).found == 1


def test_a_file_that_goes_away_is_forgotten(world: MakeWorld) -> None:
    here = world()
    path = here.put("new/cat.mp4")
    look(here, 0)
    path.unlink()
    look(here, 1)
    assert (candidates(here), here.tasks()) == ([], [])


def test_what_is_known_is_not_taken_again(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.scan()
    before = here.tasks()
    assert here.scan().found == 0
    assert here.tasks() == before
    assert candidates(here) == []


def test_batch_files_and_files_of_their_own_are_paired(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video", "path": "videos", "metadata": "words"}])
    for name in ("a", "b", "c"):
        here.put(f"videos/{name}.mp4")
    (here.folder / "words").mkdir()
    batch = {"a.mp4": {"title": "A of the batch"}, "b.mp4": {"title": "B of the batch"}}
    (here.folder / "words/en_prompt_results_20260102_030405.json").write_text(json.dumps(batch), encoding="utf-8")
    (here.folder / "videos/b.json").write_text('{"title": "B of its own"}', encoding="utf-8")
    here.scan()
    assert {task.media_path: (task.metadata_path, task.content_data["title"]) for task in here.tasks()} == {
        "videos/a.mp4": ("words/en_prompt_results_20260102_030405.json", "A of the batch"),
        "videos/b.mp4": ("videos/b.json", "B of its own"),
        "videos/c.mp4": (None, ""),
    }


@needs_samples
def test_the_27_clips_of_the_real_project_become_27_tasks_with_english_titles(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video", "path": "output_video_music", "metadata": "uploader_json"}])
    shutil.copytree(samples_dir() / "maker_music_makerthins", here.folder, dirs_exist_ok=True)
    assert here.scan().found == 27
    tasks = here.tasks()
    assert len({task.content_data["title"] for task in tasks}) == 27
    assert all(title.isascii() and len(title) > 10 for title in (task.content_data["title"] for task in tasks))
    assert {task.metadata_path for task in tasks} == {"uploader_json/en_prompt_results_20250719_144048.json"}


@pytest.mark.parametrize(
    "stem",
    [
        "two words",
        "🐈‍⬛ cat 🎉",
        'it\'s a "cat"; DROP TABLE publishing_tasks --',
        "two\nlines",
        "100%_of\\cats",
        unicodedata.normalize("NFC", "Füße"),
        unicodedata.normalize("NFD", "Füße"),
        "長" * 83,
        "x" * 250,
        "-rf",
    ],
)
def test_any_name_is_kept_as_it_is_and_finds_its_metadata(world: MakeWorld, stem: str) -> None:
    here = world()
    here.put(f"{stem}.mp4")
    if len(stem.encode()) < 250:  # else ".json" makes it longer than a name may be
        (here.folder / f"{stem}.json").write_text('{"title": "T"}', encoding="utf-8")
    here.scan()
    task = here.task()
    assert task.media_path == f"{stem}.mp4"
    assert (task.metadata_path is None) == (len(stem.encode()) >= 250)
    assert here.scan().found == 0


def test_a_name_that_is_no_utf_8_is_recorded_as_skipped(world: MakeWorld) -> None:
    here = world()
    here.put().rename(os.fsdecode(os.fsencode(here.folder) + b"/caf\xe9.mp4"))
    here.scan()
    task = here.task()
    assert (task.media_path, task.status) == ("caf\\xe9.mp4", Status.SKIPPED)
    assert task.error_message == "its name is not valid UTF-8; rename it"


def test_a_batch_file_whose_name_is_no_utf_8_is_told_by_what_it_may_hold(world: MakeWorld) -> None:
    here = world()
    here.put(title="Cat naps")
    here.put("dog.mp4")
    batch = here.folder / os.fsdecode(b"en_\xe9.json")
    batch.write_text('{"dog.mp4": {"title": "Dog"}}', encoding="utf-8")
    assert here.scan().found == 2
    dog = here.task_of("dog.mp4")
    assert dog.metadata_path is None
    assert "en_\\xe9.json: its name is not valid UTF-8; rename it" in lines(here, dog)[0].message


def test_a_link_out_of_the_project_is_skipped_with_the_reason_and_no_metadata_revives_it(world: MakeWorld) -> None:
    here = world()
    secret = here.put(title="Secret").rename(here.folder.parent / "secret.mp4")
    (here.folder / "cat.mp4").symlink_to(secret)
    report = look(here, 0)
    assert report.found == 1
    task = here.task()
    assert task.status is Status.SKIPPED
    assert task.error_message == "is a link that leads out of the project; put the file itself there"
    assert actions(here) == ["found"]
    assert report.skipped == 1
    look(here, 4)
    look(here, 8)
    assert here.task() == task


def test_a_path_too_long_for_a_database_is_told_and_the_rest_goes_on(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    deep = "/".join(["x" * 200] * 12)
    assert len(f"{deep}/{'y' * 200}.mp4") > MOST_PATH_BYTES
    here.put(f"{deep}/{'y' * 200}.mp4")
    here.put(f"{deep}/z.mp4")
    report = here.scan()
    assert paths(here) == ["cat.mp4", f"{deep}/z.mp4"]
    (problem,) = report.problems
    assert "its path has 2,616 bytes" in problem
    assert "move it up" in problem


def test_a_file_that_cannot_be_read_is_a_task_that_says_so(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from twitter_pipeline.scanning import taking as scanning

    def refuse(_: object) -> None:  # tests may run as root, whom no permission stops
        raise PermissionError(13, "Permission denied")

    here = world()
    here.put(title="Cat naps")
    monkeypatch.setattr(scanning, "quick", refuse)
    assert here.scan().found == 1
    assert here.task().status is Status.PENDING
    assert "the file cannot be read: Permission denied" in lines(here)[0].message
    assert candidates(here) == []


@pytest.mark.parametrize("time_ns", [-(2**62), 0, 2**63, 2**63 + 5_000_000_000])
def test_any_time_a_file_may_have_is_taken(world: MakeWorld, time_ns: int) -> None:
    here = world()
    os.utime(here.put(title="Cat naps"), ns=(0, time_ns))
    assert here.scan().found == 1
    assert here.scan().found == 0


def test_two_sources_take_their_own_kind_from_one_folder(world: MakeWorld) -> None:
    here = world(sources=[{"type": "video"}, {"type": "image"}])
    here.put("cat.mp4", title="Cat naps")
    (here.folder / "cat.png").write_bytes(b"png")
    assert here.scan().found == 2
    video, image = here.task_of("cat.mp4"), here.task_of("cat.png")
    assert video.content_source_id != image.content_source_id
    assert project_row(here).last_scan_time is not None
