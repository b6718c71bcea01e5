"""Several scans at once record each file once; a scan that is killed anywhere loses nothing."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from twitter_pipeline.scanning.source import BATCH
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.scanning import scanning_process
from twitter_pipeline_tests.scanning.scans import actions, at, candidates, look, paths
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.pictures import picture
from twitter_pipeline_tests.support.world import MakeWorld, World

CLIPS = 130
#: More points than there are; a scan that reaches its end says so.
MOST_POINTS = 40


def put_clips(here: World) -> list[str]:
    """Clips in two folders; their names."""
    names = [f"{'a' if number % 2 else 'b'}/{number}.mp4" for number in range(CLIPS)]
    for name in names:
        here.put(name)
    return sorted(names)


def test_scans_in_threads_record_each_file_once(world: MakeWorld) -> None:
    here = world()
    names = put_clips(here)
    together = Barrier(3, timeout=60)

    def scan_at(second: float) -> int:
        together.wait()
        return look(here, second).found

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(scan_at, (0, 0, 0))) == 0
        assert candidates(here) == names
        assert sum(threads.map(scan_at, (10, 10, 10))) == CLIPS
    assert paths(here) == names
    assert candidates(here) == []
    assert all(actions(here, task) == ["found"] for task in here.tasks())


def test_scans_in_threads_give_each_picture_to_one_album(world: MakeWorld) -> None:
    here = world(sources=[{"type": "album"}])
    files = [f"{album}/{number}.png" for album in range(12) for number in range(6)]
    for number, file in enumerate(files):
        picture(here.folder / file, number)
    together = Barrier(3, timeout=60)

    def scan_at(second: float) -> None:
        together.wait()
        look(here, second)
        look(here, second + 10)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(scan_at, (0, 0, 1)))
        for number in range(6):  # they are added to what is pending, and to what is taken
            picture(here.folder / f"{number}/new.png", 200 + number)
            files.append(f"{number}/new.png")
            if number % 2:
                carry_out(here.engine, here.task_of(f"{number}").id, Event.QUEUE, now=at(50))
        list(threads.map(scan_at, (100, 100, 101)))
    look(here, 200)
    look(here, 210)
    assert sorted(file for task in here.tasks() for file in task.files) == sorted(files)
    assert candidates(here) == []


def test_tasks_follow_their_files_once_when_scans_in_threads_see_them_moved(world: MakeWorld) -> None:
    here = world()
    names = put_clips(here)
    here.scan()
    (here.folder / "a").rename(here.folder / "c")
    look(here, 100)
    together = Barrier(3, timeout=60)

    def scan_at(second: float) -> int:
        together.wait()
        return look(here, second).found

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(scan_at, (110, 110, 110))) == 0
    assert paths(here) == sorted(name.replace("a/", "c/") for name in names)
    assert all(actions(here, task) == ["found", *["moved"] * task.media_path.startswith("c/")] for task in here.tasks())


@pytest.mark.slow
def test_scans_in_processes_record_each_file_once(world: MakeWorld) -> None:
    here = world()
    names = put_clips(here)
    processes = [scanning_process.start(here, range(0, 12, 2)) for _ in range(3)]
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert paths(here) == names
    assert candidates(here) == []
    assert all(actions(here, task) == ["found"] for task in here.tasks())


@pytest.mark.soak
def test_a_scan_killed_at_any_commit_loses_nothing(world: MakeWorld) -> None:
    here = world()
    # Everything a scan writes: tasks, late metadata, one that moved, one refused, one gone, one that arrives.
    here.put("moved.mp4", title="Moved")
    here.put("waits.mp4")
    here.scan()
    for kill_at in range(1, MOST_POINTS):
        names = [f"{kill_at}/{number}.mp4" for number in range(BATCH + 2)]
        for name in names:
            here.put(name)
        gone = here.put(f"{kill_at}/gone.mp4")
        moved = here.task_of("moved.mp4" if kill_at == 1 else f"{kill_at - 1}/moved.mp4")
        (here.folder / moved.media_path).rename(here.folder / f"{kill_at}/moved.mp4")
        (here.folder / f"{kill_at}/link.mp4").symlink_to("/etc/hostname")
        at = kill_at * 100
        look(here, at)
        gone.unlink()
        if kill_at == 5:
            (here.folder / "waits.json").write_text('{"title": "Waited"}', encoding="utf-8")
        here.put(f"{kill_at}/arrives.mp4")
        process = scanning_process.start(here, [at + 10], kill_at=kill_at)
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL)

        for second in (20, 30):  # the next scans, as if nothing had been
            look(here, at + second)
        here_now = {task.media_path: task for task in here.tasks()}
        assert {*names, f"{kill_at}/moved.mp4", f"{kill_at}/arrives.mp4", f"{kill_at}/link.mp4"} <= here_now.keys()
        assert here_now[f"{kill_at}/moved.mp4"].id == moved.id
        assert here_now[f"{kill_at}/link.mp4"].status is Status.SKIPPED
        assert f"{kill_at}/gone.mp4" not in here_now
        assert candidates(here) == []
        assert all(len(actions(here, here_now[name])) == 1 for name in names)
        if process.exitcode == 0:
            break
    else:
        pytest.fail(f"the scan never reached its end within {MOST_POINTS} points")
    assert kill_at > 10
    assert here.task_of("waits.mp4").metadata_path == "waits.json"
