"""Captions of a video, and the labels of a post."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import requests

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Clock, Running, mp4, running

SRT = "1\n00:00:00,000 --> 00:00:01,500\nA cat naps.\n\n2\n00:01:01,500 --> 00:01:02,000\n<i>It</i> wakes.\n"
VTT = "WEBVTT\n\n00:00.000 --> 00:01.500 align:start\nEine Katze schläft.\n"


def _video(maker: Account, name: bytes = b"clip") -> str:
    return maker.upload(mp4(name=name), "tweet_video", "video/mp4")


def _captions(maker: Account, text: str = SRT, media_type: str = "text/srt") -> str:
    return maker.upload(text.encode(), "subtitles", media_type)


def _attach(maker: Account, video: str, captions: str, **changed: Any) -> requests.Response:
    language = {"id": captions, "language_code": "EN", "display_name": "English", **changed.pop("subtitles", {})}
    return maker.post(
        "/2/media/subtitles", {"id": video, "media_category": "TweetVideo", "subtitles": language, **changed}
    )


def test_a_video_has_its_captions_by_language(x: Running, maker: Account) -> None:
    video = _video(maker)
    data(_attach(maker, video, _captions(maker, SRT.replace("cat", "dog"))))
    data(_attach(maker, video, _captions(maker)))  # takes the place of the first
    german = {"language_code": "DE", "display_name": "Deutsch"}
    data(_attach(maker, video, _captions(maker, VTT, "text/vtt"), subtitles=german))
    data(maker.tweet("with captions", video))
    (post,) = [post for post in x.control("GET", "posts").json()["posts"] if post["username"] == maker.username]
    assert post["media"][0]["captions"] == [
        {"language": "DE", "name": "Deutsch", "sha256": hashlib.sha256(VTT.encode()).hexdigest()},
        {"language": "EN", "name": "English", "sha256": hashlib.sha256(SRT.encode()).hexdigest()},
    ]


def test_the_answers_conform(maker: Account, conforms: Any) -> None:
    video = _video(maker)
    opened = maker.initialize(len(SRT), "subtitles", "text/srt")
    conforms(opened, "post", "/2/media/upload/initialize")
    captions = data(opened)["id"]
    data(maker.append(captions, 0, SRT.encode()))
    conforms(maker.finalize(captions), "post", "/2/media/upload/{id}/finalize")
    answer = _attach(maker, video, captions)
    conforms(answer, "post", "/2/media/subtitles")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"subtitles": {"language_code": "en"}}, "^[A-Z]{2}$"),
        ({"subtitles": {"display_name": ""}}, "display_name"),
        ({"subtitles": {"id": 1}}, "$.subtitles.id"),
        ({"subtitles": {"kind": "captions"}}, "not defined in the schema"),
        ({"media_category": "tweet_video"}, "enumeration"),
        ({"media_category": "AmplifyVideo"}, "no AmplifyVideo"),
        ({"id": "1"}, "Media ID is invalid"),
        ({"shown": True}, "not defined in the schema"),
    ],
)
def test_what_x_does_not_take_is_refused(maker: Account, changed: dict[str, Any], words: str) -> None:
    video, captions = _video(maker), _captions(maker)
    assert words in message(_attach(maker, video, captions, **changed))


def test_only_finished_media_of_the_same_account_count(own_x: Running) -> None:
    maker, other = own_x.account(), own_x.account()
    video, captions = _video(maker), _captions(maker)  # this sandbox takes 30 s over a video
    assert "not processed" in message(_attach(maker, video, captions))
    own_x.clock.advance(31)
    assert "Media ID is invalid" in message(_attach(other, video, captions))
    assert "no subtitles" in message(_attach(maker, video, video))
    data(_attach(maker, video, captions))
    assert "media IDs are invalid" in message(maker.tweet("captions alone", captions))
    assert "no processing status" in message(maker.status(captions))


@pytest.mark.parametrize(
    "content",
    [
        b"no captions at all",
        b"WEBVTT\n\n",
        SRT.replace(",", ".").encode(),
        SRT.encode("utf-16"),
        b"1\n00:00:02,000 --> 00:00:01,000\nBack in time\n",
        b"1\n00:00:02,000 -> 00:00:03,000\nNo arrow\n",
    ],
)
def test_bytes_that_are_no_captions_are_refused(maker: Account, content: bytes) -> None:
    opened = data(maker.initialize(len(content), "subtitles", "text/srt"))["id"]
    data(maker.append(opened, 0, content))
    assert message(maker.finalize(opened)) == "The bytes are not subtitles."


def test_the_page_shows_captions_as_browsers_take_them(own_x: Running) -> None:
    maker = own_x.account()
    video = _video(maker)
    own_x.clock.advance(31)
    captions = _captions(maker)
    data(_attach(maker, video, captions, subtitles={"display_name": 'English "UK"'}))
    data(maker.tweet("with captions", video))
    page = requests.get(own_x.url, timeout=10).text
    assert f'src="/captions/{captions}" srclang="en" label="English &#34;UK&#34;" default' in page
    assert ">CC EN<" in page
    track = requests.get(f"{own_x.url}/captions/{captions}", timeout=10)
    assert track.headers["content-type"].startswith("text/vtt")
    assert "default-src 'none'" in track.headers["content-security-policy"]
    assert track.text.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.500\nA cat naps.")
    assert requests.get(f"{own_x.url}/captions/{video}", timeout=10).status_code == 404


def test_captions_of_a_post_outlive_their_media_id(tmp_path: Path) -> None:
    clock = Clock()
    with running(tmp_path / "x", clock=clock) as sandbox:
        maker = sandbox.account()
        posted, unused = _video(maker), _video(maker, b"unused")
        captions = [_captions(maker, SRT.replace("cat", name)) for name in ("cat", "dog")]
        data(_attach(maker, posted, captions[0]))
        data(_attach(maker, unused, captions[1]))
        data(maker.tweet("kept", posted))
    clock.advance(2 * 86_400)
    with running(tmp_path / "x", clock=clock) as sandbox:
        found = [requests.get(f"{sandbox.url}/captions/{each}", timeout=10).status_code for each in captions]
    assert found == [200, 404]


def test_labels_are_shown_and_told(own_x: Running) -> None:
    maker = own_x.account()
    data(maker.post("/2/tweets", {"text": "drawn", "made_with_ai": True, "paid_partnership": True}))
    data(maker.post("/2/tweets", {"text": "seen", "made_with_ai": False}))
    assert "boolean expected" in message(maker.post("/2/tweets", {"text": "no", "made_with_ai": "yes"}))
    seen, drawn = own_x.control("GET", "posts").json()["posts"]
    assert (seen["labels"], drawn["labels"]) == ([], ["made_with_ai", "paid_partnership"])
    page = requests.get(own_x.url, timeout=10).text
    assert page.count("Made with AI") == page.count("Paid partnership") == 1
