"""Uploads: segments, processing, expiry, and what may be attached."""

from __future__ import annotations

import base64
import hashlib
import random
import threading
from typing import Any

import pytest

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Running, mp4

INVALID = "Your media IDs are invalid."


def _state_of(maker: Account, media_id: str) -> Any:
    return data(maker.status(media_id))["processing_info"]


def test_what_arrives_is_byte_for_byte_what_was_sent(x: Running, maker: Account) -> None:
    content = mp4(filling=3_000_000)
    media_id = maker.upload(content, "tweet_video", "video/mp4", chunk=700_000)
    data(maker.tweet("with media", media_id))
    (post,) = [p for p in x.control("GET", "posts").json()["posts"] if p["username"] == maker.username]
    assert post["media"] == [
        {
            "id": media_id,
            "media_key": f"7_{media_id}",
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "category": "tweet_video",
            "alt_text": None,
            "fault": None,
            "captions": [],
        }
    ]


def test_segments_may_come_in_any_order_and_twice(x: Running, maker: Account) -> None:
    content = mp4(filling=10_000, name=b"any order")
    parts = [content[at : at + 1000] for at in range(0, len(content), 1000)]
    media_id = data(maker.initialize(len(content), "tweet_video", "video/mp4"))["id"]
    data(maker.append(media_id, 3, b"to be replaced"))
    order = list(enumerate(parts))
    random.Random(7).shuffle(order)
    for index, part in order:
        data(maker.append(media_id, index, part))
    assert data(maker.finalize(media_id))["size"] == len(content)
    data(maker.tweet("any order", media_id))
    (post,) = [p for p in x.control("GET", "posts").json()["posts"] if p["username"] == maker.username]
    assert post["media"][0]["sha256"] == hashlib.sha256(content).hexdigest()


def test_segments_sent_at_once_all_count(maker: Account) -> None:
    content = mp4(filling=40_000, name=b"parallel")
    media_id = data(maker.initialize(len(content), "tweet_video", "video/mp4"))["id"]
    parts = [content[at : at + 4000] for at in range(0, len(content), 4000)]
    threads = [threading.Thread(target=maker.append, args=(media_id, i, part)) for i, part in enumerate(parts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data(maker.finalize(media_id))


def test_segments_may_be_base64_in_json(maker: Account, png: bytes) -> None:
    media_id = data(maker.initialize(len(png), "tweet_image", "image/png"))["id"]
    body = {"media": base64.b64encode(png).decode(), "segment_index": 0}
    data(maker.post(f"/2/media/upload/{media_id}/append", body))
    data(maker.finalize(media_id))
    assert "base64" in message(maker.post(f"/2/media/upload/{media_id}/append", {**body, "media": "?"}))


def test_a_missing_segment_is_refused_and_can_be_sent_later(maker: Account) -> None:
    content = mp4(name=b"gap")
    media_id = data(maker.initialize(len(content), "tweet_video", "video/mp4"))["id"]
    data(maker.append(media_id, 0, content[:100]))
    data(maker.append(media_id, 2, content[200:]))
    assert message(maker.finalize(media_id)) == "Segment 1 was not uploaded."
    data(maker.append(media_id, 1, content[100:200]))
    data(maker.finalize(media_id))


def test_fewer_bytes_than_announced_are_refused(maker: Account) -> None:
    media_id = data(maker.initialize(500, "tweet_video", "video/mp4"))["id"]
    assert "500 bytes were announced and 0 uploaded" in message(maker.finalize(media_id))
    data(maker.append(media_id, 0, b"abc"))
    assert "500 bytes were announced and 3 uploaded" in message(maker.finalize(media_id))


def test_finalizing_twice_gives_the_same_answer_and_closes_it(maker: Account, png: bytes) -> None:
    media_id = maker.upload(png, "tweet_image", "image/png")
    assert data(maker.finalize(media_id))["id"] == media_id
    assert "finalized already" in message(maker.append(media_id, 0, png))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"media_type": "video/mp4", "media_category": "tweet_video"}, "$.total_bytes"),
        ({"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": 0}, "$.total_bytes"),
        ({"media_type": "video/avi", "media_category": "tweet_video", "total_bytes": 1}, "$.media_type"),
        ({"media_type": "video/mp4", "media_category": "video", "total_bytes": 1}, "$.media_category"),
        ({"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": 1, "size": 1}, "$.size"),
        (
            {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": 5 * 1024 * 1024 + 1},
            "File size exceeds 5242880 bytes.",
        ),
        (
            {"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": 513 * 1024 * 1024},
            "File size exceeds 536870912 bytes.",
        ),
    ],
)
def test_initialize_refuses_what_x_does_not_take(maker: Account, body: Any, words: str) -> None:
    assert words in message(maker.post("/2/media/upload/initialize", body))


