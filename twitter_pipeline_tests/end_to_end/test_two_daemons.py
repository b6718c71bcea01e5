"""A second Dagster daemon over the same storage, started by mistake: two that tick, and each item once."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from twitter_pipeline.cli.up import instance
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_under_two_daemons_each_item_goes_out_once(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    stack, said = Stack(tmp_path, [{"id": "cats", "path": "cats"}]), tmp_path / "second.log"
    with stack:
        home, first = stack.settings.home / "dagster", stack.service_process("daemon")
        output = said.open("w")
        second = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-w", str(home / "workspace.yaml")],
            cwd=home,
            env=instance.environment(stack.settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            # Which of two daemons finds a sensor due is chance; while one is frozen, it is the other.
            _freeze(first, home)
            found = _put(clip, folder, range(4))
            wait_for(lambda: "Checking for new runs for sensor" in said.read_text(), 90, "its first tick")
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of the second daemon's turn")
            first.resume()
            found |= _put(clip, folder, range(4, 8))
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of both")
            _freeze(psutil.Process(second.pid), home)
            found |= _put(clip, folder, range(8, 12))
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of the first daemon's turn")
            psutil.Process(second.pid).resume()
            assert second.poll() is None, "it ticked all the while"
            posts = stack.sandbox.posts(deleted=True)
        finally:
            first.resume()
            second.kill()
            second.wait()
            output.close()
            print(said.read_text()[-3000:])  # for the report of a test that failed
    assert sorted(post["text"] for post in posts) == sorted(found)


def _freeze(daemon: psutil.Process, home: Path) -> None:
    """Let a daemon stand still at a moment at which it holds none of Dagster's databases: nobody could use it then."""

    def frozen() -> bool:
        daemon.suspend()
        wait_for(lambda: daemon.status() == psutil.STATUS_STOPPED, 10, "the daemon to stand still")
        if all(_is_free(path) for path in home.rglob("*.db")):
            return True
        daemon.resume()
        return False

    wait_for(frozen, 30, "a moment at which the daemon holds no database")


def _is_free(database: Path) -> bool:
    """Whether nobody holds it for longer than a moment."""
    with contextlib.closing(sqlite3.connect(database, timeout=2, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def _put(clip: Path, folder: Path, numbers: range) -> set[str]:
    """Items of these numbers; their texts."""
    for number in numbers:
        put(clip, folder, f"{number}.mp4", title=f"Cat {number}")
    return {f"Cat {number}" for number in numbers}


def _posted(stack: Stack) -> set[str]:
    return {post["text"] for post in stack.sandbox.posts()}
