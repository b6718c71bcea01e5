"""What tests of Gemini's words have in common."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from twitter_pipeline.store.log import Line
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import read_lines
from twitter_pipeline_tests.support.world import World

#: Builds a world whose source lets Gemini improve the words.
MakeAsking = Callable[..., World]


def import_library(sdk: str) -> None:
    """Import it now, as a long-lived process has: that takes a second, several on a loaded machine.

    Otherwise whichever test asks first in its worker would find that time in its own.
    """
    importlib.import_module(f"twitter_pipeline.enhancing.{sdk.replace('-', '_')}")


def found(made: World, **words: Any) -> None:
    """A clip with these words, found."""
    made.put(**(words or {"title": "A cat", "description": "It sleeps.", "hashtags": ["cats"]}))
    made.scan()


def line(made: World, task: Task | None = None) -> Line:
    """The latest line about Gemini."""
    lines = read_lines(made.engine, (task or made.task()).id)
    return [one for one in lines if one.action == "enhanced"][-1]
