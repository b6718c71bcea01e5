"""`status --watch`: the same page, anew and anew."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from twitter_pipeline.cli import status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.world import MakeWorld, World


@pytest.fixture
def here(world: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> World:
    """While somebody watches, nothing happens at first; then a clip comes; then they have seen enough."""
    here = world(stable_for="0 s")
    naps = []

    def nap(seconds: float) -> None:
        assert seconds == status.EVERY
        naps.append(seconds)
        if len(naps) == 3:
            raise KeyboardInterrupt
        if len(naps) == 2:
            here.put("cat.mp4", title="A cat \x1b[31mred")
            here.scan()

    monkeypatch.setattr(time, "sleep", nap)
    return here


def test_it_shows_what_changed_until_it_is_interrupted(
    here: World, command: Callable[[World], Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    with monkeypatch.context() as patched:
        patched.setenv("FORCE_COLOR", "1")  # as on a terminal
        patched.setattr("rich.live.Live.update", lambda _, page, refresh: shown.append(page.plain))
        said = command(here)("status", "--watch")
    assert said.code == 0, said.err
    assert [("pending" in page, "cats" in page) for page in shown] == [(False, True), (False, True), (True, True)]


def test_in_a_pipe_it_says_what_changed(here: World, command: Callable[[World], Command]) -> None:
    said = command(here)("status", "--watch")
    assert said.code == 0, said.err
    assert [("pending" in page) for page in said.out.split("mode: ")[1:]] == [False, True]


def test_it_is_not_for_programs(world: MakeWorld, command: Callable[[World], Command]) -> None:
    assert command(world())("status", "--watch", "--json").code == 2
