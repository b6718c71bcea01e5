"""When nothing is left to do now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up.idle import Outstanding, outstanding
from twitter_pipeline.store import accounts, defaults, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import projects, publishing_log, scan_candidates
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW, PROJECT, put_task

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def left(prepared: sa.Engine, settings: MakeSettings) -> Callable[[], Outstanding]:
    """What is left a minute after the start, the project scanned once since."""
    with writing(prepared) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=NOW + timedelta(seconds=5)))
    made = settings()
    return lambda: outstanding(prepared, made, since=NOW, now=LATER)


def _put(engine: sa.Engine, status: Status, **values: object) -> int:
    """A task that Dagster knows all of."""
    task_id = put_task(engine, status, registered_in="here", **values)
    with writing(engine) as connection:
        connection.execute(sa.update(publishing_log).values(relayed=2))
    return task_id


def test_an_empty_project_that_was_scanned_leaves_nothing(left: Callable[[], Outstanding]) -> None:
    assert left() == Outstanding()
    assert left().is_nothing


@pytest.mark.parametrize("scanned", [None, NOW - timedelta(seconds=1)], ids=["never", "before the start"])
def test_a_project_not_scanned_since_the_start_is_left(
    left: Callable[[], Outstanding], prepared: sa.Engine, scanned: datetime | None
) -> None:
    with writing(prepared) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=scanned))
    assert left() == Outstanding(unscanned=1)


def test_a_folder_that_is_not_there_is_not_waited_for(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=None, scan_problem="the folder is not there"))
    assert left().is_nothing


def test_a_file_that_may_still_be_being_written_is_left(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    with writing(prepared) as connection:
        (source_id,) = defaults.source_ids(connection, PROJECT).values()
        connection.execute(
            sa.insert(scan_candidates).values(
                content_source_id=source_id, media_path="a.mp4", size=1, mtime_ns=1, unchanged_since=NOW
            )
        )
    assert left() == Outstanding(arriving=1)


def test_what_is_due_is_left_and_what_is_due_later_is_not(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    _put(prepared, Status.PENDING, scheduled_time=LATER + timedelta(seconds=1))
    assert left().is_nothing
    _put(prepared, Status.PENDING, scheduled_time=LATER)
    assert left() == Outstanding(due=1)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_what_is_under_way_is_left(left: Callable[[], Outstanding], prepared: sa.Engine, status: Status) -> None:
    _put(prepared, status)
    assert left() == Outstanding(under_way=1)


@pytest.mark.parametrize(
    "status", [status for status in Status if status not in (Status.PENDING, Status.QUEUED, Status.RUNNING)]
)
def test_what_has_ended_is_not_left(left: Callable[[], Outstanding], prepared: sa.Engine, status: Status) -> None:
    _put(prepared, status)
    assert left().is_nothing


def test_what_a_person_paused_is_not_waited_for(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    _put(prepared, Status.PENDING)
    with writing(prepared) as connection:
        pauses.pause(connection, "project", PROJECT, "", now=NOW)
    assert left().is_nothing


def test_what_waits_for_its_account_is_not_waited_for(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    _put(prepared, Status.PENDING)
    with reading(prepared) as connection:
        account = accounts.by_name(connection, "sandbox")
    with writing(prepared) as connection:
        accounts.wait(connection, account.id, LATER + timedelta(hours=1), "429")
    assert left().is_nothing


def test_what_dagster_does_not_show_yet_is_left(left: Callable[[], Outstanding], prepared: sa.Engine) -> None:
    put_task(prepared, Status.COMPLETED)
    assert left() == Outstanding(untold=2)  # the task itself, and its line "found"


def test_a_posted_file_that_is_to_be_moved_away_is_left_until_it_was_moved_or_could_not(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    moving = settings(after_post="move posted")
    (moving.projects[0].path / "a.mp4").touch()
    with writing(prepared) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=NOW + timedelta(seconds=5)))
    for values in ({"moved_at": NOW}, {"move_after": LATER + timedelta(hours=1)}):
        _put(prepared, Status.COMPLETED, **values)
    assert outstanding(prepared, moving, since=NOW, now=LATER).is_nothing
    _put(prepared, Status.COMPLETED)
    assert outstanding(prepared, moving, since=NOW, now=LATER) == Outstanding(unmoved=1)
    assert outstanding(prepared, settings(), since=NOW, now=LATER).is_nothing
