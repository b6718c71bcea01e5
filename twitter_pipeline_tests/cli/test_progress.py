"""What `up` tells of a folder with thousands of files: how many there are, not each."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up import report
from twitter_pipeline.cli.up.progress import MOST_FOUND, OFTEN, QUIET, Progress
from twitter_pipeline.store import moves
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.items import NOW, carry_out, new_item, put_task


def skip_at_sight(engine: sa.Engine, count: int) -> None:
    with writing(engine) as connection:
        for _ in range(count):
            moves.record(connection, new_item(connection, skip_reason="The file is empty (0 bytes)."), now=NOW)


class Clock:
    """Monotonic seconds as a test sets them."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_hundred_broken_files_are_ten_lines_and_their_number(
    prepared: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    progress = Progress(prepared, clock=clock)
    for _ in range(4):
        skip_at_sight(prepared, 25)
        clock.now += 1
        progress.show()
    assert [message.split()[0] for message in caplog.messages] == ["skipped"] * MOST_FOUND
    clock.now += QUIET + 0.1
    progress.show()
    assert caplog.messages[MOST_FOUND:] == [
        "skipped     90 more; twitter-pipeline status says why",
    ]
    progress.show(last=True)
    assert len(caplog.messages) == MOST_FOUND + 1


def test_a_post_among_them_is_told_at_once_and_so_is_the_next_file_found(
    prepared: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    progress = Progress(prepared, clock=clock)
    skip_at_sight(prepared, 30)
    task_id = put_task(prepared)
    carry_out(prepared, task_id, Event.SKIP)
    progress.show()
    words = [message.split()[0] for message in caplog.messages]
    assert words == ["skipped"] * MOST_FOUND + ["found", "skipped"]


def test_while_files_keep_coming_the_count_is_told_every_minute(
    prepared: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    progress = Progress(prepared, clock=clock)
    while clock.now <= OFTEN:
        skip_at_sight(prepared, 5)
        progress.show()
        clock.now += QUIET - 1
    progress.show()
    assert sum(" more" in message for message in caplog.messages) == 1


def test_the_table_at_the_end_shows_some_of_them_and_says_how_many_more(
    prepared: sa.Engine, settings: MakeSettings
) -> None:
    skip_at_sight(prepared, 50)
    put_task(prepared)
    since = NOW - timedelta(hours=1)
    assert len(report.items(prepared, settings(), since=since)) == report.MOST_SKIPPED + 1
    assert report.more_skipped(prepared, settings(), since=since) == 50 - report.MOST_SKIPPED
