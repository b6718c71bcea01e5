"""Reading a user's posts."""

from __future__ import annotations

import pytest

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import Running, mp4


def _listed(maker: Account, **query: str | int) -> list[str]:
    answer = maker.get(f"/2/users/{maker.id}/tweets", **query)
    assert answer.ok, answer.text
    return [post["id"] for post in answer.json().get("data", [])]


def test_posts_are_listed_newest_first_and_by_id(maker: Account) -> None:
    ids = [data(maker.tweet(f"post {n}"))["id"] for n in range(8)]
    assert _listed(maker) == ids[::-1]
    assert _listed(maker, max_results=5) == ids[:2:-1]
    assert _listed(maker, since_id=ids[5]) == [ids[7], ids[6]]
    assert _listed(maker, until_id=ids[2]) == [ids[1], ids[0]]
    assert _listed(maker, since_id=ids[1], until_id=ids[4]) == [ids[3], ids[2]]


def test_pages_hold_every_post_once(maker: Account) -> None:
    ids = [data(maker.tweet(f"page {n}"))["id"] for n in range(12)]
    found, query = [], {"max_results": 5}
    for expected in (5, 5, 2):
        answer = maker.get(f"/2/users/{maker.id}/tweets", **query).json()
        meta = answer["meta"]
        page = [post["id"] for post in answer["data"]]
        assert (meta["result_count"], meta["newest_id"], meta["oldest_id"]) == (expected, page[0], page[-1])
        found += page
        if "next_token" in meta:
            query["pagination_token"] = meta["next_token"]
    assert found == ids[::-1]
    assert "next_token" not in meta


def test_posts_are_listed_by_time(own_x: Running) -> None:
    maker = own_x.account()
    ids, times = [], []
    for n in range(3):
        ids.append(data(maker.tweet(f"at {n}"))["id"])
        shown = data(maker.get(f"/2/tweets/{ids[-1]}", **{"tweet.fields": "created_at"}))
        times.append(shown["created_at"])
        own_x.clock.advance(60)
    assert _listed(maker, start_time=times[1]) == [ids[2], ids[1]]
    assert _listed(maker, end_time=times[1]) == [ids[0]]
    assert _listed(maker, start_time=times[1].replace("Z", "+00:00"), end_time=times[2]) == [ids[1]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_results", "4"),
        ("max_results", "101"),
        ("max_results", "ten"),
        ("since_id", "abc"),
        ("until_id", "12345678901234567890"),
        ("start_time", "yesterday"),
        ("start_time", "2026-11-24T08:00:00"),
        ("end_time", "2026-13-24T08:00:00Z"),
        ("pagination_token", "???"),
        ("tweet.fields", "created_at,colour"),
        ("expansions", "everything"),
        ("max_result", "5"),
    ],
)
def test_a_wrong_parameter_is_named(maker: Account, name: str, value: str) -> None:
    answer = maker.get(f"/2/users/{maker.id}/tweets", **{name: value})
    assert name in message(answer)
    assert list(answer.json()["errors"][0]["parameters"]) == [name]


def test_the_largest_ids_are_taken(maker: Account) -> None:
    data(maker.tweet("large"))
    assert _listed(maker, since_id="9" * 19) == []
    assert len(_listed(maker, until_id="9" * 19)) == 1
    assert "errors" in maker.get(f"/2/tweets/{'9' * 19}").json()


def test_a_deleted_post_is_no_longer_listed(maker: Account) -> None:
    post_id = data(maker.tweet("soon gone"))["id"]
    maker.delete(f"/2/tweets/{post_id}")
    assert _listed(maker) == []
    assert "errors" in maker.get(f"/2/tweets/{post_id}").json()


def test_the_text_comes_back_as_x_gives_it(maker: Account) -> None:
    media_id = maker.upload(mp4(name=b"shown"), "tweet_video", "video/mp4")
    text = "A & B < C https://example.com/page?a=1&b=2 and example.org, #tag @you $ABC"
    post_id = data(maker.tweet(text, media_id))["id"]
    query = {"tweet.fields": "entities,attachments", "expansions": "attachments.media_keys"}
    answer = maker.get(f"/2/tweets/{post_id}", **query)
    shown = data(answer)
    urls = shown["entities"]["urls"]
    assert [url["expanded_url"] for url in urls] == [
        "https://example.com/page?a=1&b=2",
        "http://example.org",
        f"https://x.com/{maker.username}/status/{post_id}/video/1",
    ]
    for url in urls:
        assert shown["text"][url["start"] : url["end"]] == url["url"]
        assert len(url["url"]) == 23
    first, second, last = (url["url"] for url in urls)
    assert shown["text"] == f"A &amp; B &lt; C {first} and {second}, #tag @you $ABC {last}"
    assert urls[2]["media_key"] == f"7_{media_id}"
    assert shown["attachments"] == {"media_keys": [f"7_{media_id}"]}
    assert answer.json()["includes"]["media"] == [{"media_key": f"7_{media_id}", "type": "video"}]
    for name, key, value in (("hashtags", "tag", "tag"), ("mentions", "username", "you"), ("cashtags", "tag", "ABC")):
        (entity,) = shown["entities"][name]
        assert entity[key] == value
        assert shown["text"][entity["start"] + 1 : entity["end"]] == value


def test_four_pictures_share_one_link(maker: Account, png: bytes) -> None:
    ids = [maker.upload(png, "tweet_image", "image/png") for _ in range(4)]
    post_id = data(maker.tweet("", *ids))["id"]
    shown = data(maker.get(f"/2/tweets/{post_id}", **{"tweet.fields": "entities"}))
    urls = shown["entities"]["urls"]
    assert {url["url"] for url in urls} == {shown["text"]}
    assert [url["media_key"] for url in urls] == [f"3_{media_id}" for media_id in ids]


def test_only_fields_asked_for_are_shown(maker: Account) -> None:
    post_id = data(maker.tweet("short"))["id"]
    assert set(data(maker.get(f"/2/tweets/{post_id}"))) == {"id", "text", "edit_history_tweet_ids"}
    assert set(data(maker.get("/2/users/me"))) == {"id", "name", "username"}


def test_another_users_posts_can_be_read(x: Running, maker: Account) -> None:
    data(maker.tweet("public"))
    answer = x.account().get(f"/2/users/{maker.id}/tweets")
    assert answer.json()["meta"]["result_count"] == 1
