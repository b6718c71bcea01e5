"""What a client meets under the kinds of fault that are more than an answer or a lost connection."""

from __future__ import annotations

import http.client
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Running, mp4, running
from twitter_pipeline_tests.support.waiting import wait_for

CREATE = "POST /2/tweets"
FINALIZE = "POST /2/media/upload/{id}/finalize"
TIMELINE = "GET /2/users/{id}/tweets"


@pytest.fixture(autouse=True)
def _no_faults_left(x: Running) -> Iterator[None]:
    yield
    x.control("DELETE", "faults")


def _posts(x: Running, maker: Account) -> list[tuple[str, str | None]]:
    every = x.control("GET", "posts").json()["posts"]
    return [(post["text"], post["fault"]) for post in every if post["username"] == maker.username]


@pytest.mark.parametrize(("kind", "landed"), [("drop", False), ("drop_after", True)])
def test_a_dropped_connection_is_reset_not_ended(x: Running, maker: Account, kind: str, landed: bool) -> None:
    x.fault(CREATE, kind)
    connection = maker.send("reset")
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert _posts(x, maker) == ([("reset", kind)] if landed else [])


@pytest.mark.parametrize(("kind", "landed"), [("hang", False), ("hang_after", True)])
def test_a_hanging_request_is_never_answered(x: Running, maker: Account, kind: str, landed: bool) -> None:
    x.fault(CREATE, kind)
    connection = maker.send("hangs")
    with connection:
        wait_for(lambda: x.control("GET", "faults").json() == {"faults": []}, 10, "the fault to begin")
        if landed:
            wait_for(lambda: _posts(x, maker), 10, "the post")
        connection.settimeout(0.15)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert _posts(x, maker) == ([("hangs", kind)] if landed else [])


def test_an_answer_cut_in_its_body_is_shorter_than_it_says(x: Running, maker: Account) -> None:
    x.fault(CREATE, "cut_body")
    connection = maker.send("cut in the body")
    with connection:
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
        with pytest.raises(http.client.IncompleteRead) as cut:
            answer.read()
    assert cut.value.partial.startswith(b'{"data"')
    assert _posts(x, maker) == [("cut in the body", "cut_body")]


