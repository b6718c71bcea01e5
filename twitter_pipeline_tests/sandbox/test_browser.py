"""The timeline page in Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.sandbox.conftest import Running, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MEDIA = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[3] / "shared" / "samples")) / "media"

pytestmark = [
    pytest.mark.skipif(not MEDIA.is_dir(), reason=f"sample media is not here: {MEDIA} (set SAMPLES_DIR)"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("x")) as sandbox:
        yield sandbox


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 820, "height": 900})
    yield page
    page.close()


def _video(maker: Account, name: str) -> str:
    return maker.upload((MEDIA / name).read_bytes(), "tweet_video", "video/mp4")


def test_posts_arrive_by_themselves_and_a_playing_video_plays_on(site: Running, page: Page) -> None:
    from playwright.sync_api import expect

    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    maker = site.account()
    page.goto(site.url)
    expect(page.get_by_text("Nothing has been posted yet")).to_be_visible()

    first = data(maker.tweet("Bikes <b>in</b> the rain #bikes", _video(maker, "bikes.mp4")))["id"]
    expect(page.get_by_text("Bikes <b>in</b> the rain #bikes")).to_be_visible()
    expect(page.get_by_text("Nothing has been posted yet")).to_have_count(0)
    video = page.locator(f"#post-{first} video")
    expect(video).to_have_js_property("paused", False)
    expect(video).to_have_js_property("videoWidth", 640)
    video.evaluate("video => { video.mark = 'the same element' }")

    picture = maker.upload((MEDIA / "rocket.jpg").read_bytes(), "tweet_image", "image/jpeg")
    second = data(maker.tweet("A rocket", picture))["id"]
    expect(page.locator(f"#post-{second} img")).to_have_js_property("naturalWidth", 640)
    assert [post.get_attribute("data-id") for post in page.locator("article").all()] == [second, first]
    expect(video).to_have_js_property("mark", "the same element")
    video.scroll_into_view_if_needed()
    expect(video).to_have_js_property("paused", False)

    maker.delete(f"/2/tweets/{second}")
    expect(page.locator("article")).to_have_count(1)
    expect(video).to_have_js_property("mark", "the same element")
    assert problems == []
