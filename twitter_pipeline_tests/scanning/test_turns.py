"""One scan of a project at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

from twitter_pipeline.scanning.turns import _turn, scan_in_turn
from twitter_pipeline_tests.support.world import MakeWorld

BOX = timedelta(seconds=5)

#: Holds the lock of a project until it is killed.
HOLDER = """
import sys, time
from twitter_pipeline.scanning.turns import _turn
from twitter_pipeline.store.engine import connect
with _turn(connect(sys.argv[1]), sys.argv[2]) as is_mine:
    print(is_mine, flush=True)
    time.sleep(60)
"""


def test_a_scan_waits_for_its_turn_and_then_finds_everything(world: MakeWorld) -> None:
    here = world(stable_for="0 s")
    here.put("cat.mp4")
    found = []
    with _turn(here.engine, "cats") as is_mine:
        assert is_mine
        waiting = threading.Thread(
            target=lambda: found.append(scan_in_turn(here.engine, here.project, time_box=BOX, patience=30))
        )
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
    waiting.join(30)
    assert [(report.busy, report.whole) for report in found] == [(False, True)]


def test_a_scan_whose_turn_does_not_come_says_so_and_changes_nothing(world: MakeWorld) -> None:
    here = world(stable_for="0 s")
    here.put("cat.mp4")
    with _turn(here.engine, "cats"):
        report = scan_in_turn(here.engine, here.project, time_box=BOX, patience=0.1)
        with _turn(here.engine, "dogs") as is_mine:
            assert is_mine, "another project's"
    assert (report.busy, report.whole, report.arriving, here.tasks()) == (True, False, 0, [])


def test_who_dies_while_scanning_leaves_the_turn_to_others(world: MakeWorld) -> None:
    here = world()
    url = here.engine.url.render_as_string(hide_password=False)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, url, "cats"], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with _turn(here.engine, "cats") as is_mine:
            assert not is_mine
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    assert not scan_in_turn(here.engine, here.project, time_box=BOX, patience=10).busy