@pytest.mark.parametrize("index", ["-1", "1000", "one", ""])
def test_a_wrong_segment_index_is_refused(maker: Account, index: str) -> None:
    media_id = data(maker.initialize(3, "tweet_video", "video/mp4"))["id"]
    assert "$.segment_index" in message(maker.append(media_id, index, b"abc"))


def test_a_wrong_form_is_refused(maker: Account) -> None:
    path = f"/2/media/upload/{data(maker.initialize(3, 'tweet_video', 'video/mp4'))['id']}/append"
    index = {"segment_index": "0"}
    assert "not valid JSON" in message(maker.post(path, data=index))
    assert "$.media" in message(maker.post(path, files={"segment_index": (None, "0")}))
    assert "$.media" in message(maker.post(path, data=index, files={"file": ("a", b"abc")}))
    assert "$.name" in message(maker.post(path, data={**index, "name": "a"}, files={"media": ("a", b"abc")}))
    assert "empty" in message(maker.post(path, data=index, files={"media": ("a", b"")}))


def test_a_segment_above_5_mib_is_too_large(maker: Account) -> None:
    size = 5 * 1024 * 1024
    media_id = data(maker.initialize(3 * size, "tweet_video", "video/mp4"))["id"]
    data(maker.append(media_id, 0, bytes(size)))
    assert maker.append(media_id, 1, bytes(size + 1)).status_code == 413
    assert maker.append(media_id, 1, bytes(2 * size)).status_code == 413


def test_a_video_is_pending_then_in_progress_then_ready(own_x: Running) -> None:
    maker = own_x.account()
    content = mp4()
    media_id = data(maker.initialize(len(content), "tweet_video", "video/mp4"))["id"]
    data(maker.append(media_id, 0, content))
    info = data(maker.finalize(media_id))["processing_info"]
    assert (info["state"], info["check_after_secs"]) == ("pending", 30)
    assert message(maker.tweet("too early", media_id)) == INVALID
    own_x.clock.advance(15)
    info = _state_of(maker, media_id)
    assert (info["state"], info["progress_percent"] >= 50) == ("in_progress", True)
    assert message(maker.tweet("too early", media_id)) == INVALID
    own_x.clock.advance(15)
    assert _state_of(maker, media_id) == {"state": "succeeded", "progress_percent": 100}
    data(maker.tweet("now", media_id))


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<html>", "InvalidMedia"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "InvalidMedia"),
        (mp4()[:-100], "InvalidMedia"),
        (mp4()[:30], "InvalidMedia"),
        (mp4(141), "UnsupportedMedia"),
        (mp4(0.4), "UnsupportedMedia"),
    ],
    ids=["no media", "a picture", "cut off", "without its index", "too long", "too short"],
)
def test_processing_refuses_what_is_no_fit_video(maker: Account, content: bytes, name: str) -> None:
    media_id = maker.upload(content, "tweet_video", "video/mp4")
    info = _state_of(maker, media_id)
    assert (info["state"], info["error"]["name"]) == ("failed", name)
    assert message(maker.tweet("failed", media_id)) == INVALID


@pytest.mark.parametrize("seconds", [0.5, 140])
def test_the_shortest_and_the_longest_video_pass(maker: Account, seconds: float) -> None:
    media_id = maker.upload(mp4(seconds), "tweet_video", "video/mp4")
    assert _state_of(maker, media_id)["state"] == "succeeded"


def test_pictures_are_ready_at_once_and_have_no_status(maker: Account, png: bytes, gif: bytes) -> None:
    for content, category, media_type in ((png, "tweet_image", "image/png"), (gif, "tweet_gif", "image/gif")):
        media_id = data(maker.initialize(len(content), category, media_type))["id"]
        assert "no processing status" in message(maker.status(media_id))
        data(maker.append(media_id, 0, content))
        assert "processing_info" not in data(maker.finalize(media_id))
        assert "no processing status" in message(maker.status(media_id))
        data(maker.tweet(f"a {category}", media_id))


