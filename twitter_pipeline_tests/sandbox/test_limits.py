"""Rate limits and their headers."""

from __future__ import annotations

import pytest

from twitter_pipeline.sandbox.calls import CALLS
from twitter_pipeline_tests.sandbox.client import data
from twitter_pipeline_tests.sandbox.conftest import Running


def test_the_documented_numbers_are_used() -> None:
    assert {call.name: call.limit for call in CALLS} == {
        "GET /2/users/me": 75,
        "POST /2/tweets": 100,
        "GET /2/tweets/{id}": 900,
        "DELETE /2/tweets/{id}": 50,
        "GET /2/users/{id}/tweets": 900,
        "POST /2/media/upload/initialize": 1875,
        "POST /2/media/upload/{id}/append": 1875,
        "POST /2/media/upload/{id}/finalize": 1875,
        "GET /2/media/upload": 1000,
        "POST /2/media/upload": 500,
        "POST /2/media/metadata": 500,
        "POST /2/media/subtitles": 100,  # ours: X documents none
    }


def test_a_used_up_window_answers_429_until_its_reset(own_x: Running) -> None:
    maker, other = own_x.account(), own_x.account()
    first = maker.get("/2/users/me")
    reset = int(first.headers["x-rate-limit-reset"])
    assert first.headers["x-rate-limit-limit"] == "75"
    assert reset == pytest.approx(own_x.clock() + 900, abs=2)
    for left in range(73, -1, -1):
        assert maker.get("/2/users/me").headers["x-rate-limit-remaining"] == str(left)
    refused = maker.get("/2/users/me")
    assert refused.status_code == 429
    assert refused.json()["title"] == "Too Many Requests"
    assert refused.headers["x-rate-limit-remaining"] == "0"
    assert int(refused.headers["x-rate-limit-reset"]) == reset
    data(other.get("/2/users/me"))
    data(maker.tweet("another call has its own window"))
    own_x.clock.advance(901)
    assert maker.get("/2/users/me").headers["x-rate-limit-remaining"] == "74"


def test_a_refused_request_counts_and_tells_the_limit(own_x: Running) -> None:
    maker = own_x.account()
    refused = maker.post("/2/tweets", {"text": 1})
    assert (refused.status_code, refused.headers["x-rate-limit-remaining"]) == (400, "99")


def test_a_request_that_is_not_signed_counts_for_nobody(own_x: Running) -> None:
    maker = own_x.account()
    assert "x-rate-limit-remaining" not in own_x.account("no such/account").get("/2/users/me").headers
    assert maker.get("/2/users/me").headers["x-rate-limit-remaining"] == "74"
