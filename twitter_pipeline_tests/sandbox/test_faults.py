"""Faults on request, seen from the client."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.sandbox.conftest import Running
from twitter_pipeline_tests.support.waiting import wait_for

CREATE = "POST /2/tweets"


@pytest.fixture(autouse=True)
def _no_faults_left(x: Running) -> Iterator[None]:
    yield
    x.control("DELETE", "faults")


def _texts(x: Running, maker: Account) -> list[str]:
    every = x.control("GET", "posts").json()["posts"]
    return [post["text"] for post in every if post["username"] == maker.username]


def test_a_status_is_answered_without_acting(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status", status=503)
    assert maker.tweet("one").json() == {
        "title": "Service Unavailable",
        "detail": "Service Unavailable",
        "type": "about:blank",
        "status": 503,
    }
    assert _texts(x, maker) == []
    data(maker.tweet("one"))


def test_a_status_carries_its_headers_and_body(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status", status=402, body={"title": "CreditsDepleted"}, headers={"X-Rate-Limit-Reset": "7"})
    answer = maker.tweet("two")
    assert (answer.status_code, answer.json()) == (402, {"title": "CreditsDepleted"})
    assert answer.headers["x-rate-limit-reset"] == "7"
    x.fault(CREATE, "status", status=502, body="<h1>Bad gateway</h1>")
    answer = maker.tweet("two")
    assert (answer.text, answer.headers["content-type"]) == ("<h1>Bad gateway</h1>", "text/html; charset=utf-8")
    x.fault(CREATE, "status", status=201, body="")
    assert maker.tweet("two").text == ""


def test_a_dropped_request_did_not_happen(x: Running, maker: Account) -> None:
    x.fault(CREATE, "drop")
    with pytest.raises(requests.ConnectionError):
        maker.tweet("three")
    assert _texts(x, maker) == []


def test_a_request_dropped_after_did_happen(x: Running, maker: Account) -> None:
    x.fault(CREATE, "drop_after")
    with pytest.raises(requests.ConnectionError):
        maker.tweet("four")
    assert _texts(x, maker) == ["four"]


def test_a_cut_answer_looks_like_an_empty_201(x: Running, maker: Account) -> None:
    x.fault(CREATE, "cut")
    answer = maker.tweet("five")
    assert (answer.status_code, answer.text) == (201, "")
    assert _texts(x, maker) == ["five"]


def test_a_delayed_request_happens_though_the_client_has_gone(x: Running, maker: Account) -> None:
    x.fault(CREATE, "delay", seconds=1)
    sent = time.monotonic()
    with maker.send("six"):
        wait_for(lambda: x.control("GET", "faults").json() == {"faults": []}, 10, "the request to have come")
    assert _texts(x, maker) == [] or time.monotonic() - sent > 1, "not before its time"
    wait_for(lambda: _texts(x, maker), 10, "the post")
    assert _texts(x, maker) == ["six"]


def test_a_delayed_request_is_answered_late(x: Running, maker: Account) -> None:
    x.fault(CREATE, "delay", seconds=0.3)
    began = time.monotonic()
    data(maker.tweet("seven"))
    assert time.monotonic() - began >= 0.3


def test_a_fault_befalls_its_call_only_after_some_and_so_many_times(x: Running, maker: Account) -> None:
    x.fault(CREATE, "status", status=500, after=1, times=2)
    assert x.control("GET", "faults").json()["faults"][0]["after"] == 1
    data(maker.get("/2/users/me"))
    assert [maker.tweet(f"eight {n}").status_code for n in range(5)] == [201, 500, 500, 201, 201]
    assert x.control("GET", "faults").json() == {"faults": []}


def test_an_upload_can_be_broken_in_its_middle(x: Running, maker: Account) -> None:
    media_id = data(maker.initialize(3_000_000, "tweet_video", "video/mp4"))["id"]
    x.fault("POST /2/media/upload/{id}/append", "drop", after=1)
    data(maker.append(media_id, 0, bytes(1_000_000)))
    with pytest.raises(requests.ConnectionError):
        maker.append(media_id, 1, bytes(1_000_000))
    data(maker.append(media_id, 1, bytes(1_000_000)))


def test_cleared_faults_do_not_happen(x: Running, maker: Account) -> None:
    x.fault(CREATE, "drop", times=9)
    x.control("DELETE", "faults")
    data(maker.tweet("nine"))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"call": "POST /2/tweet", "kind": "drop"}, "$.call"),
        ({"call": CREATE, "kind": "explode"}, "$.kind"),
        ({"call": CREATE}, "$.kind"),
        ({"call": CREATE, "kind": "status", "status": 99}, "$.status"),
        ({"call": CREATE, "kind": "delay", "seconds": -1}, "$.seconds"),
        ({"call": CREATE, "kind": "drop", "times": 0}, "$.times"),
        ({"call": CREATE, "kind": "status", "headers": {"a": 1}}, "$.headers"),
        ({"call": CREATE, "kind": "drop", "often": 2}, "$.often"),
    ],
)
def test_a_misspelt_fault_is_refused(x: Running, body: Any, field: str) -> None:
    answer = x.control("POST", "faults", body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith(field)
