"""What a person sees and clicks: the sandbox's timeline, and Dagster's own pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _partition_page(stack: Stack, task: Task) -> str:
    return f"{stack.dagster.url}/assets/harbour/tweets?view=partitions&partition={task.partition_key}"


def _shown(where: Page | Locator, text: str) -> Locator:
    """What says just that, without the invisible copies by which Dagster's UI measures its words."""
    return where.get_by_text(text, exact=True).locator("visible=true")


def _row(page: Page, label: str) -> Locator:
    """A row of the metadata."""
    return page.get_by_role("row").filter(has=page.get_by_role("cell", name=label, exact=True))


def _title(task: Task) -> str:
    return f"The {Path(task.media_path).stem} _comes_ in"


def test_the_posted_film_plays_on_the_timeline(stack: Stack, posted: Task, page: Page) -> None:
    from playwright.sync_api import expect

    page.goto(stack.settings.sandbox.url)
    post = page.locator(f"#post-{posted.tweet_id}")
    expect(post).to_contain_text(_title(posted))
    film = post.locator("video")
    expect(film).to_have_js_property("paused", False)
    at = film.evaluate("film => film.currentTime")
    page.wait_for_function(
        "([film, at]) => film.currentTime > 0 && film.currentTime !== at", arg=[film.element_handle(), at]
    )


@pytest.mark.parametrize(
    ("group", "assets"),
    [("harbour", ["media_items", "tweets"]), ("analytics", ["analytics_hourly", "analytics_daily", "best_hours"])],
)
def test_the_lineage_shows_groups_that_open(
    stack: Stack, posted: Task, page: Page, group: str, assets: list[str]
) -> None:
    from playwright.sync_api import expect

    page.goto(f"{stack.dagster.url}/asset-groups")
    graph = page.locator("svg foreignObject")
    for name in ("harbour", "analytics"):
        expect(_shown(graph, name)).to_be_visible()
    _shown(graph, group).click()
    for asset in assets:
        expect(_shown(graph, asset)).to_be_visible()


def test_a_partitions_page_shows_link_text_picture_and_log(stack: Stack, posted: Task, page: Page) -> None:
    from playwright.sync_api import expect

    page.goto(_partition_page(stack, posted))
    assert posted.tweet_url is not None
    expect(page.get_by_role("link", name=posted.tweet_url).first).to_have_attribute("href", posted.tweet_url)
    expect(_row(page, "text")).to_contain_text(_title(posted))
    picture = page.get_by_role("row", name="picture picture", exact=True).locator("img")
    expect(picture).to_have_js_property("naturalWidth", 96)
    log = _row(page, "log")
    for action in ("found", "queue", "claim", "prepared", "uploaded", "post"):
        expect(log.locator("strong", has_text=action).first).to_be_visible()


def test_a_runs_page_tells_the_lines_of_its_log(stack: Stack, posted: Task, page: Page) -> None:
    from playwright.sync_api import expect

    page.goto(f"{stack.dagster.url}/runs/{posted.run_id}")
    search = page.get_by_placeholder("Filter…")
    for said in ("attempt 1 began", f"posted: {posted.tweet_url}"):
        search.fill("type:ASSET_OBSERVATION")
        search.press("Enter")
        expect(page.get_by_text(said).first).to_be_visible()


def test_materializing_a_partition_in_the_ui_posts_it_now(stack: Stack, posted: Task, page: Page) -> None:
    from playwright.sync_api import expect

    # A tick may find the one, and the next tick the other.
    (waiting,) = wait_for(lambda: [task for task in stack.tasks() if task.id != posted.id], 60, "the other clip")
    assert waiting.status is Status.PENDING
    page.goto(_partition_page(stack, waiting))
    expect(_shown(page, waiting.partition_key).last).to_be_visible()
    page.get_by_role("button", name="Materialize").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Launch 1 run").click()
    stack.wait_for_task(waiting.media_path, lambda task: task.status is Status.COMPLETED, "posted")
    texts = [post["text"] for post in stack.sandbox.posts()]
    assert sum(text.startswith(_title(waiting)) for text in texts) == 1
