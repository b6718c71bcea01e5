"""A second Dagster daemon over the same storage, started by mistake: two that tick, and each item once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

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
            first.suspend()
            found = _put(clip, folder, range(4))
            wait_for(lambda: "Checking for new runs for sensor" in said.read_text(), 90, "its first tick")
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of the second daemon's turn")
            first.resume()
            found |= _put(clip, folder, range(4, 8))
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of both")
            second.send_signal(signal.SIGSTOP)
            found |= _put(clip, folder, range(8, 12))
            wait_for(lambda: _posted(stack) >= found, 90, "the posts of the first daemon's turn")
            second.send_signal(signal.SIGCONT)
            assert second.poll() is None, "it ticked all the while"
            posts = stack.sandbox.posts(deleted=True)
        finally:
            first.resume()
            second.kill()
            second.wait()
            output.close()
            print(said.read_text()[-3000:])  # for the report of a test that failed
    assert sorted(post["text"] for post in posts) == sorted(found)


def _put(clip: Path, folder: Path, numbers: range) -> set[str]:
    """Items of these numbers; their texts."""
    for number in numbers:
        put(clip, folder, f"{number}.mp4", title=f"Cat {number}")
    return {f"Cat {number}" for number in numbers}


def _posted(stack: Stack) -> set[str]:
    return {post["text"] for post in stack.sandbox.posts()}
