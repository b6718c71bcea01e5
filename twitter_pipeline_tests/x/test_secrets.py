"""No credential shows in an error, a log line or a representation."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Callable
from urllib.parse import quote

import pytest

from twitter_pipeline.x import posts
from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import XError
from twitter_pipeline_tests.x.conftest import KEYS, Connect
from twitter_pipeline_tests.x.raw import Act, answer, say_and_close, serving

SECRETS = (KEYS.api_key, KEYS.api_secret, KEYS.access_token, KEYS.access_token_secret)


def shown(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text or quote(secret, safe="") in text]


def echo_as_json(connection: socket.socket) -> None:
    """A server that says back everything it must not."""
    detail = ", ".join(SECRETS) + ", " + ", ".join(quote(secret, safe="") for secret in SECRETS)
    answer(403, f'{{"detail":"{detail}"}}'.encode())(connection)


ECHOES: list[Act] = [echo_as_json, say_and_close(" ".join(SECRETS).encode() + b"\r\n")]


@pytest.mark.parametrize("act", ECHOES)
@pytest.mark.parametrize("call", [lambda client: posts.create(client, "hello"), XClient.me])
def test_an_error_shows_no_key_even_when_the_server_says_them_back(
    to_server: Connect, act: Act, call: Callable[[XClient], object]
) -> None:
    with serving(act) as server:
        client = to_server(server.url)
        with pytest.raises(XError) as raised:
            call(client)
        assert "•••" in str(raised.value)
        printed = "".join(traceback.format_exception(raised.value))
        assert not shown(printed + repr(raised.value) + repr(vars(raised.value)) + repr(client))


def test_the_log_shows_no_key_at_its_most_talkative(to_server: Connect, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), serving(echo_as_json) as server:
        client = to_server(server.url)
        with pytest.raises(XError):
            posts.create(client, "hello")
        with pytest.raises(XError):
            client.send_chunk("/2/media/upload/1/append", fields={"segment_index": "0"}, media=b"x")
        assert "oauth_consumer_key" in server.requests[0]
    assert "/2/tweets" in caplog.text
    assert not shown(caplog.text)
    assert "oauth_signature" not in caplog.text


def test_an_address_with_a_password_does_not_show_it(to_server: Connect) -> None:
    with pytest.raises(XError) as raised:
        posts.create(to_server("http://user:hunter2@127.0.0.1:9"), "hello")
    assert "hunter2" not in str(raised.value)
