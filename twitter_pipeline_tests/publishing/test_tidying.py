"""`after_post: move`: a posted item's files go to another folder; nothing is lost, written over or found again."""

from __future__ import annotations

import errno
import json
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import items
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import ConfigError
from twitter_pipeline.publishing import relocating, tidying
from twitter_pipeline.publishing.outcomes import NotPublishable, Posted
from twitter_pipeline.publishing.tidying import AFTER_FAILURE, WHILE_NEEDED, tidy
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.log import RUNS_OWN
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_tasks
from twitter_pipeline_tests.media.make import noise
from twitter_pipeline_tests.publishing import tidying_process
from twitter_pipeline_tests.scanning.scans import actions, lines
from twitter_pipeline_tests.support.world import MakeWorld, World

LATER = RUNS_OWN + timedelta(seconds=1)


def picture(path: Path, size: tuple[int, int] = (320, 180)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise(size).save(path)


def tidy_up(here: World, after: timedelta = LATER) -> list[str]:
    """One step, so long from now."""
    return tidy(here.engine, here.settings, here.project, now=utc_now() + after)


def tree(here: World) -> list[str]:
    """Every file in the project's folder."""
    return sorted(str(path.relative_to(here.folder)) for path in here.folder.rglob("*") if not path.is_dir())


def posted(here: World, *names: str) -> None:
    """Clips with their words, each posted."""
    for name in names:
        here.put(name, title=f"Title of {name}")
    here.scan()
    for task in here.tasks():
        if task.status is Status.PENDING:
            assert isinstance(here.publish(task, run_id=f"run-{task.id}"), Posted)


def moved_at(here: World) -> list[Any]:
    with reading(here.engine) as connection:
        return list(connection.scalars(sa.select(publishing_tasks.c.moved_at).order_by(publishing_tasks.c.id)))


def test_a_posted_clip_and_its_sidecar_go_to_the_folder_and_are_not_found_again(world: MakeWorld) -> None:
    here = world(after_post="move posted", sources=[{"path": "clips"}])
    posted(here, "clips/a/cat.mp4")
    content = (here.folder / "clips/a/cat.mp4").read_bytes()
    assert tidy_up(here) == []
    assert tree(here) == ["posted/a/cat.json", "posted/a/cat.mp4"]
    assert (here.folder / "posted/a/cat.mp4").read_bytes() == content
    task = here.task()
    assert (task.media_path, task.metadata_path) == ("posted/a/cat.mp4", "posted/a/cat.json")
    assert task.status is Status.COMPLETED
    assert lines(here)[-1].message == "its files are moved after the post: posted/a/cat.mp4, posted/a/cat.json"
    for _ in range(2):
        assert here.scan().found == 0
        assert tidy_up(here) == []
    assert here.task() == task
    assert actions(here).count("moving") == 1


def test_the_folder_may_lie_inside_the_source_and_a_new_file_under_the_old_name_is_new(world: MakeWorld) -> None:
    here = world(after_post="move done/by us")
    posted(here, "cat.mp4")
    tidy_up(here)
    assert tree(here) == ["done/by us/cat.json", "done/by us/cat.mp4"]
    (here.folder / "done/other.mp4").write_bytes(here.clip.read_bytes())
    assert here.scan().found == 1, "only what lies in the folder itself is left out"
    here.put("cat.mp4", different=False, title="Another cat").write_bytes(b"\0\0\0\x18ftypisom")
    assert here.scan().found == 1
    assert here.task_of("cat.mp4").status is Status.PENDING


def test_the_same_film_put_back_is_not_posted_again(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, "cat.mp4")
    tidy_up(here)
    here.put("cat.mp4", title="Again")
    here.scan()
    outcome = here.publish(here.task_of("cat.mp4"), run_id="again")
    assert isinstance(outcome, NotPublishable)
    assert outcome.reason == "the same file as posted/cat.mp4, which is completed"
    assert len(here.posted_texts()) == 1


def test_what_is_kept_or_not_posted_stays(world: MakeWorld) -> None:
    here = world()
    posted(here, "cat.mp4")
    assert tidy_up(here) == []
    moving = world(after_post="move posted")
    moving.put("dog.mp4", title="Dog")
    moving.scan()
    tidy_up(moving)
    assert tree(moving) == ["dog.json", "dog.mp4", "posted/cat.json", "posted/cat.mp4"]


def test_a_run_that_has_just_posted_is_given_time_to_show_its_picture(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, "cat.mp4")
    tidy_up(here, timedelta(0))
    assert tree(here) == ["cat.json", "cat.mp4"]
    tidy_up(here)
    assert tree(here) == ["posted/cat.json", "posted/cat.mp4"]


def test_nothing_is_written_over_and_a_medium_and_its_sidecar_stay_alike(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    (here.folder / "posted").mkdir()
    (here.folder / "posted/cat.mp4").write_bytes(b"mine")
    (here.folder / "posted/cat-2.json").write_bytes(b"mine, too")
    here.put("cat.mp4")
    (here.folder / "cat.en.json").write_text('{"title": "Cat"}', encoding="utf-8")
    posted(here)
    tidy_up(here)
    assert tree(here) == ["posted/cat-2.en.json", "posted/cat-2.json", "posted/cat-2.mp4", "posted/cat.mp4"]
    assert (here.folder / "posted/cat.mp4").read_bytes() == b"mine"


def test_a_batch_file_stays_and_so_does_a_sidecar_that_another_item_needs(world: MakeWorld) -> None:
    here = world(
        after_post="move posted",
        sources=[{"type": "video", "metadata": "texts"}, {"type": "image", "template": "{{ title }}, a picture"}],
    )
    (here.folder / "texts").mkdir()
    (here.folder / "texts/en_batch.json").write_text(json.dumps({"dog.mp4": {"title": "Dog"}}), encoding="utf-8")
    here.put("dog.mp4")
    here.put("cat.mp4", title="Cat")
    picture(here.folder / "cat.jpg")
    here.scan()
    for name in ("dog.mp4", "cat.mp4"):
        assert isinstance(here.publish(here.task_of(name), run_id=name), Posted)
    tidy_up(here)
    assert tree(here) == ["cat.jpg", "cat.json", "posted/cat.mp4", "posted/dog.mp4", "texts/en_batch.json"]
    assert isinstance(here.publish(here.task_of("cat.jpg"), run_id="cat.jpg"), Posted)
    tidy_up(here)
    assert tree(here) == [
        *("posted/cat.jpg", "posted/cat.json", "posted/cat.mp4", "posted/dog.mp4"),
        "texts/en_batch.json",
    ]


def test_a_clip_that_is_posted_in_two_languages_waits_for_the_second_and_both_follow_it(world: MakeWorld) -> None:
    here = world(
        after_post="move posted",
        sources=[{"path": "clips"}, {"path": "clips", "language": "de", "repeat": True}],
    )
    here.put("clips/cat.mp4", title="Cat")
    (here.folder / "clips/cat.de.json").write_text('{"title": "Katze"}', encoding="utf-8")
    here.scan()
    english, german = here.tasks()
    assert isinstance(here.publish(english, run_id="en"), Posted)
    tidy_up(here)
    assert "clips/cat.mp4" in tree(here)
    assert isinstance(here.publish(german, run_id="de"), Posted)
    tidy_up(here, LATER + WHILE_NEEDED)
    tidy_up(here, LATER + WHILE_NEEDED)
    assert {task.media_path for task in here.tasks()} == {"posted/cat.mp4"}
    assert "posted/cat.mp4" in tree(here)
    assert None not in moved_at(here)
    assert here.scan().found == 0


def test_an_album_and_a_text_move_with_all_that_is_theirs(world: MakeWorld) -> None:
    here = world(after_post="move posted", sources=[{"type": "album"}, {"type": "text"}])
    for number in range(3):
        picture(here.folder / f"trip/{number}.jpg", (320, 180 + 2 * number))
    (here.folder / "trip/album.json").write_text('{"title": "A trip"}', encoding="utf-8")
    (here.folder / "hello.txt").write_text("Hello", encoding="utf-8")
    posted(here)
    assert len(here.posted_texts()) == 2
    tidy_up(here)
    assert tree(here) == [
        "posted/hello.txt",
        *(f"posted/trip/{name}" for name in ("0.jpg", "1.jpg", "2.jpg", "album.json")),
    ]
    assert None not in moved_at(here)
    assert here.scan().found == 0
    picture(here.folder / "trip/0.jpg", (400, 300))
    assert here.scan().found == 1


def test_a_file_replaced_after_its_post_stays_and_the_log_says_so(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, "longer.mp4", "alike.mp4")
    (here.folder / "longer.mp4").write_bytes(b"a new cut")
    alike = here.folder / "alike.mp4"
    alike.write_bytes(alike.read_bytes()[:-1] + b"!")
    tidy_up(here)
    assert tree(here) == ["alike.json", "alike.mp4", "longer.json", "longer.mp4"]
    for task in here.tasks():
        said = f"not moved after the post: {task.media_path} is another file since its post, and stays"
        assert lines(here, task)[-1].message == said
    tidy_up(here)
    assert all(actions(here, task).count("not_moved") == 1 for task in here.tasks())


def test_a_file_replaced_between_its_scan_and_its_post_is_known_by_its_whole_content(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    here.put("cat.mp4", title="Cat")
    here.scan()
    with (here.folder / "cat.mp4").open("ab") as file:
        file.write((8).to_bytes(4, "big") + b"free")
    posted(here)
    tidy_up(here)
    assert tree(here) == ["posted/cat.json", "posted/cat.mp4"]


def test_a_file_that_is_gone_or_a_link_is_left_alone(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, "gone.mp4", "real.mp4")
    (here.folder / "gone.mp4").unlink()
    (here.folder / "real.mp4").rename(here.folder / "kept.bin")
    (here.folder / "real.mp4").symlink_to("kept.bin")
    assert tidy_up(here) == []
    assert tree(here) == ["gone.json", "kept.bin", "real.json", "real.mp4"]
    assert None not in moved_at(here)


def test_an_unmounted_disk_is_no_deletion(world: MakeWorld) -> None:
    here = world(after_post="move posted", sources=[{"path": "clips"}])
    posted(here, "clips/cat.mp4")
    (here.folder / "clips").rename(here.folder.parent / "away")
    (here.folder / "readme").touch()
    (told,) = tidy_up(here)
    assert "is its disk mounted?" in told
    (here.folder.parent / "away").rename(here.folder / "clips")
    tidy_up(here, LATER + AFTER_FAILURE)
    assert "posted/cat.mp4" in tree(here)


def test_a_move_that_fails_is_told_once_and_tried_again_an_hour_later(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, "cat.mp4")
    (here.folder / "posted").touch()  # a file where the folder should be
    (told,) = tidy_up(here)
    assert told.startswith("cat.mp4: its files could not be moved to posted: ")
    assert tidy_up(here) == []
    assert tidy_up(here, LATER + AFTER_FAILURE) == []
    assert actions(here).count("not_moved") == 1
    assert here.task().status is Status.COMPLETED
    (here.folder / "posted").unlink()
    tidy_up(here, LATER + 3 * AFTER_FAILURE)
    assert tree(here) == ["posted/cat.json", "posted/cat.mp4"]


def test_across_disks_it_is_copied_with_its_time_and_then_deleted(world: MakeWorld, other_disk: Path) -> None:
    here = world(after_post="move posted")
    (here.folder / "posted").symlink_to(other_disk)
    posted(here, "cat.mp4")
    os.utime(here.folder / "cat.mp4", (1_500_000_000, 1_500_000_000))
    content = (here.folder / "cat.mp4").read_bytes()
    tidy_up(here)
    assert sorted(path.name for path in other_disk.iterdir()) == ["cat.json", "cat.mp4"]
    assert (other_disk / "cat.mp4").read_bytes() == content
    assert (other_disk / "cat.mp4").stat().st_mtime == 1_500_000_000
    assert not (here.folder / "cat.mp4").exists()
    assert here.scan().found == 0


@pytest.mark.soak
@pytest.mark.parametrize("where", ["the same disk", "another disk"])
def test_killed_anywhere_the_file_is_in_one_place_at_least_and_the_next_tick_ends_it(
    world: MakeWorld, other_disk: Path, where: str
) -> None:
    here = world(after_post="move posted")
    if where == "another disk":
        (here.folder / "posted").symlink_to(other_disk)
    for point in range(1, 80):
        name = f"{point}.mp4"
        posted(here, name)
        content = (here.folder / name).read_bytes()
        process = tidying_process.start(here, kill_at=point)
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL)
        places = [here.folder / name, here.folder / "posted" / name]
        assert any(place.exists() and place.read_bytes() == content for place in places)
        for _ in range(2):
            assert tidy_up(here) == []
        assert not places[0].exists()
        assert places[1].read_bytes() == content
        assert here.task_of(f"posted/{name}").metadata_path == f"posted/{point}.json"
        if process.exitcode == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert point > 8
    left = {path.name for path in (here.folder / "posted").iterdir()}
    assert left == {f"{number}.{ending}" for number in range(1, point + 1) for ending in ("mp4", "json")}
    assert [path.name for path in here.folder.iterdir()] == ["posted"]
    assert here.scan().found == 0


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(relocating.os, "link", refuse)  # as exFAT does
    (tmp_path / "a").write_bytes(b"a")
    relocating.relocate(tmp_path / "a", tmp_path / "deep" / "b")
    assert (tmp_path / "deep" / "b").read_bytes() == b"a"
    (tmp_path / "a").write_bytes(b"other")
    with pytest.raises(FileExistsError):
        relocating.relocate(tmp_path / "a", tmp_path / "deep" / "b")
    assert (tmp_path / "a").read_bytes() == b"other"


def test_a_number_still_fits_a_name_as_long_as_can_be() -> None:
    name = "ü" * 125 + ".mp4"
    taken = {f"posted/{name}"}
    (made,) = relocating.free_names([f"posted/{name}"], "ü" * 125, lambda names: not taken & set(names))
    assert made.endswith("-2.mp4")
    assert len(made.removeprefix("posted/").encode()) <= 255


@pytest.mark.parametrize("source", ["posted", "posted/clips"])
def test_a_source_inside_the_folder_is_refused(world: MakeWorld, source: str) -> None:
    with pytest.raises(ConfigError, match="files would be moved to where source 0 takes them from"):
        world(after_post="move posted", sources=[{"path": source}])


def test_a_tick_is_bounded_and_reads_an_index(world: MakeWorld) -> None:
    here = world(after_post="move posted")
    posted(here, *(f"{number}.mp4" for number in range(3)))
    query = sa.select(publishing_tasks.c.id).where(*tidying.due(here.project, now=utc_now())).limit(20)
    if here.engine.dialect.name == "sqlite":
        with reading(here.engine) as connection:
            compiled = query.compile(here.engine, compile_kwargs={"literal_binds": False})
            parameters = tuple(compiled.params[name] for name in compiled.positiontup or ())
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", _plain(parameters)).all()
        assert "ix_publishing_tasks_unmoved" in str(plan)


def _plain(parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value if isinstance(value, (int, str)) else str(value) for value in parameters)


def test_it_is_still_found_by_where_it_was(world: MakeWorld) -> None:
    here = world(after_post="move posted", sources=[{"path": "clips"}])
    posted(here, "clips/cat.mp4", "clips/catalogue.mp4")
    tidy_up(here)
    for name in ("clips/cat.mp4", "posted/cat.mp4", "cat.mp4"):
        with reading(here.engine) as connection:
            assert items.find(connection, here.settings, name).media_path == "posted/cat.mp4"


def test_a_folder_made_for_posted_media_is_open_to_whom_the_media_are(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media").chmod(0o2775)
    (tmp_path / "media" / "a").write_text("a film")
    before = os.umask(0o077)
    try:
        relocating.relocate(tmp_path / "media" / "a", tmp_path / "media" / "posted" / "2026" / "a")
    finally:
        os.umask(before)
    for made in ("posted", "posted/2026"):
        assert (tmp_path / "media" / made).stat().st_mode & 0o7777 == 0o2775
