"""Answers of every call against X's own OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from twitter_pipeline.sandbox.calls import CALLS
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.sandbox.conftest import mp4

Conforms = Callable[[requests.Response, str, str], None]
ALL_FIELDS = "attachments,author_id,conversation_id,created_at,entities,public_metrics,reply_settings,lang"


def test_every_call_is_one_of_x(document: dict[str, Any]) -> None:
    assert [call.name for call in CALLS if call.method.lower() not in document["paths"][call.path]] == []


def test_users_me_conforms(maker: Account, conforms: Conforms) -> None:
    answer = maker.get("/2/users/me", **{"user.fields": "created_at,verified,protected,description"})
    conforms(answer, "get", "/2/users/me")
    assert data(answer)["username"] == maker.username


def test_create_and_delete_conform(maker: Account, conforms: Conforms) -> None:
    created = maker.tweet("for the contract")
    assert created.status_code == 201
    conforms(created, "post", "/2/tweets")
    deleted = maker.delete(f"/2/tweets/{data(created)['id']}")
    conforms(deleted, "delete", "/2/tweets/{id}")
    assert data(deleted) == {"deleted": True}


@pytest.mark.parametrize("fields", ["tweet.fields", "post.fields"])
def test_reading_conforms_under_both_names(maker: Account, conforms: Conforms, png: bytes, fields: str) -> None:
    media_id = maker.upload(png, "tweet_image", "image/png")
    post_id = data(maker.tweet(f"{fields} #tag @you $ABC https://example.com/x & more", media_id))["id"]
    query = {
        fields: ALL_FIELDS,
        "expansions": "attachments.media_keys,author_id",
        "media.fields": "alt_text,height,width,type,url,variants,duration_ms",
        "user.fields": "created_at",
    }
    one = maker.get(f"/2/tweets/{post_id}", **query)
    conforms(one, "get", "/2/tweets/{id}")
    listed = maker.get(f"/2/users/{maker.id}/tweets", **query)
    conforms(listed, "get", "/2/users/{id}/tweets")
    assert one.json()["data"] == listed.json()["data"][0]
    assert one.json()["includes"]["media"][0]["width"] == 40


def test_an_empty_timeline_conforms(maker: Account, conforms: Conforms) -> None:
    answer = maker.get(f"/2/users/{maker.id}/tweets")
    conforms(answer, "get", "/2/users/{id}/tweets")
    assert answer.json() == {"meta": {"result_count": 0}}


def test_what_is_not_found_conforms(maker: Account, conforms: Conforms) -> None:
    conforms(maker.get("/2/tweets/1"), "get", "/2/tweets/{id}")
    conforms(maker.get("/2/users/1/tweets"), "get", "/2/users/{id}/tweets")
    assert maker.get("/2/tweets/1").json()["errors"][0]["resource_id"] == "1"


def test_a_chunked_upload_conforms(maker: Account, conforms: Conforms) -> None:
    content = mp4(name=b"contract")
    opened = maker.initialize(len(content), "tweet_video", "video/mp4")
    conforms(opened, "post", "/2/media/upload/initialize")
    media_id = data(opened)["id"]
    conforms(maker.append(media_id, 0, content), "post", "/2/media/upload/{id}/append")
    finalized = maker.finalize(media_id)
    conforms(finalized, "post", "/2/media/upload/{id}/finalize")
    status = maker.status(media_id)
    conforms(status, "get", "/2/media/upload")
    assert data(status)["processing_info"]["state"] == "succeeded"


def test_a_failed_video_conforms_but_for_its_reason(maker: Account, conforms: Conforms) -> None:
    status = maker.status(maker.upload(b"no video at all", "tweet_video", "video/mp4"))
    conforms(status, "get", "/2/media/upload")
    assert data(status)["processing_info"]["error"]["name"] == "InvalidMedia"


def test_a_one_shot_upload_conforms(maker: Account, conforms: Conforms, png: bytes) -> None:
    answer = maker.post(
        "/2/media/upload", data={"media_category": "tweet_image"}, files={"media": ("cat.png", png, "image/png")}
    )
    conforms(answer, "post", "/2/media/upload")
    assert data(answer)["image"] == {"image_type": "image/png", "w": 40, "h": 30}


def test_media_metadata_conforms(maker: Account, conforms: Conforms, png: bytes) -> None:
    media_id = maker.upload(png, "tweet_image", "image/png")
    answer = maker.post("/2/media/metadata", {"id": media_id, "metadata": {"alt_text": {"text": "teal"}}})
    conforms(answer, "post", "/2/media/metadata")
    assert data(answer)["associated_metadata"] == {"alt_text": {"text": "teal"}}
