"""The timeline page as HTML: escaping, policy, freshness, playing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests

from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.sandbox.conftest import Clock, Running, mp4, running

NASTY = "<script>alert(1)</script> \"'&amp; <img src=x onerror=alert(1)> {{ 7 * 7 }}"


def _get(x: Running, path: str, **headers: str) -> requests.Response:
    return requests.get(x.url + path, headers=headers, timeout=10)


def test_an_empty_timeline_says_so(own_x: Running) -> None:
    page = _get(own_x, "/")
    assert "Nothing has been posted yet" in page.text
    assert "<article" not in page.text


def test_text_and_alt_text_are_escaped(own_x: Running, png: bytes) -> None:
    maker = own_x.account()
    media_id = maker.upload(png, "tweet_image", "image/png")
    maker.post("/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": '"><script>alert(2)'}}})
    data(maker.tweet(NASTY, media_id))
    page = _get(own_x, "/")
    assert page.text.count("<script") == 2  # the page's own
    assert "<img src=x" not in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "&amp;amp;" in page.text


def test_a_strict_policy_covers_pages_and_media(own_x: Running, png: bytes) -> None:
    media_id = own_x.account().upload(png, "tweet_image", "image/png")
    for path in ("/", "/posts", "/nobody/status/1", f"/media/{media_id}"):
        headers = _get(own_x, path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_links_tags_and_mentions_are_marked(own_x: Running) -> None:
    data(own_x.account().tweet("See example.com/a?b=1&c=2 #tag @you"))
    page = _get(own_x, "/").text
    assert '<a href="http://example.com/a?b=1&amp;c=2" rel="noopener noreferrer" target="_blank">example.com' in page
    assert '<span class="tag">#tag</span>' in page
    assert '<span class="tag">@you</span>' in page


def test_no_link_runs_a_script(own_x: Running) -> None:
    data(own_x.account().tweet("javascript:alert(1) data:text/html,x //example.com"))
    assert 'href="javascript' not in _get(own_x, "/").text


def test_cards_are_sent_again_only_when_something_changed(own_x: Running) -> None:
    maker = own_x.account()
    first = data(maker.tweet("first"))["id"]
    etag = _get(own_x, "/posts").headers["etag"]
    assert _get(own_x, "/posts", **{"if-none-match": etag}).status_code == 304
    data(maker.tweet("second"))
    changed = _get(own_x, "/posts", **{"if-none-match": etag})
    assert changed.text.index("second") < changed.text.index("first")
    maker.delete(f"/2/tweets/{first}")
    assert "first" not in _get(own_x, "/posts").text


def test_older_posts_are_on_the_next_page(own_x: Running) -> None:
    maker = own_x.account()
    ids = [data(maker.tweet(f"number {n}"))["id"] for n in range(45)][::-1]
    path, shown = "/", []
    while path:
        page = _get(own_x, path).text
        assert ('id="faults"' in page) == (path == "/")
        shown += [part.split('"')[0] for part in page.split('data-id="')[1:] if part[0].isdigit()]
        path = page.split('<nav data-id="older"><a href="')[1].split('"')[0] if "<nav" in page else ""
    assert shown == ids


def test_a_post_has_a_page_of_its_own(own_x: Running) -> None:
    maker = own_x.account()
    post_id = data(maker.tweet("alone"))["id"]
    assert "alone" in _get(own_x, f"/{maker.username}/status/{post_id}").text
    missing = _get(own_x, f"/somebody/status/{post_id}")
    assert (missing.status_code, "This post is not here" in missing.text) == (404, True)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, 2 * 1024 * 1024 - 1),
        ("bytes=100-199", 100, 199),
        ("bytes=2990000-", 2_990_000, None),
        ("bytes=-500", None, None),
    ],
)
def test_a_player_gets_the_range_it_asks_for(
    x: Running, maker: Account, asked: str, first: int | None, last: int | None
) -> None:
    content = mp4(filling=3_000_000)
    media_id = maker.upload(content, "tweet_video", "video/mp4")
    answer = _get(x, f"/media/{media_id}", range=asked)
    first, last = (len(content) - 500, None) if first is None else (first, last)
    last = len(content) - 1 if last is None else last
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content == content[first : last + 1]


def test_a_range_beyond_the_file_is_refused(x: Running, maker: Account, png: bytes) -> None:
    media_id = maker.upload(png, "tweet_image", "image/png")
    assert _get(x, f"/media/{media_id}", range="bytes=99999-").status_code == 416


def test_media_is_served_as_what_its_bytes_are(x: Running, maker: Account, gif: bytes) -> None:
    media_id = maker.upload(gif, "tweet_gif", "image/gif")
    answer = _get(x, f"/media/{media_id}")
    assert (answer.headers["content-type"], answer.content) == ("image/gif", gif)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_up_to_four_pictures_share_a_frame_each_with_what_it_shows(own_x: Running, png: bytes, count: int) -> None:
    maker = own_x.account()
    ids = [maker.upload(png, "tweet_image", "image/png") for _ in range(count)]
    for number, media_id in enumerate(ids):
        maker.post("/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": f"picture {number}"}}})
    data(maker.tweet("an album", *ids))
    page = _get(own_x, "/").text
    assert f'class="media of-{count}"' in page
    assert re.findall(r'<img src="/media/(\d+)"[^>]* alt="([^"]*)"', page) == [
        (media_id, f"picture {number}") for number, media_id in enumerate(ids)
    ]


def test_a_gif_is_shown_moving_and_a_text_alone_has_no_frame(own_x: Running, gif: bytes) -> None:
    maker = own_x.account()
    data(maker.tweet("words alone"))
    assert 'class="media' not in _get(own_x, "/").text
    media_id = maker.upload(gif, "tweet_gif", "image/gif")
    data(maker.tweet("it moves", media_id))
    page = _get(own_x, "/").text
    assert f'<img src="/media/{media_id}"' in page
    assert "<span>gif " in page


def test_unknown_and_unfinished_media_are_not_served(x: Running, maker: Account) -> None:
    unfinished = data(maker.initialize(3, "tweet_video", "video/mp4"))["id"]
    for media_id in ("1", unfinished, "9" * 19, "..%2fx.db"):
        assert _get(x, f"/media/{media_id}").status_code == 404
        assert _get(x, f"/maker/status/{media_id}").status_code == 404
    assert _get(x, "/static/..%2fapp.py").status_code == 404


def test_files_of_expired_unused_uploads_are_swept_at_start(tmp_path: Path, png: bytes) -> None:
    clock = Clock()
    with running(tmp_path / "x", clock=clock) as sandbox:
        maker = sandbox.account()
        used = maker.upload(png, "tweet_image", "image/png")
        maker.upload(png, "tweet_image", "image/png")
        half = data(maker.initialize(3, "tweet_video", "video/mp4"))["id"]
        data(maker.append(half, 0, b"ab"))
        data(maker.tweet("kept", used))
    clock.advance(2 * 86_400)
    with running(tmp_path / "x", clock=clock):
        pass
    assert [file.name for file in (tmp_path / "x" / "media").iterdir()] == [used]
    assert list((tmp_path / "x" / "uploads").iterdir()) == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_origin_cannot_use_the_control_calls(x: Running, origin: str) -> None:
    answer = requests.delete(f"{x.url}/sandbox/state", headers={"origin": origin}, timeout=10)
    assert answer.status_code == 403
    assert requests.get(f"{x.url}/sandbox/health", headers={"origin": x.url}, timeout=10).status_code == 200
