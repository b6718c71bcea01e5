"""Posts without media, as they stand on the sandbox's timeline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.scanning.texts import MOST_BYTES
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.scanning.scans import look
from twitter_pipeline_tests.support.pictures import words
from twitter_pipeline_tests.support.world import MakeWorld, World

TEXTS = [{"type": "text", "path": "texts", "hashtags": ["sea"]}]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: texts are rows like others, and the properties of scans are shown on both."""
    return f"sqlite:///{tmp_path / 'var' / 'sandbox' / 'pipeline.db'}"


def put(here: World, name: str, text: str | bytes) -> Path:
    path = here.folder / "texts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_text_file_is_a_post_of_its_own(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    put(here, "monday.txt", "\ufeffMonday.\r\n\r\n\r\nThe sea is calm.\n")
    here.scan()
    task = here.task()
    assert (task.media_path, task.files, task.metadata_path) == ("texts/monday.txt", (), "texts/monday.txt")
    assert task.content_data == {"title": "Monday."}
    assert isinstance(here.publish(), Posted)
    (post,) = here.sandbox.posts()
    assert (post["text"], post["media"]) == ("Monday.\n\nThe sea is calm.\n\n#sea", [])


def test_metadata_beside_a_text_file_adds_to_it(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text", "path": "texts"}])
    put(here, "monday.txt", "The sea is calm.")
    words(here.folder / "texts/monday.json", title="Monday", description="not this", hashtags=["calm"])
    here.scan()
    here.publish()
    assert here.posted_texts() == ["Monday\n\nThe sea is calm.\n\n#calm"]


@pytest.mark.parametrize("metadata", [None, "words"])
def test_entries_of_a_batch_file_that_speak_of_no_medium_are_posts(world: MakeWorld, metadata: str | None) -> None:
    here = world(sources=[{"type": "text", "path": "texts", "metadata": metadata}])
    put(here, "clip.mp4", b"")
    batch = {
        "monday": {"title": "Monday"},
        "news 24/7 100%": {"text": "News"},
        "clip.mp4": {"title": "of a film"},
        "clip": {"title": "of a film, too"},
        "later.png": {"title": "of a picture that is not there yet"},
        "videos": [{"filename": "a.mp4", "title": "of a film"}],
    }
    words(here.folder / (metadata or "texts") / "en_week.json", **batch)
    here.scan()
    folder = metadata or "texts"
    assert sorted(task.media_path for task in here.tasks()) == [
        f"{folder}/en_week.json#monday",
        f"{folder}/en_week.json#news 24%2F7 100%25",
    ]
    assert {task.partition_key[11:-5] for task in here.tasks()} == {"monday", "news-24-7-100"}
    for number, task in enumerate(here.tasks()):
        assert isinstance(here.publish(task, run_id=f"run-{number}"), Posted)
    assert sorted(here.posted_texts()) == ["Monday", "News"]
    before = here.tasks()
    here.scan()
    assert here.tasks() == before


def test_a_file_with_the_words_of_one_medium_is_no_batch_of_texts(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    words(here.folder / "texts/en_clip.json", title="A film", extra={"title": "no text"})
    here.scan()
    assert here.tasks() == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "texts/a.txt: it is empty"),
        (b" \n\t\n", "texts/a.txt: it is empty"),
        (b"caf\xe9", "texts/a.txt: it is no UTF-8 text (byte 3); save it as UTF-8"),
        ("Zurück".encode("utf-16"), "texts/a.txt: it is no UTF-8 text (byte 0); save it as UTF-8"),
        (b"x" * (MOST_BYTES + 1), "texts/a.txt: it has 100,001 bytes; a text has 100,000 at most"),
    ],
)
def test_what_is_no_text_is_skipped_at_sight_and_goes_on_when_mended(
    world: MakeWorld, content: bytes, reason: str
) -> None:
    here = world(sources=TEXTS)
    path = put(here, "a.txt", content)
    os.utime(path, (1e9, 1e9))
    here.scan()
    assert (here.task().status, here.task().error_message) == (Status.SKIPPED, reason)
    before = here.task()
    here.scan()
    assert here.task() == before
    path.write_text("Mended.", encoding="utf-8")
    here.scan()
    here.publish()
    assert here.posted_texts() == ["Mended.\n\n#sea"]


NOT_TO_BE_POSTED = "texts/en_week.json says that it is not to be posted: "


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"monday": {"hashtags": ["a"]}}, "there is neither a title nor a description in it; write one"),
        (
            {"monday": {"title": "Monday", "status": "failed"}},
            NOT_TO_BE_POSTED + "its entry 'monday': its status is 'failed'",
        ),
        (
            {"monday": {"title": "Monday"}, "status": "failed", "error": "no disk"},
            NOT_TO_BE_POSTED + "its status is 'failed': no disk",
        ),
    ],
)
def test_an_entry_without_words_or_that_failed_is_skipped_and_goes_on_when_it_has_some(
    world: MakeWorld, said: dict[str, Any], reason: str
) -> None:
    here = world(sources=TEXTS)
    batch = words(here.folder / "texts/en_week.json", **said, tuesday={"title": "Tuesday"})
    os.utime(batch, (1e9, 1e9))
    here.scan()
    monday = here.task_of("texts/en_week.json#monday")
    assert (monday.status, monday.error_message) == (Status.SKIPPED, reason)
    words(here.folder / "texts/en_week.json", monday={"title": "Monday at last"}, tuesday={"title": "Tuesday"})
    here.scan()
    assert here.task_of("texts/en_week.json#monday").status is Status.PENDING


