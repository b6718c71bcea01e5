"""A scan that may take no time: it gets on by a batch each time, keeps its place, and comes to an end."""

from __future__ import annotations

import pytest

from twitter_pipeline.scanning.report import TimeBox
from twitter_pipeline.scanning.source import BATCH
from twitter_pipeline_tests.scanning.scans import NO_TIME, candidates, look, paths, project_row
from twitter_pipeline_tests.support.world import MakeWorld, World

CLIPS = 500


def put_clips(here: World, folders: int) -> None:
    for number in range(CLIPS):
        path = here.folder / f"{number % folders:03}" / f"clip-{number}.mp4"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(f"clip {number}".encode())


@pytest.mark.parametrize("folders", [1, 4, 20])
def test_500_clips_end_over_several_scans_each_getting_on(world: MakeWorld, folders: int) -> None:
    here = world(metadata_wait=0)
    put_clips(here, folders)
    scans = 0
    while (seen := len(candidates(here))) < CLIPS:
        report = look(here, scans, time_box=NO_TIME)
        scans += 1
        # Of all folders only the first has nothing to take.
        assert len(candidates(here)) > seen or project_row(here).scan_position == "video:.:en|000"
    assert here.tasks() == []

    scans = 0
    while (done := len(paths(here))) < CLIPS:
        report = look(here, 3600 + scans, time_box=NO_TIME)
        scans += 1
        assert report.found == len(paths(here)) - done <= BATCH
        assert report.found > 0 or project_row(here).scan_position == "video:.:en|000"
    assert scans >= max(CLIPS // BATCH, folders)
    assert candidates(here) == []


def test_a_whole_scan_alone_moves_last_scan_time(world: MakeWorld) -> None:
    here = world()
    for name in ("a", "b", "c"):
        here.put(f"{name}/{name}.mp4", title=name)
    times = []
    for second in range(4):
        report = look(here, second, time_box=NO_TIME)
        row = project_row(here)
        assert (row.last_scan_time is not None) == report.whole == (row.scan_position is None)
        times.append(row.scan_position)
    assert times == ["video:.:en|a", "video:.:en|b", "video:.:en|c", None]


def test_a_scan_takes_as_long_as_all_its_pieces(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    here = world()
    for name in ("a", "b", "c"):
        here.put(f"{name}/{name}.mp4", title=name)
    monkeypatch.setattr(TimeBox, "seconds", 2.0)
    taken = []
    for second in range(8):
        look(here, second, time_box=NO_TIME)
        taken.append(project_row(here).scan_seconds)
    # That of the last whole one stands until the next has taken longer.
    assert taken == [2, 4, 6, 8, 8, 8, 8, 8]


def test_a_slow_folder_without_news_is_got_past(world: MakeWorld) -> None:
    here = world()
    here.put("a/1.mp4", title="1")
    here.scan()
    here.put("b/2.mp4", title="2")
    for second in range(3):
        look(here, second, time_box=NO_TIME)
    assert candidates(here) == ["b/2.mp4"]


def test_every_source_has_its_turn(world: MakeWorld) -> None:
    here = world(sources=[{"path": "a"}, {"path": "b|c"}, {"path": "d", "type": "image"}])
    here.put("a/1.mp4", title="1")
    here.put("b|c/x|y/2.mp4", title="2")
    (here.folder / "d").mkdir()
    (here.folder / "d/3.png").write_bytes(b"3")
    positions = []
    for second in range(4):
        look(here, second, time_box=NO_TIME)
        positions.append(project_row(here).scan_position)
    assert positions == ["video:b|c:en|.", "video:b|c:en|x|y", "image:d:en|.", None]
    assert candidates(here) == ["a/1.mp4", "b|c/x|y/2.mp4", "d/3.png"]


def test_a_position_in_a_source_or_folder_that_is_gone_is_no_hindrance(world: MakeWorld) -> None:
    here = world(sources=[{"path": "a"}, {"path": "b"}])
    here.put("a/1.mp4", title="1")
    here.put("b/2.mp4", title="2")
    here.put("b/deep/3.mp4", title="3")
    for second in (0, 1):
        look(here, second, time_box=NO_TIME)
    assert project_row(here).scan_position == "video:b:en|deep"
    for path in (here.folder / "b/deep").iterdir():
        path.unlink()
    (here.folder / "b/deep").rmdir()
    assert look(here, 2).whole
    assert look(here, 3).whole

    here.put("b/deep/3.mp4", title="3")
    for second in (4, 5):
        look(here, second, time_box=NO_TIME)
    assert project_row(here).scan_position == "video:b:en|deep"
    only_a = here.project.model_copy(update={"sources": here.project.sources[:1]})
    assert look(here, 10, project=only_a).whole
    assert project_row(here).scan_position is None


def test_a_candidate_that_is_gone_is_forgotten_though_no_scan_is_whole_in_one_go(world: MakeWorld) -> None:
    here = world()
    for name in ("a", "b", "c"):
        here.put(f"{name}/{name}.mp4", title=name)
    look(here, 0)
    (here.folder / "b/b.mp4").unlink()
    for second in range(3):
        look(here, second, time_box=NO_TIME)
    assert candidates(here) == ["a/a.mp4", "c/c.mp4"]
