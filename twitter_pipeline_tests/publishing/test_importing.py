"""`import-posted`: what was posted before, elsewhere, is never posted again."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.importing import Importer, Report
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.publishing.posted_list import Entry, Unusable, Wrong, parse
from twitter_pipeline.publishing.preview import preview
from twitter_pipeline.publishing.session import Unavailable
from twitter_pipeline.publishing.tidying import tidy
from twitter_pipeline.scanning.fingerprint import full
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import TRANSITIONS, Event, Status
from twitter_pipeline_tests.media.make import noise
from twitter_pipeline_tests.scanning.scans import actions, lines
from twitter_pipeline_tests.support.items import carry_out, put_task, read_task
from twitter_pipeline_tests.support.world import MakeWorld, World

URL = "https://x.com/cat_films/status/1863219584000000000"


def take_in(here: World, *entries: Entry | Wrong | str, **options: Any) -> Report:
    made = [Entry(number, entry) if isinstance(entry, str) else entry for number, entry in enumerate(entries, 1)]
    importer = Importer(here.engine, here.settings, here.settings.projects, now=utc_now(), **options)
    return importer.run(made)


def nothing_is_posted(here: World) -> None:
    """Whatever is tried by itself or by a person, no task goes out."""
    for _ in range(2):
        here.scan()
    for task in here.tasks():
        assert not carry_out(here.engine, task.id, Event.RETRY, now=utc_now())
        refused = here.open(task)
        assert isinstance(refused, Unavailable)
        assert refused.posted is not None
    assert here.posted_texts() == []


def test_a_file_that_was_never_scanned_is_recorded_as_posted_and_stays_so(world: MakeWorld) -> None:
    here = world()
    here.put("old.mp4", title="Old")
    assert take_in(here, "old.mp4") == Report(imported=1)
    task = here.task()
    assert (task.status, task.tweet_id, task.tweet_url, task.executed_time) == (Status.COMPLETED, None, None, None)
    assert task.content_hash == full(here.folder / "old.mp4")
    assert actions(here) == ["found", "import"]
    assert lines(here)[-1].message == "posted before, elsewhere"
    shown = preview(here.engine, here.settings, task, now=utc_now())
    assert (shown.draft, shown.why_not) == (None, ("it was posted before, elsewhere",))
    nothing_is_posted(here)


def half_a_thread(world: MakeWorld) -> World:
    """One of the posts of old.mp4 is on X."""
    here = world(sources=[{"type": "video", "overflow": "thread"}])
    here.put("old.mp4", title="Paper planes", description="They fly far today. " * 30)
    here.scan()
    here.looked_through()
    here.sandbox.add_faults([{"call": "POST /2/tweets", "kind": "status", "status": 404, "after": 1}])
    here.publish()
    here.sandbox.clear_faults()
    assert len(here.posted_texts()) == 1
    return here


def test_half_a_thread_on_the_list_is_named_since_the_rest_goes_on(world: MakeWorld) -> None:
    here = half_a_thread(world)
    (first,) = here.sandbox.posts()
    task = here.task()
    parts = len(task.content_data["more"]) + 1
    why = (
        f"old.mp4: 1 of {parts} posts of its thread are on X, and the rest still goes out; is it whole there:"
        f" twitter-pipeline tasks resolve {task.id} --posted URL, for each of the others in turn"
    )
    for entry in (Entry(3, "old.mp4"), Entry(3, "old.mp4", first["id"], URL)):
        assert take_in(here, entry) == take_in(here, entry, dry_run=True) == Report(wrong=[Wrong(3, why)])
    assert here.task().status is Status.PENDING
    here.publish(run_id="again")
    assert here.task().status is Status.COMPLETED
    assert len(here.posted_texts()) == parts > 2
    assert take_in(here, "old.mp4") == Report(already=1)


def test_half_a_thread_that_a_person_ended_is_left_as_it_is(world: MakeWorld) -> None:
    here = half_a_thread(world)
    carry_out(here.engine, here.task().id, Event.STOP, now=utc_now())
    assert take_in(here, "old.mp4") == Report(already=1)
    assert here.task().status is Status.CANCELLED
    carry_out(here.engine, here.task().id, Event.RETRY, now=utc_now())
    carry_out(here.engine, here.task().id, Event.CLAIM, now=utc_now())
    carry_out(here.engine, here.task().id, Event.FAIL, now=utc_now())
    (wrong,) = take_in(here, "old.mp4").wrong
    assert "are on X, and a retry goes on with the rest; is it whole there: twitter-pipeline tasks resolve" in wrong.why


def test_one_that_waits_is_completed_with_its_post_and_the_rest_goes_out(world: MakeWorld) -> None:
    here = world(time_zone="Europe/Berlin")
    here.put("old.mp4", title="Old")
    here.put("new.mp4", title="New")
    here.scan()
    entry = Entry(7, "old.mp4", "1863219584000000000", URL, datetime.fromisoformat("2026-11-20T18:00"))
    assert take_in(here, entry) == Report(imported=1, linked=1)
    task = here.task_of("old.mp4")
    assert (task.status, task.tweet_id, task.tweet_url) == (Status.COMPLETED, "1863219584000000000", URL)
    assert task.executed_time == datetime(2026, 11, 20, 17, 0, tzinfo=timezone.utc)
    assert isinstance(here.publish(here.task_of("new.mp4")), Posted)
    assert here.posted_texts() == ["New"]
    assert take_in(here, entry) == Report(already=1)


def test_the_same_content_under_another_name_is_not_posted(world: MakeWorld) -> None:
    here = world()
    path = here.put("old.mp4", title="Old")
    take_in(here, "old.mp4")
    shutil.copy(path, here.folder / "copy.mp4")
    (here.folder / "copy.json").write_text('{"title": "Copy"}', encoding="utf-8")
    here.scan()
    outcome = here.publish(here.task_of("copy.mp4"))
    assert isinstance(outcome, NotPublishable)
    assert outcome.reason == "the same file as old.mp4, which is completed"


def test_content_that_a_waiting_task_had_taken_is_the_imported_one_s(world: MakeWorld) -> None:
    here = world()
    here.put("old.mp4", title="Old")
    shutil.copy(here.folder / "old.mp4", here.folder / "copy.mp4")
    here.scan()
    copy = here.task_of("copy.mp4")
    with here.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE publishing_tasks SET content_hash = :hash WHERE id = :id"),
            {"hash": full(here.folder / "copy.mp4"), "id": copy.id},
        )
    take_in(here, "old.mp4")
    assert here.task_of("old.mp4").content_hash is not None
    assert isinstance(here.publish(copy), NotPublishable)
    assert take_in(here, "copy.mp4") == Report(imported=1)
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}


@pytest.mark.parametrize("status", list(Status))
def test_it_takes_every_state_that_no_run_is_at(world: MakeWorld, status: Status) -> None:
    here = world()
    here.put("old.mp4", title="Old")
    task_id = put_task(here.engine, status, media_path="old.mp4")
    report = take_in(here, "old.mp4")
    if status in TRANSITIONS[Event.IMPORT].froms:
        assert report == Report(imported=1)
        assert read_task(here.engine, task_id).status is Status.COMPLETED
    elif status is Status.COMPLETED:
        assert report == Report(already=1)
    else:
        (wrong,) = report.wrong
        assert wrong == Wrong(1, f"old.mp4: it is {status} now; try again when its run has ended")
        assert read_task(here.engine, task_id).status is status


def test_what_is_not_there_or_nobody_takes_is_named_with_its_line_and_the_rest_goes_on(world: MakeWorld) -> None:
    here = world(sources=[{"path": "clips"}])
    for name in ("clips/a.mp4", "b.mp4", "clips/notes.txt"):
        here.put(name)
    report = take_in(here, "clips/gone.mp4", "b.mp4", "clips/notes.txt", "/etc/hostname", "clips/a.mp4", "a\0b", "")
    assert report.imported == 1
    assert [(wrong.line, wrong.why.split(":")[-1].strip()) for wrong in report.wrong] == [
        (1, f"there is no such file in {here.folder}"),
        (2, "no source of project cats takes it"),
        (3, "no source of project cats takes it"),
        (4, f"there is no such file in {here.folder}"),
        (6, f"there is no such file in {here.folder}"),
        (7, "no source of project cats takes it"),
    ]


def test_a_file_that_is_gone_but_known_is_completed_all_the_same(world: MakeWorld) -> None:
    here = world()
    here.put("old.mp4", title="Old").unlink()
    put_task(here.engine, Status.PENDING, media_path="old.mp4")
    assert take_in(here, "old.mp4") == Report(imported=1)
    assert here.task().content_hash is None


def test_paths_may_be_absolute_or_lead_there_by_a_link(world: MakeWorld, tmp_path: Path) -> None:
    here = world()
    for name in ("a.mp4", "b.mp4", "sub/c.mp4"):
        here.put(name)
    (tmp_path / "link").symlink_to(here.folder)
    assert take_in(here, str(here.folder / "a.mp4"), str(tmp_path / "link/b.mp4"), "./sub/../sub/c.mp4").imported == 3


def test_a_name_in_the_other_normal_form_is_the_same(world: MakeWorld) -> None:
    here = world()
    here.put("Cafe\u0301.mp4")
    assert take_in(here, "Café.mp4").imported == 1


def test_a_dry_run_says_the_same_and_changes_nothing(world: MakeWorld) -> None:
    here = world()
    for name in ("a.mp4", "b.mp4"):
        here.put(name)
    put_task(here.engine, Status.PENDING, media_path="a.mp4")
    before = here.tasks()
    report = take_in(here, "a.mp4", "b.mp4", "c.mp4", dry_run=True)
    assert (report.imported, [wrong.line for wrong in report.wrong]) == (2, [3])
    assert here.tasks() == before
    assert take_in(here, "a.mp4", "b.mp4", "c.mp4") == report


def test_an_album_is_posted_when_one_of_its_pictures_was_and_a_text_by_its_file(world: MakeWorld) -> None:
    here = world(sources=[{"type": "album"}, {"type": "text"}])
    for number in range(3):
        path = here.folder / f"trip/{number}.png"
        path.parent.mkdir(exist_ok=True)
        noise((64, 64 + number)).save(path)
    (here.folder / "hello.txt").write_text("Hello", encoding="utf-8")
    report = take_in(here, "trip/0.png", "trip/1.png", "trip/2.png", "hello.txt")
    assert report == Report(imported=2)
    assert {task.media_path: task.status for task in here.tasks()} == {
        "trip": Status.COMPLETED,
        "hello.txt": Status.COMPLETED,
    }
    assert all(task.content_hash for task in here.tasks())
    nothing_is_posted(here)


def test_a_clip_of_two_languages_is_posted_in_both(world: MakeWorld) -> None:
    here = world(sources=[{}, {"language": "de", "repeat": True}, {"language": "fr"}])
    here.put("old.mp4", title="Old")
    assert take_in(here, "old.mp4") == Report(imported=3)
    assert len({task.content_hash for task in here.tasks()}) == 3
    nothing_is_posted(here)


def test_too_old_or_broken_files_can_be_imported_too(world: MakeWorld) -> None:
    here = world(ignore_before="2999-01-01")
    here.put("old.mp4")
    here.put("empty.mp4").write_bytes(b"")
    here.scan()
    here.put("never scanned.mp4")
    assert take_in(here, "old.mp4", "empty.mp4", "never scanned.mp4").imported == 3
    nothing_is_posted(here)


def test_what_was_posted_elsewhere_is_not_moved_away(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    here.put("old.mp4")
    take_in(here, "old.mp4")
    tidy(here.engine, here.settings, here.project, now=utc_now() + 2 * RUNS_OWN)
    assert (here.folder / "old.mp4").exists()


def test_an_unconfirmed_item_whose_post_was_found_is_settled_with_what_was_sent(world: MakeWorld) -> None:
    here = world()
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    here.sandbox.fault("POST /2/tweets", "drop")
    here.publish()
    assert here.task().status is Status.UNCONFIRMED
    take_in(here, Entry(1, "cat.mp4", "1863219584000000000", URL))
    assert (here.task().status, here.task().content_data["text"]) == (Status.COMPLETED, "Cat naps")
    assert here.attempt_states() == ["adopted"]


def test_reading_many_files_is_told_as_it_goes(world: MakeWorld) -> None:
    here = world()
    sizes = [here.put(f"{number}.mp4").stat().st_size for number in range(3)]
    read: list[int] = []
    take_in(here, "0.mp4", "1.mp4", "2.mp4", on_bytes=read.append)
    assert sum(read) == sum(sizes)


POSTS = [{"file": "a.mp4", "url": URL, "time": "2026-11-20 18:00"}, {"files": ["b.mp4", "c.mp4"], "id": 17}, "d.mp4"]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"a.mp4\r\nsub/b c.mp4\n\n# d.mp4\n", [(1, "a.mp4"), (2, "sub/b c.mp4"), (4, "# d.mp4")]),
        ("\ufeffü.mp4\n".encode(), [(1, "ü.mp4")]),
        ("ü.mp4\r\n".encode("utf-16"), [(1, "ü.mp4")]),
        (b"", []),
        (b"file,url\na.mp4,\n", [(2, "a.mp4")]),
        (b"Time;FILE\n;a;b.mp4\n", [(2, "a")]),
        (b'id\tfile\n1\t"a\tb.mp4"\n', [(2, "a\tb.mp4")]),
        (b"file\na.mp4\n", [(2, "a.mp4")]),
        (json.dumps(POSTS).encode(), [(1, "a.mp4"), (2, "b.mp4"), (2, "c.mp4"), (3, "d.mp4")]),
        (json.dumps({"posts": POSTS[2:]}).encode(), [(1, "d.mp4")]),
    ],
)
def test_a_list_may_be_lines_csv_or_json(content: bytes, wanted: list[tuple[int, str]]) -> None:
    assert [(entry.line, entry.file) for entry in parse(content) if isinstance(entry, Entry)] == wanted


def test_a_post_has_its_id_from_its_link_and_its_link_from_its_id() -> None:
    entries = [entry for entry in parse(json.dumps(POSTS).encode()) if isinstance(entry, Entry)]
    assert [(entry.tweet_id, entry.url) for entry in entries] == [
        ("1863219584000000000", URL),
        *[("17", "https://x.com/i/status/17")] * 2,
        (None, None),
    ]
    assert entries[0].time == datetime.fromisoformat("2026-11-20T18:00")


@pytest.mark.parametrize(
    ("post", "why"),
    [
        ({"url": URL}, "names no file"),
        ({"file": 3}, "names no file"),
        ({"file": "a", "url": "https://x.com/cat_films"}, "is no link to a post"),
        ({"file": "a", "id": "12a"}, "is no post's id"),
        ({"file": "a", "id": True}, "is no post's id"),
        ({"file": "a", "url": URL, "id": "5"}, "its link is to post 1863219584000000000, not to 5"),
        ({"file": "a", "time": "yesterday"}, "is no time such as"),
        (5, "is neither a path nor a post"),
    ],
)
def test_what_a_list_cannot_mean_is_said(post: object, why: str) -> None:
    (wrong,) = parse(json.dumps([post]).encode())
    assert isinstance(wrong, Wrong)
    assert why in wrong.why


def test_the_time_x_s_archive_writes_is_read() -> None:
    (entry,) = parse(b'[{"file": "a", "time": "Wed Oct 10 20:19:24 +0000 2018"}]')
    assert isinstance(entry, Entry)
    assert entry.time == datetime(2018, 10, 10, 20, 19, 24, tzinfo=timezone.utc)


@pytest.mark.parametrize("content", [b"a\n\xff.mp4", b"[1,", b"[" * 100_000])
def test_what_is_no_list_is_refused_with_the_place(content: bytes) -> None:
    with pytest.raises(Unusable):
        list(parse(content))