def test_bytes_that_are_not_the_picture_announced_are_refused(maker: Account, png: bytes) -> None:
    for content, category in ((mp4(), "tweet_image"), (png, "tweet_gif"), (b"text", "tweet_image")):
        media_id = data(maker.initialize(len(content), category, "image/png"))["id"]
        data(maker.append(media_id, 0, content))
        assert "not a" in message(maker.finalize(media_id))


def test_media_of_another_user_cannot_be_seen_or_used(x: Running, maker: Account, png: bytes) -> None:
    media_id, other = maker.upload(png, "tweet_image", "image/png"), x.account()
    assert message(other.tweet("stolen", media_id)) == INVALID
    assert other.append(media_id, 0, png).status_code == 400
    assert other.finalize(media_id).status_code == 400
    alt = {"id": media_id, "metadata": {"alt_text": {"text": "mine"}}}
    assert other.post("/2/media/metadata", alt).status_code == 400


def test_unknown_unfinished_and_repeated_ids_are_refused(maker: Account, png: bytes) -> None:
    unfinished = data(maker.initialize(len(png), "tweet_image", "image/png"))["id"]
    ready = maker.upload(png, "tweet_image", "image/png")
    for ids in (["1"], [unfinished], [ready, ready], [ready, "9" * 19]):
        answer = maker.tweet("media", *ids)
        assert message(answer) == INVALID
        assert answer.json()["errors"][0]["parameters"] == {"media.media_ids": ids}


def test_media_expires_after_a_day_from_finalize(own_x: Running, png: bytes) -> None:
    maker = own_x.account()
    media_id = data(maker.initialize(len(png), "tweet_image", "image/png"))["id"]
    own_x.clock.advance(86_000)
    data(maker.append(media_id, 0, png))
    assert data(maker.finalize(media_id))["expires_after_secs"] in (86_399, 86_400)
    own_x.clock.advance(86_300)
    data(maker.tweet("still there", media_id))
    own_x.clock.advance(200)
    assert message(maker.tweet("gone", media_id)) == INVALID


def test_an_unfinished_upload_expires_after_a_day(own_x: Running) -> None:
    maker = own_x.account()
    media_id = data(maker.initialize(3, "tweet_video", "video/mp4"))["id"]
    own_x.clock.advance(86_401)
    assert "expired" in message(maker.append(media_id, 0, b"abc"))


def test_a_post_holds_four_pictures_or_one_video_or_one_gif(maker: Account, png: bytes, gif: bytes) -> None:
    pictures = [maker.upload(png, "tweet_image", "image/png") for _ in range(4)]
    videos = [maker.upload(mp4(name=bytes([n])), "tweet_video", "video/mp4") for n in range(2)]
    moving = maker.upload(gif, "tweet_gif", "image/gif")
    for ids in (videos, [pictures[0], videos[0]], [moving, pictures[0]], [moving, videos[0]]):
        assert "up to 4 photos" in message(maker.tweet("a mix", *ids))
    for ids in (pictures, videos[:1], [moving]):
        data(maker.tweet(f"fine {len(ids)} {ids[0]}", *ids))
    poll = {"options": ["a", "b"], "duration_minutes": 5}
    both = maker.post("/2/tweets", {"text": "both", "media": {"media_ids": [moving]}, "poll": poll})
    assert "Only one of media and poll" in message(both)


def test_one_shot_takes_multipart_and_base64(maker: Account, png: bytes) -> None:
    form = maker.post("/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("a", png)})
    body = {"media_category": "tweet_image", "media": base64.b64encode(png).decode()}
    for answer in (form, maker.post("/2/media/upload", body)):
        data(maker.tweet(f"one shot {data(answer)['id']}", data(answer)["id"]))
    assert "$.media_type" in message(maker.post("/2/media/upload", {**body, "media_type": "image/png"}))
    assert "$.media_category" in message(maker.post("/2/media/upload", {**body, "media_category": "photo"}))


def test_alt_text_has_at_most_1000_characters(x: Running, maker: Account, png: bytes) -> None:
    media_id = maker.upload(png, "tweet_image", "image/png")

    def describe(text: str) -> Any:
        return maker.post("/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": text}}})

    assert "$.metadata.alt_text.text" in message(describe("a" * 1001))
    data(describe("あ" * 1000))
    data(maker.tweet("described", media_id))
    (post,) = [p for p in x.control("GET", "posts").json()["posts"] if p["username"] == maker.username]
    assert post["media"][0]["alt_text"] == "あ" * 1000