def test_a_gateway_gives_up_on_a_post_that_landed(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status_after", status=502, body="<h1>Bad gateway</h1>", name="gateway")
    answer = maker.tweet("landed")
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    assert _posts(x, maker) == [("landed", "gateway")]


def test_a_post_that_landed_is_called_a_duplicate(x: Running, maker: Account) -> None:
    x.fault(CREATE, "duplicate")
    assert message(maker.tweet("twice?"), 403).endswith("duplicate content.")
    assert _posts(x, maker) == [("twice?", "duplicate")]
    x.fault(CREATE, "duplicate")
    assert message(maker.tweet("with media", "1")) == "Your media IDs are invalid."


def test_the_time_to_come_again_is_told_as_x_tells_it(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status", status=429, seconds=30)
    limited = maker.tweet("later").headers
    assert limited["x-rate-limit-remaining"] == "0"
    assert 28 <= int(limited["x-rate-limit-reset"]) - time.time() <= 31
    x.fault(CREATE, "status", status=503, seconds=1.5)
    assert maker.tweet("later").headers["retry-after"] == "2"
    x.fault(CREATE, "status", status=429)
    assert not {"x-rate-limit-reset", "retry-after"} & set(maker.tweet("later").headers)


def test_credits_run_out_in_xs_words(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status", status=402)
    answer = maker.tweet("too dear").json()
    assert (answer["title"], answer["type"].rsplit("/", 1)[1]) == ("CreditsDepleted", "credits")


def test_processing_stands_at_99_percent_and_then_succeeds(own_x: Running) -> None:
    maker = own_x.account()
    own_x.fault(FINALIZE, "stuck", seconds=60)
    media_id = maker.upload(mp4(), "tweet_video", "video/mp4")
    for ahead in (1, 40):
        own_x.clock.advance(ahead)
        info = data(maker.status(media_id))["processing_info"]
        assert (info["state"], info["progress_percent"]) == ("in_progress", 99)
        assert message(maker.tweet("too early", media_id)) == "Your media IDs are invalid."
    own_x.clock.advance(20)
    assert data(maker.status(media_id))["processing_info"]["state"] == "succeeded"
    data(maker.tweet("at last", media_id))
    (post,) = own_x.control("GET", "posts").json()["posts"]
    assert (post["fault"], post["media"][0]["fault"]) == (None, "stuck")


def test_processing_can_be_stuck_for_good(own_x: Running) -> None:
    maker = own_x.account()
    own_x.fault(FINALIZE, "stuck")
    media_id = maker.upload(mp4(), "tweet_video", "video/mp4")
    own_x.clock.advance(86_000)
    assert data(maker.status(media_id))["processing_info"]["progress_percent"] == 99


def test_processing_can_fail_though_the_video_is_good(
    own_x: Running, conforms: Callable[[requests.Response, str, str], None]
) -> None:
    maker = own_x.account()
    own_x.fault(FINALIZE, "processing_failed")
    media_id = maker.upload(mp4(), "tweet_video", "video/mp4")
    own_x.clock.advance(30)
    answer = maker.status(media_id)
    conforms(answer, "get", "/2/media/upload")
    info = data(answer)["processing_info"]
    assert (info["state"], info["error"]["name"]) == ("failed", "InvalidMedia")
    again = maker.upload(mp4(), "tweet_video", "video/mp4")
    own_x.clock.advance(30)
    assert data(maker.status(again))["processing_info"]["state"] == "succeeded"


def test_a_media_id_can_be_unknown_for_a_while_after_processing(own_x: Running, png: bytes) -> None:
    maker = own_x.account()
    own_x.fault(FINALIZE, "late_media", seconds=60, times=2)
    picture, video = (
        maker.upload(png, "tweet_image", "image/png"),
        maker.upload(mp4(), "tweet_video", "video/mp4"),
    )
    assert message(maker.tweet("early", picture)) == "Your media IDs are invalid."
    own_x.clock.advance(60)
    data(maker.tweet("in time", picture))
    assert data(maker.status(video))["processing_info"]["state"] == "succeeded"
    assert message(maker.tweet("early video", video)) == "Your media IDs are invalid."
    own_x.clock.advance(30)
    data(maker.tweet("video in time", video))


def test_a_lagging_timeline_lists_a_post_some_seconds_later(own_x: Running) -> None:
    maker = own_x.account()
    path = f"/2/users/{maker.id}/tweets"
    old = data(maker.tweet("old"))["id"]
    own_x.clock.advance(60)
    own_x.fault(TIMELINE, "lag", seconds=60, times="always")
    new = data(maker.tweet("new"))["id"]

    def listed(**query: Any) -> list[str]:
        return [post["id"] for post in maker.get(path, **query).json().get("data", [])]

    assert listed() == [old]
    assert maker.get(path, since_id=old).json() == {"meta": {"result_count": 0}}
    assert data(maker.get(f"/2/tweets/{new}"))["id"] == new
    own_x.clock.advance(60)
    assert listed() == [new, old]


def test_a_folder_of_an_earlier_sandbox_is_taken_over(tmp_path: Path, png: bytes) -> None:
    with running(tmp_path / "x") as sandbox:
        maker = sandbox.account("maker")
        data(maker.tweet("then", maker.upload(png, "tweet_image", "image/png")))
        unused = maker.upload(png, "tweet_image", "image/png")
    db = sqlite3.connect(tmp_path / "x" / "x.db")
    db.execute("DROP INDEX posts_by_words")
    for table, column in (
        ("posts", "fault"),
        ("posts", "words"),
        ("media", "fault"),
        ("media", "usable_ms"),
        ("media", "stuck"),
    ):
        db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    db.close()
    with running(tmp_path / "x") as sandbox:
        assert message(sandbox.account("maker").tweet(" then "), 403).endswith("duplicate content.")
        data(sandbox.account("maker").tweet("now", unused))
        assert [post["text"] for post in sandbox.control("GET", "posts").json()["posts"]] == ["now", "then"]
