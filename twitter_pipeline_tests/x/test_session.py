from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from twitter_pipeline.x import posts
from twitter_pipeline.x.errors import Transient, XError
from twitter_pipeline.x.limits import Limit
from twitter_pipeline_tests.x.conftest import NOW, Connect
from twitter_pipeline_tests.x.raw import answer, say_and_reset, serving

ME = b'{"data":{"id":"1","username":"u","name":"n"}}'


@pytest.mark.parametrize("url", ["", "api.x.com", "ftp://api.x.com", "http://", "https:///2"])
def test_an_address_that_is_none_is_refused_at_once(to_server: Connect, url: str) -> None:
    with pytest.raises(ValueError, match=r"x\.base_url"):
        to_server(url)


def test_a_base_address_may_have_a_path(to_server: Connect) -> None:
    with serving(answer(201, b'{"data":{"id":"42"}}')) as server:
        client = to_server(server.url + "/x/")
        assert posts.create(client, "hello").id == "42"
        assert server.requests[0].startswith("POST /x/2/tweets ")


def test_limits_are_kept_by_call_and_window(to_server: Connect) -> None:
    reset = int((NOW + timedelta(minutes=9)).timestamp())
    headers = {
        "x-rate-limit-limit": "900",
        "x-rate-limit-remaining": "899",
        "x-rate-limit-reset": str(reset),
        "x-user-limit-24hour-remaining": "16",
        "x-user-limit-24hour-reset": str(reset),
    }
    with serving(answer(200, b'{"meta":{"result_count":0}}', headers)) as server:
        client = to_server(server.url)
        assert posts.timeline(client, "123").posts == ()
        assert client.limits == {
            "GET /2/users/:id/tweets 15min": Limit(900, 899, NOW + timedelta(minutes=9)),
            "GET /2/users/:id/tweets user-24h": Limit(None, 16, NOW + timedelta(minutes=9)),
        }


def test_what_the_app_may_do_is_kept_as_x_says_it(to_server: Connect) -> None:
    with serving(answer(200, ME), answer(403, b"{}", {"x-access-level": "read"}), answer(200, ME)) as server:
        client = to_server(server.url)
        client.me()
        assert client.access_level is None
        with pytest.raises(XError):
            client.me()
        client.me()
        assert client.access_level == "read", "an answer without the header says nothing new"


def test_what_runs_on_this_machine_is_not_reached_through_a_proxy(
    to_server: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with serving(answer(200, ME)) as server:
        assert to_server(server.url).me().username == "u"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"{}",
        b'{"data":{}}',
        b'{"data":[{"id":"1"}],"meta":{}}',
        b'{"data":[{"id":"1","text":"t","created_at":"soon"}],"meta":{}}',
        b'{"data":[7],"meta":{}}',
        b'{"errors":[]}',
    ],
)
def test_a_list_of_posts_that_cannot_be_read_is_not_an_empty_one(to_server: Connect, body: bytes) -> None:
    with serving(answer(200, body)) as server, pytest.raises(Transient, match="cannot be read"):
        posts.timeline(to_server(server.url), "1")


def test_a_long_post_is_listed_with_all_its_words(to_server: Connect) -> None:
    """Beyond 280 characters X cuts `text`, and gives the whole in `note_tweet`."""
    link = {"url": "https://t.co/b", "expanded_url": "https://example.com/x"}
    note = {"text": "All of it &amp; https://t.co/b", "entities": {"urls": [link]}}
    entry = {"id": "7", "text": "All of… https://t.co/a", "created_at": "2026-11-24T12:00:00Z", "note_tweet": note}
    with serving(answer(200, json.dumps({"data": [entry], "meta": {"result_count": 1}}).encode())) as server:
        (post,) = posts.timeline(to_server(server.url), "1").posts
    assert post.words == "All of it & https://example.com/x"


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":[],"meta":{"result_count":1}}',
        b'{"data":[],"errors":[{"title":"Not Found"}],"meta":{"result_count":0}}',
    ],
)
def test_a_list_of_posts_that_leaves_some_out_is_not_whole(to_server: Connect, body: bytes) -> None:
    with serving(answer(200, body)) as server:
        assert not posts.timeline(to_server(server.url), "1").whole


def test_an_answer_about_me_that_lacks_something_is_transient(to_server: Connect) -> None:
    with (
        serving(answer(200, b'{"data":{"id":"1"}}')) as server,
        pytest.raises(Transient, match="lacks 'username'"),
    ):
        to_server(server.url).me()


def test_errors_and_limits_load_without_tweepy() -> None:
    """Rules about waiting and retrying are asked by processes that never speak to X."""
    code = (
        "import sys, twitter_pipeline.x.errors, twitter_pipeline.x.limits, twitter_pipeline.media;"
        "sys.exit(bool({'tweepy', 'requests', 'av', 'PIL'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_even_a_request_that_may_be_repeated_is_not_repeated_here(to_server: Connect) -> None:
    """How often and when is decided in one place, and that is not the HTTP library."""
    with serving(say_and_reset(), answer(503, b"", {"Retry-After": "0"}), answer(200, ME)) as server:
        client = to_server(server.url)
        for count in (1, 2):
            with pytest.raises(Transient):
                client.me()
            assert len(server.requests) == count


def test_each_request_is_signed_anew(to_server: Connect) -> None:
    with serving(answer(200, ME)) as server:
        client = to_server(server.url)
        client.me()
        client.me()
        assert server.connections == 1, "connections are kept for what may be repeated"
        nonces = {part for head in server.requests for part in head.split() if part.startswith("oauth_nonce")}
        assert len(nonces) == 2
        assert "User-Agent: twitter-pipeline" in server.requests[0]
