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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Running]:
    """A sandbox on which nothing was posted, whichever test came first."""
    with running(tmp_path / "x") as sandbox:
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


def test_a_fault_is_asked_for_on_the_page_waits_there_and_happens(own_x: Running, page: Page) -> None:
    from playwright.sync_api import expect

    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    maker = own_x.account()
    page.goto(own_x.url)
    panel = page.locator("#faults")
    expect(panel).to_contain_text("none waiting")
    panel.locator("summary").click()
    expect(page.get_by_label("Call")).to_have_value("POST /2/tweets")
    page.get_by_label("Fault").select_option("429 with a reset time")
    page.get_by_label("Seconds").fill("40")
    page.get_by_label("How often").select_option("3 times")
    page.get_by_role("button", name="Add").click()
    expect(panel.locator("li")).to_have_text(["POST /2/tweets: status (429, 40 s, 3 times)"])
    assert maker.tweet("too early").status_code == 429
    expect(panel.locator("li")).to_have_text(["POST /2/tweets: status (429, 40 s, 2 times)"])

    page.get_by_label("Call").select_option("POST /2/media/upload/{id}/finalize")
    page.get_by_label("Fault").select_option("processing fails")
    expect(page.get_by_label("Seconds")).to_be_hidden()
    page.get_by_label("How often").select_option("1 in 10, by chance")
    page.get_by_role("button", name="Add").click()
    expect(panel).to_contain_text("2 waiting")
    expect(panel.locator("li").last).to_have_text(
        "POST /2/media/upload/{id}/finalize: processing_failed (10 %, until cleared)"
    )
    page.get_by_label("Call").select_option("GET /2/users/me")
    assert "processing fails" not in page.get_by_label("Fault").inner_text()

    page.get_by_role("button", name="Clear all").click()
    expect(panel).to_contain_text("none waiting")
    assert own_x.control("GET", "faults").json() == {"faults": []}
    data(maker.tweet("now"))
    expect(page.get_by_text("now", exact=True)).to_be_visible()
    assert problems == []
    # What the sandbox refuses is told, not swallowed.
    page.get_by_label("Fault").select_option("done and answered late")
    page.evaluate("document.forms[0].noValidate = true")
    page.get_by_label("Seconds").fill("-1")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("alert")).to_contain_text("$.seconds")


def test_captions_are_shown_over_a_video_and_labels_below_it(site: Running, page: Page) -> None:
    from playwright.sync_api import expect

    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    maker = site.account()
    video = _video(maker, "bikes.mp4")
    captions = maker.upload(b"1\n00:00:00,000 --> 00:10:00,000\nBikes in the rain.\n", "subtitles", "text/srt")
    track = {"id": captions, "language_code": "EN", "display_name": "English"}
    data(maker.post("/2/media/subtitles", {"id": video, "media_category": "TweetVideo", "subtitles": track}))
    body = {"text": "With captions", "media": {"media_ids": [video]}, "made_with_ai": True}
    post = data(maker.post("/2/tweets", body))["id"]
    page.goto(site.url)
    shown = page.locator(f"#post-{post} video")
    expect(shown).to_have_js_property("paused", False)
    # At once: while the film begins anew none is active.
    cue = page.wait_for_function(
        "id => document.querySelector(id).textTracks[0].activeCues?.[0]?.text", arg=f"#post-{post} video"
    )
    assert cue.json_value() == "Bikes in the rain."
    expect(page.locator(f"#post-{post}").get_by_text("Made with AI")).to_be_visible()
    expect(page.locator(f"#post-{post}").get_by_text("CC EN")).to_be_visible()
    assert problems == []
