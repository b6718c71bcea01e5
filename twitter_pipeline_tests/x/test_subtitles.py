"""Captions for an uploaded video, against the stand-in for X."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from twitter_pipeline.config import Credentials
from twitter_pipeline.x import posts
from twitter_pipeline.x.client import XClient, connect
from twitter_pipeline.x.errors import AccountRefused, ItemRefused, Transient, WaitUntil, XError
from twitter_pipeline.x.subtitles import add_captions
from twitter_pipeline.x.upload import upload
from twitter_pipeline_tests.support.captions import SRT, put_captions
from twitter_pipeline_tests.support.sandbox import SandboxServer

CALL = "POST /2/media/subtitles"


@pytest.fixture
def client(sandbox: SandboxServer) -> Iterator[XClient]:
    seconds = timedelta(seconds=5)
    keys = Credentials.for_sandbox("maker")
    connected = connect(keys, base_url=sandbox.url, connect_timeout=seconds, read_timeout=seconds)
    yield connected
    connected.close()


def sent(client: XClient, path: Path, media_type: str, category: str) -> str:
    options = {"chunk_bytes": 1 << 20, "processing_timeout": timedelta(seconds=20)}
    return upload(client, path, media_type=media_type, category=category, **options).media_id  # type: ignore[arg-type]


@pytest.fixture
def video(client: XClient, clip: Path) -> str:
    return sent(client, clip, "video/mp4", "tweet_video")


@pytest.fixture
def captions(client: XClient, tmp_path: Path) -> str:
    return sent(client, put_captions(tmp_path, "cat.srt"), "text/srt", "subtitles")


def add(client: XClient, video: str, captions: str, language: str = "EN") -> None:
    add_captions(client, video, "tweet_video", captions_id=captions, language=language, display_name="English")


def test_asked_twice_a_video_has_them_once(sandbox: SandboxServer, client: XClient, video: str, captions: str) -> None:
    add(client, video, captions)
    add(client, video, captions)
    posts.create(client, "hello", [video])
    assert [each["language"] for each in sandbox.posts()[0]["media"][0]["captions"]] == ["EN"]


def test_x_names_languages_by_two_letters(client: XClient, video: str, captions: str) -> None:
    with pytest.raises(ItemRefused, match="regex pattern"):
        add(client, video, captions, "en")
    with pytest.raises(ItemRefused, match="Media ID is invalid"):
        add(client, video, "1234567890")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "drop"}, Transient),
        ({"kind": "drop_after"}, Transient),
        ({"kind": "cut"}, Transient),
        ({"kind": "cut_body"}, Transient),
        ({"kind": "status", "status": 200, "body": {}}, Transient),
        ({"kind": "status", "status": 404}, Transient),
        ({"kind": "status", "status": 500, "body": "<html>oops</html>"}, Transient),
        ({"kind": "status", "status": 429, "seconds": 60}, WaitUntil),
        ({"kind": "status", "status": 402}, AccountRefused),
        ({"kind": "status", "status": 400}, ItemRefused),
    ],
)
def test_each_end_is_told_apart_and_none_leaves_a_post_unknown(
    sandbox: SandboxServer, client: XClient, video: str, captions: str, fault: dict[str, object], expected: type[XError]
) -> None:
    sandbox.fault(CALL, **fault)  # type: ignore[arg-type]
    with pytest.raises(expected):
        add(client, video, captions)


def test_captions_are_no_medium_of_a_post(client: XClient, captions: str) -> None:
    with pytest.raises(XError, match="media IDs are invalid"):
        posts.create(client, SRT[:10], [captions])
