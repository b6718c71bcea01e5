"""Creating and deleting posts."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Running

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."


def _posts(x: Running, maker: Account) -> list[dict[str, Any]]:
    every = x.control("GET", "posts").json()["posts"]
    return [post for post in every if post["username"] == maker.username]


def test_a_post_is_listed_with_its_text_as_sent(x: Running, maker: Account) -> None:
    text = "Caf\u0065\u0301 & <more>\r\nhttps://example.com"
    created = data(maker.tweet(text))
    (listed,) = _posts(x, maker)
    assert (listed["id"], listed["text"], listed["media"]) == (created["id"], text, [])
    assert created["text"].startswith("Café &amp; &lt;more&gt;\nhttps://t.co/")


def test_ids_are_numbers_that_rise(maker: Account) -> None:
    ids = [data(maker.tweet(f"number {n}"))["id"] for n in range(20)]
    assert ids == sorted(ids, key=int)
    assert len(set(ids)) == 20


def test_an_id_rises_also_when_the_clock_was_set_back(own_x: Running) -> None:
    maker = own_x.account()
    before = data(maker.tweet("before"))["id"]
    own_x.clock.advance(-200)
    assert int(data(maker.tweet("after"))["id"]) > int(before)


def test_the_same_words_are_refused_for_24_hours(own_x: Running) -> None:
    maker, other = own_x.account(), own_x.account()
    data(maker.tweet("once"))
    assert message(maker.tweet("once"), 403) == DUPLICATE
    assert message(maker.tweet(" once\n"), 403) == DUPLICATE
    data(other.tweet("once"))
    own_x.clock.advance(24 * 3600 - 60)
    assert message(maker.tweet("once"), 403) == DUPLICATE
    own_x.clock.advance(60)
    data(maker.tweet("once"))


def test_deleted_words_may_be_on_x_again(x: Running, maker: Account) -> None:
    first = data(maker.tweet("again"))["id"]
    assert data(maker.delete(f"/2/tweets/{first}")) == {"deleted": True}
    assert data(maker.delete(f"/2/tweets/{first}")) == {"deleted": False}
    second = data(maker.tweet("again"))["id"]
    assert [post["id"] for post in _posts(x, maker)] == [second]


def test_of_twenty_identical_posts_at_once_one_is_accepted(x: Running, maker: Account) -> None:
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(maker.tweet("race").status_code)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201] + [403] * 19
    assert len(_posts(x, maker)) == 1


def test_somebody_elses_post_cannot_be_deleted(x: Running, maker: Account) -> None:
    post_id = data(maker.tweet("mine"))["id"]
    assert "not authorized" in message(x.account().delete(f"/2/tweets/{post_id}"), 403)
    assert len(_posts(x, maker)) == 1


@pytest.mark.parametrize(
    "text", ["a" * 280, "あ" * 140, "👨‍👩‍👧‍👦" * 140, "https://example.com/" + "a" * 500 + " " + "b" * 256]
)
def test_280_is_accepted_and_one_more_is_refused(maker: Account, text: str) -> None:
    data(maker.tweet(text))
    assert "too long" in message(maker.tweet(text + "a"), 403)


def test_a_text_without_end_is_refused_at_once(maker: Account) -> None:
    assert "too long" in message(maker.tweet("a.b." * 10_000), 403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"txt": "a"}, "$.txt"),
        ({"text": 1}, "$.text"),
        ({"text": None}, "$.text"),
        ([], "$."),
        ("text", "$."),
        ({"text": "a", "media": {"media_ids": []}}, "$.media.media_ids"),
        ({"text": "a", "media": {"media_ids": ["1"] * 5}}, "$.media.media_ids"),
        ({"text": "a", "media": {"media_ids": [1]}}, "$.media.media_ids"),
        ({"text": "a", "media": {}}, "$.media.media_ids"),
        ({"text": "a", "media": {"media_ids": ["1"], "ids": []}}, "$.media.ids"),
        ({"text": "a", "reply_settings": "everyone"}, "$.reply_settings"),
        ({"text": "a", "made_with_ai": "yes"}, "$.made_with_ai"),
        ({"text": "a", "poll": {"options": ["one"], "duration_minutes": 5}}, "$.poll.options"),
        ({"text": "a", "poll": {"options": ["1", "2"], "duration_minutes": 4}}, "$.poll.duration_minutes"),
        ({"text": "a", "reply": {"in_reply_to_tweet_id": "abc"}}, "$.reply.in_reply_to_tweet_id"),
    ],
)
def test_a_field_x_does_not_know_or_take_is_named(maker: Account, body: Any, field: str) -> None:
    assert message(maker.post("/2/tweets", body)).startswith(field)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"text": "\\ud800"}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(maker: Account, raw: bytes) -> None:
    answer = maker.post("/2/tweets", data=raw, headers={"content-type": "application/json"})
    assert "JSON" in message(answer)


def test_a_huge_body_is_refused(maker: Account) -> None:
    assert maker.tweet("a" * 300_000).status_code == 413


def test_an_empty_post_is_refused(maker: Account) -> None:
    assert "Required" in message(maker.tweet("  "))
    assert "Required" in message(maker.post("/2/tweets", {}))


def test_nul_and_every_script_come_back_as_sent(x: Running, maker: Account) -> None:
    text = "nul \0 עברית 日本語 🏳️‍🌈"
    data(maker.tweet(text))
    assert _posts(x, maker)[0]["text"] == text


def test_a_thread_is_a_chain_of_replies_to_oneself(x: Running, maker: Account) -> None:
    first = data(maker.tweet("thread 1"))["id"]
    second = data(maker.post("/2/tweets", {"text": "thread 2", "reply": {"in_reply_to_tweet_id": first}}))["id"]
    shown = maker.get(f"/2/tweets/{second}", **{"tweet.fields": "conversation_id,referenced_tweets"})
    assert data(shown)["conversation_id"] == first
    assert data(shown)["referenced_tweets"] == [{"type": "replied_to", "id": first}]
    only = maker.get(f"/2/users/{maker.id}/tweets", exclude="replies")
    assert [post["id"] for post in data(only)] == [first]
    assert _posts(x, maker)[0]["reply_to"] == first


def test_a_reply_to_a_missing_or_foreign_post_is_refused(x: Running, maker: Account) -> None:
    foreign = data(x.account().tweet("not yours"))["id"]
    for target, words in (("1", "deleted or not visible"), (foreign, "not been mentioned")):
        body = {"text": f"reply to {target}", "reply": {"in_reply_to_tweet_id": target}}
        assert words in message(maker.post("/2/tweets", body), 403)


def test_a_quote_is_refused(maker: Account) -> None:
    assert "quote" in message(maker.post("/2/tweets", {"text": "q", "quote_tweet_id": "1"}), 403)


def test_fields_without_effect_are_accepted(maker: Account) -> None:
    body = {
        "text": "all of it",
        "made_with_ai": True,
        "paid_partnership": True,
        "reply_settings": "following",
        "poll": {"options": ["yes", "no"], "duration_minutes": 60},
    }
    post_id = data(maker.post("/2/tweets", body))["id"]
    shown = data(maker.get(f"/2/tweets/{post_id}", **{"tweet.fields": "reply_settings,paid_partnership"}))
    assert (shown["reply_settings"], shown["paid_partnership"]) == ("following", True)


def test_unknown_paths_and_methods_answer_json(maker: Account) -> None:
    assert maker.get("/2/nowhere").json()["status"] == 404
    assert maker.delete("/2/users/me").json()["status"] == 405
