"""A second Dagster daemon over the same storage, started by mistake: two that tick, and each item once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twitter_pipeline.cli.up import instance
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

ITEMS = 12


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_under_two_daemons_each_item_goes_out_once(tmp_path: Path, clip: Path) -> None:
    folder = tmp_path / "cats"
    folder.mkdir()
    stack, said = Stack(tmp_path, [{"id": "cats", "path": "cats"}]), tmp_path / "second.log"
    with stack:
        home = stack.settings.home / "dagster"
        output = said.open("w")
        second = subprocess.Popen(
            [sys.executable, "-m", "dagster._daemon", "run", "-w", str(home / "workspace.yaml")],
            cwd=home,
            env=instance.environment(stack.settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            # It says so each time that it evaluates a sensor. Which of the two scans is a matter of a second or two.
            wait_for(lambda: "Checking for new runs for sensor" in said.read_text(), 90, "its first tick")
            for number in range(ITEMS):
                put(clip, folder, f"{number}.mp4", title=f"Cat {number}")
            wait_for(lambda: [task.status for task in stack.tasks()].count(Status.COMPLETED) == ITEMS, 150, "all posts")
            assert second.poll() is None, "it ticked all the while"
            posts = stack.sandbox.posts(deleted=True)
        finally:
            second.kill()
            second.wait()
            output.close()
            print(said.read_text()[-3000:])  # for the report of a test that failed
    assert sorted(post["text"] for post in posts) == sorted(f"Cat {number}" for number in range(ITEMS))