def test_a_text_changed_before_its_post_goes_out_as_it_is_then(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    path = put(here, "a.txt", "Before")
    here.scan()
    path.write_text("After", encoding="utf-8")
    here.publish()
    path.write_text("Much later", encoding="utf-8")
    here.scan()
    assert here.posted_texts() == ["After\n\n#sea"]
    assert len(here.tasks()) == 1


def test_a_text_that_is_gone_is_skipped_and_goes_on_when_it_is_back(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    path = put(here, "a.txt", "A text")
    batch = words(here.folder / "texts/en_week.json", monday={"title": "Monday"}, tuesday={"title": "Tuesday"})
    here.scan()
    path.rename(here.folder / "a.txt")
    words(batch, tuesday={"title": "Tuesday"})
    text, monday = here.task_of("texts/a.txt"), here.task_of("texts/en_week.json#monday")
    for number, task in enumerate((text, monday)):
        assert isinstance(here.publish(task, run_id=f"run-{number}"), NotPublishable)
    assert here.task_of("texts/a.txt").error_message == "the file texts/a.txt is gone"
    assert here.task_of(monday.media_path).error_message == "the text texts/en_week.json#monday is gone"
    before = here.tasks()
    here.scan()
    assert here.tasks() == before
    (here.folder / "a.txt").rename(path)
    words(batch, monday={"title": "Monday"}, tuesday={"title": "Tuesday"})
    here.scan()
    assert {task.status for task in here.tasks()} == {Status.PENDING}


def test_the_same_words_go_out_once(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    put(here, "a.txt", "The sea is calm.")
    put(here, "b.txt", "The sea is calm.\n\n")
    words(here.folder / "texts/en_c.json", c={"description": "The sea is calm."})
    here.scan()
    for number, task in enumerate(here.tasks()):
        here.publish(task, run_id=f"run-{number}")
    assert len(here.sandbox.posts()) == 1
    assert here.task_of("texts/b.txt").error_message == "the same file as texts/a.txt, which is completed"


def test_broken_metadata_beside_a_text_holds_it_back_until_it_is_mended(world: MakeWorld) -> None:
    here = world(sources=TEXTS, metadata_wait=0)
    put(here, "a.txt", "The sea is calm.")
    sidecar = put(here, "a.json", b"{")
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert "texts/a.json: no valid JSON" in (here.task().error_message or "")
    sidecar.write_text('{"hashtags": ["calm"]}', encoding="utf-8")
    here.scan()
    here.publish(run_id="run-2")
    assert here.posted_texts() == ["The sea is calm.\n\n#calm #sea"]


def test_a_batch_that_is_still_being_written_is_told_and_waited_for(world: MakeWorld) -> None:
    here = world(sources=TEXTS, stable_for="4 s")
    batch = put(here, "en_week.json", b'{"monday": {"title": "Mon')
    (problem,) = look(here, 0).problems
    assert "texts/en_week.json: no valid JSON" in problem
    words(batch, monday={"title": "Monday"})
    assert [look(here, second).found for second in (10, 13, 14)] == [0, 0, 1]


def test_a_batch_of_no_entries_is_told(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    words(here.folder / "texts/en_week.json", monday="The sea is calm.")
    (problem,) = here.scan().problems
    assert 'texts/en_week.json: it has no entry such as "monday": {"title": …}' in problem
    assert here.tasks() == []


@pytest.mark.parametrize("hours_ago", [0, 1], ids=["written now", "copied with its time"])
def test_an_entry_too_old_for_the_project_stays_out_when_another_is_added(world: MakeWorld, hours_ago: int) -> None:
    here = world(sources=TEXTS, ignore_before="2026-01-01")
    batch = words(here.folder / "texts/en_week.json", monday={"title": "Monday"})
    os.utime(batch, (1e9, 1e9))
    here.scan()
    assert here.task().status is Status.SKIPPED
    words(batch, monday={"title": "Monday"}, tuesday={"title": "Tuesday"})
    if hours_ago:
        then = batch.stat().st_mtime - hours_ago * 3600
        os.utime(batch, (then, then))
    here.scan()
    assert here.task_of("texts/en_week.json#monday").status is Status.SKIPPED
    assert here.task_of("texts/en_week.json#tuesday").status is Status.PENDING
    without = world(sources=TEXTS)
    without.scan()
    assert without.task_of("texts/en_week.json#monday").status is Status.PENDING


def test_what_is_pending_is_held_back_when_the_project_begins_to_leave_out_the_old(world: MakeWorld) -> None:
    here = world(sources=TEXTS)
    os.utime(words(here.folder / "texts/en_week.json", monday={"title": "Monday"}), (1e9, 1e9))
    os.utime(put(here, "a.json#b.txt", "A text whose name looks like an entry."), (1e9, 1e9))
    here.scan()
    assert {task.status for task in here.tasks()} == {Status.PENDING}
    later = world(sources=TEXTS, ignore_before="2026-01-01")
    later.scan()
    assert {task.media_path: task.status for task in later.tasks()} == {
        "texts/a.json#b.txt": Status.SKIPPED,
        "texts/en_week.json#monday": Status.SKIPPED,
    }
