"""What holds for every kind of content alike."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.outcomes import Failed, NotPublishable, Posted
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.media.make import gif
from twitter_pipeline_tests.scanning.scans import candidates, look
from twitter_pipeline_tests.support.pictures import picture, words
from twitter_pipeline_tests.support.world import MakeWorld, World


def put_video(here: World, version: int) -> list[Path]:
    (here.folder / "in").mkdir(exist_ok=True)
    path = here.put("in/a.mp4", title="A")
    with path.open("ab") as file:  # a free box: another file, the same film
        file.write((8 + version).to_bytes(4, "big") + b"free" + bytes(version))
    return [path]


def put_image(here: World, version: int) -> list[Path]:
    words(here.folder / "in/a.json", title="A")
    return [picture(here.folder / "in/a.png", version)]


def put_gif(here: World, version: int) -> list[Path]:
    words(here.folder / "in/a.json", title="A")
    return [gif(here.folder / "in/a.gif", frames=3 + version)]


def put_album(here: World, version: int) -> list[Path]:
    words(here.folder / "in/a.json", title="A")
    return [picture(here.folder / f"in/a/{number}.png", 10 * version + number) for number in range(3)]


def put_group(here: World, version: int) -> list[Path]:
    words(here.folder / "in/a.json", title="A")
    return [picture(here.folder / f"in/a_{number}.png", 10 * version + number) for number in range(3)]


def put_text(here: World, version: int) -> list[Path]:
    (here.folder / "in").mkdir(exist_ok=True)
    (here.folder / "in/a.txt").write_text(f"A{'.' * version}", encoding="utf-8")
    return [here.folder / "in/a.txt"]


def put_entry(here: World, version: int) -> list[Path]:
    return [words(here.folder / "in/en_week.json", a={"title": f"A{'.' * version}"})]


@dataclass(frozen=True)
class Kind:
    type: str
    #: Puts an item there, and over what is there; another version is other content. Its files.
    put: Callable[[World, int], list[Path]]


KINDS = {
    "video": Kind("video", put_video),
    "image": Kind("image", put_image),
    "gif": Kind("image", put_gif),
    "album": Kind("album", put_album),
    "numbered": Kind("album", put_group),
    "text": Kind("text", put_text),
    "entry": Kind("text", put_entry),
}


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: kinds differ in files, not in rows, and `test_albums` looks at those."""
    return f"sqlite:///{tmp_path / 'var' / 'sandbox' / 'pipeline.db'}"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def make(world: MakeWorld, kind: Kind, version: int = 1) -> tuple[World, list[Path]]:
    here = world(sources=[{"type": kind.type, "path": "in"}], stable_for="4 s")
    (here.folder / "in").mkdir()
    return here, kind.put(here, version)


def test_it_is_taken_once_it_has_stopped_changing_and_only_once(world: MakeWorld, kind: Kind) -> None:
    here, _ = make(world, kind)
    assert (look(here, 0).found, look(here, 3.9).found) == (0, 0)
    kind.put(here, 2)
    assert (look(here, 5).found, look(here, 8.9).found, look(here, 9).found) == (0, 0, 1)
    before = here.tasks()
    assert (before[0].status, candidates(here)) == (Status.PENDING, [])
    assert look(here, 20).found == 0
    assert here.tasks() == before
    assert here.task().metadata_path is not None


@pytest.mark.parametrize("seconds", [(24 * 3600, 0, 4), (0, 24 * 3600)])
def test_a_clock_set_back_or_forward_keeps_nothing_waiting(
    world: MakeWorld, kind: Kind, seconds: tuple[float, ...]
) -> None:
    here, _ = make(world, kind)
    assert [look(here, second).found for second in seconds][-1] == 1


@pytest.mark.parametrize("time", [0, 1e9, 4e9])
def test_times_that_jump_change_nothing_of_what_is_known(world: MakeWorld, kind: Kind, time: float) -> None:
    here, files = make(world, kind)
    here.scan()
    before = here.tasks()
    for file in files:
        os.utime(file, (time, time))
    here.scan()
    here.scan()
    assert here.tasks() == before
    assert isinstance(here.publish(), Posted)
    posted = here.tasks()
    for file in files:
        os.utime(file)
    here.scan()
    assert here.tasks() == posted


def test_what_is_put_over_it_before_its_post_goes_out_and_after_it_nothing_does(world: MakeWorld, kind: Kind) -> None:
    here, files = make(world, kind)
    here.scan()
    kind.put(here, 5)
    wanted = [file.read_bytes() for file in files]
    assert isinstance(here.publish(), Posted)
    (post,) = here.sandbox.posts()
    if kind.type == "text":
        assert post["text"] == "A....."
    else:
        assert [medium["bytes"] for medium in post["media"]] == [len(content) for content in wanted]
    kind.put(here, 7)
    here.scan()
    here.scan()
    assert len(here.tasks()) == 1


def test_a_disk_that_is_not_mounted_is_no_deletion(world: MakeWorld, kind: Kind) -> None:
    here, _ = make(world, kind)
    here.scan()
    before = here.tasks()
    away = here.folder.rename(here.folder.parent / "away")
    look(here, 100)
    assert here.tasks() == before
    here.folder.mkdir()
    look(here, 110)
    assert here.tasks() == before
    assert isinstance(here.publish(), Failed)
    here.folder.rmdir()
    away.rename(here.folder)
    assert isinstance(here.publish(run_id="run-2"), Posted)


def test_what_is_deleted_while_it_waits_is_skipped_and_goes_on_when_it_is_back(world: MakeWorld, kind: Kind) -> None:
    here, files = make(world, kind)
    (here.folder / "in/other.bin").touch()  # the disk is there
    here.scan()
    kept = {file: file.read_bytes() for file in files}
    for file in files:
        file.unlink()
    here.scan()
    assert isinstance(here.publish(), NotPublishable)
    assert here.task().status is Status.SKIPPED
    assert "is gone" in (here.task().error_message or "")
    before = here.tasks()
    here.scan()
    assert here.tasks() == before
    for file, content in kept.items():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
        os.utime(file, (utc_now().timestamp() - 3600,) * 2)
    here.scan()
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(run_id="run-2"), Posted)


def test_the_same_content_in_another_place_is_posted_once(world: MakeWorld, kind: Kind) -> None:
    here, _ = make(world, kind)
    shutil.copytree(here.folder / "in", here.folder / "in/copy")
    here.scan()
    for number, task in enumerate(here.tasks()):
        here.publish(task, run_id=f"run-{number}")
    assert len(here.sandbox.posts()) == 1
    assert sorted(task.status for task in here.tasks()) == [Status.COMPLETED, Status.SKIPPED]
    assert any((task.error_message or "").startswith("the same file as") for task in here.tasks())
    before = here.tasks()
    here.scan()
    assert here.tasks() == before


def test_words_that_come_later_let_it_go_on(world: MakeWorld, kind: Kind) -> None:
    if kind.type == "text":
        return  # it is its own words
    here, _ = make(world, kind)
    sidecar = here.folder / "in/a.json"
    said = json.loads(sidecar.read_text(encoding="utf-8"))
    sidecar.unlink()
    look(here, 0)
    look(here, 4)
    assert here.task().metadata_path is None
    words(sidecar, **said)
    look(here, 10)
    assert here.task().metadata_path == "in/a.json"
    assert isinstance(here.publish(), Posted)
