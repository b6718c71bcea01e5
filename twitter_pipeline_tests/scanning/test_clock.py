"""The clock is set back or forward, during a scan and between two; times of files jump: nothing is lost or early."""

from __future__ import annotations

import itertools
import os
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twitter_pipeline.publishing import due
from twitter_pipeline.scanning import scan as scanning
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.scanning.scans import LONG, actions, at, candidates, look, paths
from twitter_pipeline_tests.support.items import put_task
from twitter_pipeline_tests.support.world import MakeWorld, World

HOUR = 3600
DAY = 24 * HOUR


def launches(here: World, seconds: float) -> int:
    """How many items a tick would request at that time."""
    return len(due.take(here.engine, here.settings, here.project, instance="here", now=at(seconds)).launches)


def planned(here: World, seconds: float) -> list[datetime]:
    with reading(here.engine) as connection:
        return [slot for _, slot in due.slots(connection, here.settings, here.project, at(seconds))]


@pytest.mark.parametrize("jump", [-10 * 365 * DAY, -DAY, -2, 2, DAY, 10 * 365 * DAY])
def test_a_file_seen_before_the_clock_was_set_is_taken_once_it_was_stable_by_the_new_clock(
    world: MakeWorld, jump: float
) -> None:
    here = world(stable_for="4 s")
    here.put(title="Cat naps")
    look(here, 0)
    for second in (1, 3, 5, 9):
        look(here, jump + second)
    task = here.task()
    assert (task.status, actions(here), candidates(here)) == (Status.PENDING, ["found"], [])
    assert task.not_before <= at(jump + 9)


def test_a_file_that_grows_while_the_clock_jumps_forward_is_not_taken(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    for day in range(4):
        look(here, day * DAY)
        with path.open("ab") as file:
            file.write((8).to_bytes(4, "big") + b"free")
    assert here.tasks() == []
    assert candidates(here) == ["cat.mp4"]


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_a_clock_set_in_the_middle_of_a_scan_loses_nothing(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    here = world(stable_for="0 s")
    names = [f"{folder}/{number}.mp4" for folder in "abc" for number in range(3)]
    for name in names:
        here.put(name, title=name)
    for jump_at in range(12):
        ticking = itertools.count()

        def clock(jump_at: int = jump_at, ticking: itertools.count[int] = ticking) -> datetime:
            call = next(ticking)
            return at(jump_at * 10 * DAY + call * 0.01 + (jump if call >= jump_at else 0))

        monkeypatch.setattr(scanning, "utc_now", clock)
        scanning.scan(here.engine, here.project, time_box=LONG)
    monkeypatch.undo()
    look(here, 1000 * DAY)
    look(here, 1000 * DAY + 1)
    assert paths(here) == names
    assert all(actions(here, task) == ["found"] for task in here.tasks())
    assert candidates(here) == []


def test_set_back_after_a_post_the_next_one_waits_for_the_interval_after_that_post(world: MakeWorld) -> None:
    here = world(min_interval="30 min")
    put_task(here.engine, Status.COMPLETED, executed_time=at(0))
    put_task(here.engine, not_before=at(-DAY), scheduled_time=at(-DAY))
    assert launches(here, 10 * 60) == 0
    assert launches(here, -2 * HOUR) == 0
    assert planned(here, -2 * HOUR) == [at(30 * 60)]
    assert launches(here, 30 * 60) == 1


def test_set_back_before_its_time_an_item_is_not_posted_early_and_set_forward_only_as_fast_as_may_be(
    world: MakeWorld,
) -> None:
    here = world(min_interval="30 min")
    for _ in range(3):
        put_task(here.engine, not_before=at(HOUR), scheduled_time=at(HOUR))
    for second in (0, -DAY, HOUR - 1):
        assert launches(here, second) == 0
    assert launches(here, HOUR) == 1
    assert launches(here, HOUR + 60) == 0
    assert launches(here, -HOUR) == 0
    assert launches(here, 30 * DAY) == 0, "one is under way"


def test_a_day_s_most_holds_when_the_clock_goes_back_over_midnight(world: MakeWorld) -> None:
    here = world(max_per_day=2)
    midnight = datetime(2026, 11, 25, tzinfo=timezone.utc)
    for minutes in (1, 2):
        put_task(here.engine, Status.COMPLETED, executed_time=midnight + timedelta(minutes=minutes))
    put_task(here.engine, not_before=midnight - timedelta(days=1), scheduled_time=midnight - timedelta(days=1))

    def taken(now: datetime) -> int:
        return len(due.take(here.engine, here.settings, here.project, instance="here", now=now).launches)

    assert taken(midnight + timedelta(hours=23)) == 0
    assert taken(midnight + timedelta(days=1)) == 1


def test_metadata_is_waited_for_by_the_new_clock_and_its_coming_ends_the_wait(world: MakeWorld) -> None:
    here = world(metadata_wait="15 min", stable_for="0 s")
    here.put()
    look(here, 0)
    look(here, 1)
    assert launches(here, -DAY) == 0
    (here.folder / "cat.json").write_text('{"title": "Cat naps"}', encoding="utf-8")
    look(here, -DAY + 1)
    assert here.task().not_before == at(-DAY + 1)
    assert launches(here, -DAY + 1) == 1


def test_a_skipped_file_is_not_judged_anew_for_a_clock_that_was_set(world: MakeWorld) -> None:
    here = world(stable_for="0 s")
    here.put(title="Cat naps").write_bytes(b"no film")
    os.utime(here.folder / "cat.mp4", (at(-60).timestamp(), at(-60).timestamp()))
    for second in (0, 1, -DAY, -DAY + 1, DAY, DAY + 1, 0, 1):
        look(here, second)
    assert here.task().status is Status.SKIPPED
    assert actions(here) == ["found"]


def test_a_file_whose_time_jumps_is_taken_once_it_stays_and_then_never_again(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    path = here.put(title="Cat naps")
    for second, mtime in ((0, 0), (5, 4_000_000_000), (10, -1_000_000), (15, 1_500_000_000)):
        os.utime(path, (mtime, mtime))
        assert look(here, second).arriving == 1
    look(here, 20)
    before = here.task()
    for second, mtime in ((30, 0), (40, 4_000_000_000), (50, -1_000_000)):
        os.utime(path, (mtime, mtime))
        assert look(here, second).found == 0
    assert here.task() == before


def test_however_the_clock_goes_each_file_ends_as_one_task(world: MakeWorld) -> None:
    here = world(stable_for="4 s")
    numbers = itertools.count()

    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(jumps=st.lists(st.integers(-3 * DAY, 3 * DAY), min_size=1, max_size=12))
    def holds(jumps: list[int]) -> None:
        name = f"{next(numbers)}.mp4"
        here.put(name, title=name)
        clock = 0
        for jump in jumps:
            clock += jump
            look(here, clock)
        for second in (1, 6, 11):
            look(here, clock + second)
        task = here.task_of(name)
        assert (task.status, actions(here, task), candidates(here)) == (Status.PENDING, ["found"], [])

    holds()
