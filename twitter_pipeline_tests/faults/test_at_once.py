"""Two runs of one item at the same moment, again and again; and a database of yesterday."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline.config import Settings
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.outcomes import Posted, Unknown
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.faults.test_crash_points import new_item, posts_of
from twitter_pipeline_tests.support.world import MakeWorld

#: Items, and how many before the sandbox forgets: X takes 100 posts in 15 minutes.
ITEMS, AT_A_TIME = 200, 50
_context = multiprocessing.get_context("forkserver")


def _race(settings: Settings, items: list[Task], start: Barrier, won: Any) -> None:
    engine = connect(settings.sqlalchemy_url)
    for task in items:
        start.wait(60)
        session = open_session(
            engine, settings, task.project_id, task.partition_key, Worker(f"{os.getpid()}-{task.id}")
        )
        if isinstance(session, Session):
            with session:
                won.put((os.getpid(), isinstance(post.publish(session), Posted)))


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_of_two_runs_at_once_one_posts_200_times(world: MakeWorld) -> None:
    here = world(sources=[{"type": "text"}], stable_for="0 s")
    for number in range(ITEMS):
        (here.folder / f"{number:03}.txt").write_text(f"Cat naps, take {number}")
    here.scan()
    items = here.tasks()
    assert len(items) == ITEMS
    winners = Counter[int]()
    for first in range(0, ITEMS, AT_A_TIME):
        start, won = _context.Barrier(2), _context.Queue()
        part = items[first : first + AT_A_TIME]
        runs = [_context.Process(target=_race, args=(here.settings, part, start, won)) for _ in range(2)]
        for run in runs:
            run.start()
        ends = [won.get(timeout=60) for _ in part]
        for run in runs:
            run.join(60)
            assert run.exitcode == 0
        assert all(posted for _, posted in ends)
        assert won.empty()
        assert len(set(here.posted_texts())) == len(here.posted_texts()) == AT_A_TIME
        winners.update(number for number, _ in enumerate(runs) for pid, _ in ends if pid == runs[number].pid)
        here.sandbox.clear()
    assert set(winners) == {0, 1}
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_with_the_database_of_yesterday_what_was_posted_since_is_left_to_a_person(
    world: MakeWorld, tmp_path: Path
) -> None:
    here = world()
    before, since, after = (new_item(here, number) for number in range(3))
    assert isinstance(here.publish(before), Posted)
    database, backup = str(here.engine.url.database), str(tmp_path / "backup.db")
    _copy(database, backup)
    assert isinstance(here.publish(since), Posted)
    here.engine.dispose()
    _copy(backup, database)
    assert here.task_of(since.media_path).status is Status.PENDING
    with writing(here.engine) as connection:
        accounts.look_again(connection)  # as `up` does when it starts
    outcome = here.publish(since, run_id="again")
    assert isinstance(outcome, Unknown)
    assert "tasks resolve" in outcome.reason
    assert here.task_of(since.media_path).status is Status.UNCONFIRMED
    assert isinstance(here.publish(after), Posted)
    assert [posts_of(here, task) for task in (before, since, after)] == [1, 1, 1]


def _copy(source: str, target: str) -> None:
    with sqlite3.connect(source) as read, sqlite3.connect(target) as write:
        read.backup(write)
    read.close()
    write.close()
