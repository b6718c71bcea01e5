"""What is an alert: each cause made as it comes about, told in plain words, and gone by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import causes
from twitter_pipeline.alerting.cause import SKIPPED_LATELY, Cause, Kind
from twitter_pipeline.scanning.reasons import IGNORED, SAME_FILE
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import accounts, claims
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Move, Status
from twitter_pipeline.store.tables import api_keys, projects, publishing_attempts
from twitter_pipeline_tests.alerting.conftest import MakePipeline, Pipeline, many
from twitter_pipeline_tests.support.items import NOW, carry_out, prepare, put_task, take

HOUR = timedelta(hours=1)


def find(here: Pipeline, **changes: object) -> list[Cause]:
    """The causes there are now."""
    given = {"now": here.now, "running_since": here.running_since, **changes}
    with reading(here.engine) as connection:
        return list(causes.find(connection, here.settings, **given))  # type: ignore[arg-type]


def test_where_all_is_well_there_is_none(pipeline: MakePipeline) -> None:
    here = pipeline()
    for status in (Status.PENDING, Status.QUEUED, Status.RUNNING, Status.COMPLETED, Status.CANCELLED):
        put_task(here.engine, status)
    assert find(here) == []


def test_items_that_failed_are_one_cause_a_project_with_the_newest_named(pipeline: MakePipeline) -> None:
    here = pipeline()
    for number in range(5):
        put_task(
            here.engine,
            Status.FAILED,
            media_path=f"film-{number}.mp4",
            error_message=f"reason {number}",
            updated_at=NOW + number * HOUR,
        )
    (cause,) = find(here)
    assert (cause.key, cause.count, cause.title) == ("failed:cats", 5, "cats: 5 items failed")
    assert cause.last_at == NOW + 4 * HOUR
    lines = cause.message.splitlines()
    assert ["reason 4" in lines[0], "reason 3" in lines[1], "reason 2" in lines[2]] == [True] * 3
    assert lines[3] == "and 2 more"
    assert cause.link is not None
    assert "film-4" in cause.link


def test_ten_thousand_broken_files_are_one_cause(pipeline: MakePipeline) -> None:
    here = pipeline()
    put_task(here.engine, Status.SKIPPED, error_message="the file is cut off", updated_at=NOW)
    many(here, 9_999, Status.SKIPPED, error_message="the file is cut off", updated_at=NOW)
    (cause,) = find(here)
    assert (cause.key, cause.count) == ("skipped:cats", 10_000)
    assert cause.title == "cats: 10,000 items cannot be posted as they are"
    assert cause.message.endswith("and 9,997 more")


def test_what_a_setting_leaves_out_and_what_is_there_twice_needs_nobody(pipeline: MakePipeline) -> None:
    here = pipeline()
    put_task(here.engine, Status.SKIPPED, error_message=f"{IGNORED} (2020-01-01 00:00 UTC); …", updated_at=NOW)
    put_task(here.engine, Status.SKIPPED, error_message=f"{SAME_FILE} 2026-11-24-cat-a1b2", updated_at=NOW)
    put_task(here.engine, Status.SKIPPED, error_message="cut off", updated_at=NOW - SKIPPED_LATELY - HOUR)
    assert find(here) == []


def test_only_what_no_reading_settles_is_for_a_person(pipeline: MakePipeline) -> None:
    here = pipeline()
    for look_at in (NOW + HOUR, None):
        claim = take(here.engine, put_task(here.engine))
        with writing(here.engine) as connection:
            prepare(connection, claim)
            connection.execute(
                sa.update(publishing_attempts)
                .where(publishing_attempts.c.task_id == claim.task_id)
                .values(state="unknown", look_at=look_at)
            )
            lost = Move(Event.LOSE_TRACK, "X closed the connection")
            assert claims.settle(connection, claim, lost, now=NOW)
    (cause,) = find(here)
    assert (cause.key, cause.count) == ("unconfirmed:cats", 1)
    assert cause.title == "cats: 1 item may be on X, and only you can tell"
    assert f"tasks resolve {claim.task_id} --posted URL" in cause.remedy


def test_an_account_that_x_refused_is_one_until_it_is_resumed(pipeline: MakePipeline) -> None:
    here = pipeline()
    with writing(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
        accounts.stop(connection, account.id, "X answered 402 CreditsDepleted: top up")
    (cause,) = find(here)
    assert cause.key == "stopped:sandbox"
    assert cause.message == "X answered 402 CreditsDepleted: top up"
    assert "resume --account sandbox" in cause.remedy
    with writing(here.engine) as connection:
        accounts.resume(connection, "sandbox")
    assert find(here) == []


def test_an_account_without_keys_is_one(pipeline: MakePipeline) -> None:
    here = pipeline()
    with writing(here.engine) as connection:
        connection.execute(sa.update(api_keys).values(access_token=None))
    (cause,) = find(here)
    assert cause.key == "no_keys:sandbox"
    assert "has no keys" in cause.message


def test_a_folder_that_is_gone_is_one_until_it_is_back(pipeline: MakePipeline) -> None:
    here = pipeline()
    (project,) = here.settings.projects
    project.path.rename(project.path.with_name("away"))
    scan(here.engine, project, time_box=timedelta(seconds=5))
    (cause,) = find(here)
    assert cause.key == "folder:cats"
    assert "cats" in cause.message
    project.path.with_name("away").rename(project.path)
    scan(here.engine, project, time_box=timedelta(seconds=5))
    assert find(here) == []


@pytest.mark.parametrize(
    ("scanned", "running", "position", "is_one"),
    [
        (16, 60, None, True),
        (14, 60, None, False),
        # Just started after a weekend: the sensor had no time yet.
        (3000, 14, None, False),
        (3000, 16, None, True),
        (None, 16, None, True),
        # On its way through an archive.
        (16, 60, "video:.:en|deep", False),
        (361, 600, "video:.:en|deep", True),
    ],
)
def test_a_sensor_that_does_not_tick_is_one(
    pipeline: MakePipeline, scanned: int | None, running: int, position: str | None, is_one: bool
) -> None:
    here = pipeline()
    at = None if scanned is None else NOW - timedelta(minutes=scanned)
    with writing(here.engine) as connection:
        connection.execute(sa.update(projects).values(last_scan_time=at, scan_position=position))
    found = find(here, running_since=NOW - timedelta(minutes=running))
    assert [cause.key for cause in found] == (["silent:cats"] if is_one else [])
    for cause in found:
        assert cause.link == "http://127.0.0.1:3000/locations/twitter_pipeline/sensors/scan_cats"


def test_a_disk_is_one_when_it_is_almost_full_and_does_not_flap(pipeline: MakePipeline) -> None:
    here = pipeline(disk_free_percent=5)

    def keys(percent: float, *already: str) -> list[str]:
        found = find(here, disk_usage=lambda path: (7, 1000, int(percent * 10)), already=already)
        return [cause.key for cause in found]

    disk = f"disk:{here.settings.home}"
    assert keys(5.5) == []
    assert keys(4.9) == [disk]  # of two folders on the same disk one
    assert keys(5.5, disk) == [disk]
    assert keys(6.1, disk) == []


def test_a_disk_that_cannot_be_asked_is_none(pipeline: MakePipeline) -> None:
    here = pipeline(disk_free_percent=99)

    def gone(path: Path) -> tuple[int, int, int]:
        raise FileNotFoundError(path)

    assert find(here, disk_usage=gone) == []


def test_the_disk_of_the_data_is_really_asked(pipeline: MakePipeline) -> None:
    assert {cause.kind for cause in find(pipeline(disk_free_percent=99.999))} == {Kind.DISK}


@pytest.mark.parametrize(
    ("came", "went", "is_one"),
    [
        # (in the 24 hours before, in the last 24 hours)
        ((5, 5), (2, 2), True),
        ((5, 5), (5, 2), False),
        ((0, 9), (0, 0), False),  # a folder filled at once
        ((9, 0), (0, 1), False),  # and on the next day
        ((2, 2), (2, 2), False),
    ],
)
def test_a_backlog_that_grows_for_a_day_is_one(
    pipeline: MakePipeline, came: tuple[int, int], went: tuple[int, int], is_one: bool
) -> None:
    here = pipeline()
    for hours, number in zip((30, 6), came, strict=True):
        for _ in range(number):
            put_task(here.engine, created_at=NOW - hours * HOUR)
    for hours, number in zip((30, 6), went, strict=True):
        for _ in range(number):
            long_ago = NOW - 100 * HOUR
            put_task(here.engine, Status.COMPLETED, created_at=long_ago, executed_time=NOW - hours * HOUR)
    found = find(here)
    assert [cause.key for cause in found] == (["backlog:cats"] if is_one else [])
    for cause in found:
        assert cause.message.startswith("In the last 24 hours 5 came and 2 went out")
        assert cause.count == 10


def test_what_is_planned_for_later_is_no_backlog(pipeline: MakePipeline) -> None:
    here = pipeline()
    for hours in (30, 6):
        put_task(here.engine, created_at=NOW - hours * HOUR, not_before=NOW + HOUR)
    assert find(here) == []


def statements(here: Pipeline) -> list[str]:
    """The plans that the database makes for what a look asks."""
    explain = "EXPLAIN QUERY PLAN" if here.engine.dialect.name == "sqlite" else "EXPLAIN"
    seen: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(here.engine, "before_cursor_execute", note)
    find(here)
    sa.event.remove(here.engine, "before_cursor_execute", note)
    plans = []
    with here.engine.connect() as connection:
        for statement, parameters in seen:
            if statement.startswith("SELECT") and "publishing_tasks" in statement:
                plan = connection.exec_driver_sql(f"{explain} {statement}", parameters)  # type: ignore[arg-type]
                plans += [row[-1] for row in plan]
    return plans


def test_a_look_reads_no_more_when_more_is_done(pipeline: MakePipeline) -> None:
    here = pipeline()
    task_id = put_task(here.engine, Status.COMPLETED, executed_time=NOW - 1000 * HOUR, created_at=NOW - 1000 * HOUR)
    many(here, 20_000, Status.COMPLETED)
    if here.engine.dialect.name == "postgresql":
        with here.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE publishing_tasks")
    plans = statements(here)
    assert any("ix_publishing_tasks_" in plan for plan in plans)
    assert [plan for plan in plans if "Seq Scan on publishing_tasks" in plan] == []
    if here.engine.dialect.name == "sqlite":
        assert [plan for plan in plans if plan.startswith("SCAN publishing_tasks")] == []
        assert all("USING" in plan for plan in plans if "publishing_tasks" in plan), plans
        lately = [plan for plan in plans if "ix_publishing_tasks_skipped" in plan]
        assert len(lately) == 2, "what was skipped lately, and late, of all that was ever skipped"
        assert all("updated_at>?" in plan for plan in lately)
    assert find(here) == []
    assert carry_out(here.engine, task_id, Event.RETRY) is False
