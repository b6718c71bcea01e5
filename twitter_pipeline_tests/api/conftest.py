"""A world with its API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from twitter_pipeline_tests.support.api import Api, running
from twitter_pipeline_tests.support.world import World

#: ``api(world)``: the API of a world, running.
Serve = Callable[[World], Api]


@pytest.fixture
def api() -> Iterator[Serve]:
    """See `Serve`."""
    with ExitStack() as stack:
        yield lambda world: stack.enter_context(running(world.engine, world.settings))
