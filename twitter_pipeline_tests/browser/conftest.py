"""A running pipeline, and Chromium to look at it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    yield page
    page.close()


@pytest.fixture(scope="module")
def stack(browser: Browser, tmp_path_factory: pytest.TempPathFactory, clip: Path) -> Iterator[Stack]:
    """A pipeline over two clips. Its pacing lets one of them out at once, and the other an hour later."""
    folder = tmp_path_factory.mktemp("looked_at")
    for name in ("boat", "tide"):
        put(clip, folder / "harbour", f"{name}.mp4", title=f"The {name} _comes_ in", hashtags=[name])
    with Stack(folder, [{"id": "harbour", "path": "harbour", "min_interval": "1 h"}]) as running:
        yield running


@pytest.fixture
def posted(stack: Stack) -> Task:
    """The task of the clip that the pipeline posts by itself."""

    def first() -> Task | None:
        return next((task for task in stack.tasks() if task.status is Status.COMPLETED), None)

    return wait_for(first, 60, "a clip to be posted")
