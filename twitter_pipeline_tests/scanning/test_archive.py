"""An archive that is there already: `ignore_before` keeps it from being posted, visibly, and lets it go again."""

from __future__ import annotations

import os
from datetime import datetime, timezone

import pytest

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.scanning import archive, known
from twitter_pipeline.scanning.candidates import Seen
from twitter_pipeline.scanning.reasons import IGNORED
from twitter_pipeline.store import defaults
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.scanning.scans import actions, candidates, look, paths
from twitter_pipeline_tests.support.items import carry_out
from twitter_pipeline_tests.support.world import MakeWorld, World

NEW_YEAR = "2026-01-01"


def old(here: World, name: str, when: datetime | None = None, **metadata: str) -> None:
    moment = (when or datetime(2019, 5, 1, tzinfo=timezone.utc)).timestamp()
    os.utime(here.put(name, **metadata), (moment, moment))


def with_setting(here: World, before: str | None) -> Project:
    """The project, after config.yaml was edited."""
    return here.project.model_copy(update={"ignore_before": None if before is None else datetime.fromisoformat(before)})


def statuses(here: World) -> dict[str, Status]:
    return {task.media_path: task.status for task in here.tasks()}


def test_old_files_are_seen_at_the_first_look_with_their_reason_and_new_ones_go_out(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4", title="Old")
    here.put("new.mp4", title="New")
    report = look(here, 0)
    assert (report.found, report.skipped, report.arriving) == (1, 1, 1)
    assert here.task_of("old.mp4").status is Status.SKIPPED
    assert here.task_of("old.mp4").error_message == (
        f"{IGNORED} (2019-05-01 00:00 UTC); to post it, move that setting or take it out"
    )
    look(here, 4)
    assert statuses(here) == {"old.mp4": Status.SKIPPED, "new.mp4": Status.PENDING}
    assert actions(here, here.task_of("old.mp4")) == ["found"]
    before = here.tasks()
    assert look(here, 8).found == 0
    assert here.tasks() == before


@pytest.mark.parametrize(
    ("zone", "written", "boundary"),
    [
        ("UTC", "2026-01-01", "2026-01-01T00:00:00+00:00"),
        ("Asia/Tokyo", "2026-01-01", "2025-12-31T15:00:00+00:00"),
        ("America/New_York", "2026-07-01 12:00", "2026-07-01T16:00:00+00:00"),
        ("Asia/Tokyo", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"),
    ],
)
def test_a_time_without_an_offset_is_meant_in_the_project_s_zone(
    world: MakeWorld, zone: str, written: str, boundary: str
) -> None:
    project = world(ignore_before=written, time_zone=zone).project
    nanoseconds = int(datetime.fromisoformat(boundary).timestamp()) * 10**9
    assert archive.is_ignored(project, nanoseconds - 1)
    assert not archive.is_ignored(project, nanoseconds)


@pytest.mark.parametrize("mtime_ns", [-(2**63) + 1, 0, 2**63 - 1])
def test_any_time_a_file_can_have_is_told(mtime_ns: int) -> None:
    assert archive.reason(Seen.of("a.mp4", 1, mtime_ns)).startswith(IGNORED)


@pytest.mark.parametrize("later", [None, "2019-01-01"])
def test_when_the_setting_goes_or_moves_back_they_go_out_by_themselves(world: MakeWorld, later: str | None) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4", title="Old")
    look(here, 0)
    edited = with_setting(here, later)
    look(here, 10, project=edited)
    assert candidates(here) == ["old.mp4"], "looked at twice, like any other"
    look(here, 14, project=edited)
    task = here.task()
    assert (task.status, task.metadata_path) == (Status.PENDING, "old.json")
    assert task.quick_fingerprint is not None
    assert isinstance(here.publish(), Posted)


def test_a_setting_that_moves_back_a_little_lets_only_the_newer_ones_go(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "a.mp4", datetime(2019, 5, 1, tzinfo=timezone.utc))
    old(here, "b.mp4", datetime(2025, 5, 1, tzinfo=timezone.utc))
    look(here, 0)
    edited = with_setting(here, "2025-01-01")
    for second in (10, 14, 18):
        look(here, second, project=edited)
    assert statuses(here) == {"a.mp4": Status.SKIPPED, "b.mp4": Status.PENDING}


def test_a_setting_made_too_late_still_holds_back_what_waits_to_be_posted(world: MakeWorld) -> None:
    here = world()
    old(here, "old.mp4", title="Old")
    old(here, "under way.mp4", title="Old")
    here.put("new.mp4", title="New")
    here.scan()
    assert carry_out(here.engine, here.task_of("under way.mp4").id, Event.QUEUE, now=utc_now())
    edited = with_setting(here, NEW_YEAR)
    assert archive.hold_back(here.engine, edited, now=utc_now()) == 1
    assert statuses(here) == {
        "old.mp4": Status.SKIPPED,
        "under way.mp4": Status.QUEUED,
        "new.mp4": Status.PENDING,
    }
    assert archive.hold_back(here.engine, edited, now=utc_now()) == 0
    for second in (10, 14):
        look(here, second, project=edited)
    assert here.task_of("old.mp4").status is Status.SKIPPED


def test_a_person_s_retry_of_one_old_file_holds(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4", title="Old")
    look(here, 0)
    assert carry_out(here.engine, here.task().id, Event.RETRY, now=utc_now(), not_before=utc_now())
    for second in (10, 14):
        look(here, second)
    assert here.task().status is Status.PENDING
    assert isinstance(here.publish(), Posted)


def test_metadata_that_comes_or_changes_wakes_none(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4")
    look(here, 0)
    (here.folder / "old.json").write_text('{"title": "Old"}', encoding="utf-8")
    for second in (10, 14):
        look(here, second)
    assert here.task().status is Status.SKIPPED


def test_an_old_file_that_is_changed_goes_out(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4", title="Old")
    look(here, 0)
    here.put("old.mp4")
    for second in (100, 104):
        look(here, second)
    assert here.task().status is Status.PENDING


def test_an_old_file_replaced_by_another_old_one_stays_as_it_was(world: MakeWorld) -> None:
    here = world(ignore_before=NEW_YEAR)
    old(here, "old.mp4", title="Old")
    look(here, 0)
    before = here.task()
    (here.folder / "old.mp4").write_bytes(b"shorter")
    os.utime(here.folder / "old.mp4", (0, 0))
    for second in (100, 104, 108):
        look(here, second)
    assert here.task() == before


def test_of_very_many_skipped_files_each_has_its_turn_and_none_is_lost(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(ignore_before=NEW_YEAR)
    names = [f"{number:02}.mp4" for number in range(30)]
    for name in names:
        old(here, name)
    look(here, 0)
    assert statuses(here) == dict.fromkeys(names, Status.SKIPPED)
    monkeypatch.setattr(known, "SKIPPED_A_SCAN", 7)
    with reading(here.engine) as connection:
        (source_id,) = defaults.source_ids(connection, here.project.id).values()
    some = known.read(here.engine, here.project.id, source_id, now=utc_now())
    assert 0 < len(some.skipped) < 10
    assert some.paths == set(names)

    edited = with_setting(here, None)
    for second in range(10, 400, 5):
        look(here, second, project=edited)
    assert statuses(here) == dict.fromkeys(names, Status.PENDING)
    assert paths(here) == names
    assert candidates(here) == []
