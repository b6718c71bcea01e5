"""`status --watch`: the same page, anew and anew."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from twitter_pipeline.cli import status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.world import MakeWorld, World


def test_it_shows_what_changed_until_it_is_interrupted(
    world: MakeWorld, command: Callable[[World], Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(stable_for="0 s")
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt
        here.put("cat.mp4", title="A cat \x1b[31mred")
        here.scan()

    shown: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", nap)
        patched.setattr("rich.live.Live.update", lambda _, page, refresh: shown.append(page.plain))
        said = command(here)("status", "--watch")
    assert said.code == 0, said.err
    assert naps == [status.EVERY] * 2
    assert [("pending" in page, "cats" in page) for page in shown] == [(False, True), (True, True)]


def test_it_is_not_for_programs(world: MakeWorld, command: Callable[[World], Command]) -> None:
    assert command(world())("status", "--watch", "--json").code == 2
