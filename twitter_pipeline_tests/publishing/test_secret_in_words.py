"""A key that got into the words of a post by mistake is not published."""

from __future__ import annotations

from typing import Any

import pytest

from twitter_pipeline.config import secrecy
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.pictures import picture, words
from twitter_pipeline_tests.support.world import MakeWorld

KEY = "AIza-of-s0mebody"


@pytest.fixture(autouse=True)
def _forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "_kept", frozenset())
    monkeypatch.setattr(secrecy, "_forms", ())


@pytest.mark.parametrize("source", [{"same_words": "vary"}, {"gemini": True}])
def test_not_even_where_they_are_cut_off(world: MakeWorld, source: dict[str, Any]) -> None:
    """They could go out in another way, or be shown to Gemini."""
    here = world(top={"gemini": {"api_key": KEY}}, sources=[{"type": "image", **source}])
    picture(here.folder / "cat.png")
    long = f"{'A sentence about a cat that sleeps all day in the garden of its house. ' * 4}See {KEY}."
    words(here.folder / "cat.json", title="A cat", description=long)
    here.scan()
    here.publish()
    assert "its words hold a key or password" in (here.task().error_message or "")
    assert here.sandbox.gemini_requests() == []
    assert KEY not in str(here.task())


@pytest.mark.parametrize("where", ["title", "description", "alt_text"])
def test_words_with_a_key_are_not_posted_and_not_stored(world: MakeWorld, where: str) -> None:
    here = world(top={"gemini": {"api_key": KEY}}, sources=[{"type": "image"}])
    picture(here.folder / "cat.png")
    words(here.folder / "cat.json", **{"title": "A cat", where: f"see {KEY}"})
    here.scan()
    here.publish()
    task = here.task()
    assert task.status is Status.SKIPPED
    assert "its words hold a key or password" in (task.error_message or "")
    assert here.sandbox.posts() == []
    assert KEY not in str(task)
