"""Every way in which creating a post can end, and the one of three it must be taken for."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from twitter_pipeline.x import posts
from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import (
    AccountRefused,
    DuplicateText,
    ItemRefused,
    MediaNotReady,
    NotSent,
    OutcomeUnknown,
    Transient,
    WaitUntil,
    XError,
)
from twitter_pipeline.x.session import HeldBack
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.x.conftest import NOW, Connect
from twitter_pipeline_tests.x.raw import answer, say_and_close, say_and_reset, say_nothing, serving

CREATED = b'{"data":{"id":"42","text":"hello"}}'
WHOLE = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 35\r\n\r\n" + CREATED


def outcome(client: XClient) -> XError:
    with pytest.raises(XError) as raised:
        posts.create(client, "hello")
    return raised.value


def problem(status: int, detail: str, kind: str = "about:blank", title: str = "Title") -> bytes:
    return json.dumps({"title": title, "detail": detail, "type": kind, "status": status}).encode()


# Done


def test_an_answer_with_an_id_is_a_post(to_server: Connect) -> None:
    with serving(answer(201, CREATED)) as server:
        assert posts.create(to_server(server.url), "hello", ["7"]) == posts.Created(id="42", text="hello")
        assert server.requests[0].startswith("POST /2/tweets HTTP/1.1\r\n")
        assert json.loads(server.bodies[0]) == {"text": "hello", "media": {"media_ids": ["7"]}}


# Certainly not sent


@pytest.fixture
def closed_port() -> int:
    return free_port()


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full, so that connecting to it hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def test_a_refused_connection_sent_nothing(to_server: Connect, closed_port: int) -> None:
    error = outcome(to_server(f"http://127.0.0.1:{closed_port}"))
    assert type(error) is NotSent
    assert error.message == f"Nobody could be reached at 127.0.0.1:{closed_port}: Connection refused."


def test_an_unknown_host_sent_nothing(to_server: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert type(outcome(to_server("http://no-such-host.invalid"))) is NotSent


def test_a_connection_that_hangs_sent_nothing(to_server: Connect, full_port: int) -> None:
    began = time.monotonic()
    error = outcome(to_server(f"http://127.0.0.1:{full_port}", reach=0.5, read=60))
    assert type(error) is NotSent
    assert "timed out" in error.message
    assert time.monotonic() - began < 30


def test_a_tls_handshake_that_hangs_sent_nothing(to_server: Connect) -> None:
    # The hello of TLS has no blank line, so the server reads on and never answers.
    with serving(say_nothing) as server:
        assert type(outcome(to_server(server.url.replace("http:", "https:"), reach=0.5, read=0.5))) is NotSent


def test_a_tls_handshake_that_is_cut_sent_nothing(to_server: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def cut() -> None:
            connection, _ = listener.accept()
            connection.recv(100)
            connection.close()

        thread = threading.Thread(target=cut)
        thread.start()
        error = outcome(to_server(f"https://127.0.0.1:{listener.getsockname()[1]}"))
        thread.join()
    assert type(error) is NotSent


def test_an_unreachable_proxy_sent_nothing(
    to_server: Connect, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{closed_port}")
        assert type(outcome(to_server(f"{scheme}://no-such-host.invalid"))) is NotSent


# Certainly turned away


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, problem(400, "Text is too long.", "https://api.twitter.com/2/problems/invalid-request"), ItemRefused),
        (400, b'{"errors":[{"message":"Your media IDs are invalid."}],"title":"Invalid Request"}', MediaNotReady),
        (401, problem(401, "Unauthorized"), AccountRefused),
        (401, b"", AccountRefused),
        (402, problem(402, "no credits", "https://api.twitter.com/2/problems/credits"), AccountRefused),
        (403, problem(403, "You are not allowed to create a Tweet with duplicate content."), DuplicateText),
        (403, problem(403, "oauth1", "https://api.x.com/2/problems/oauth1-permissions"), AccountRefused),
        (403, problem(403, "oauth1", "https://api.twitter.com/2/problems/oauth1-permissions"), AccountRefused),
        (403, problem(403, "not enrolled", "https://api.x.com/2/problems/client-forbidden"), AccountRefused),
        (403, problem(403, "Your account is suspended and is not permitted."), AccountRefused),
        (403, problem(403, "You are not permitted to perform this action."), ItemRefused),
        (404, problem(404, "Not Found"), Transient),
        (413, b"<html>too large</html>", ItemRefused),
        (422, problem(422, "no"), ItemRefused),
        (429, b"", WaitUntil),
    ],
)
def test_an_answer_in_the_four_hundreds_is_definite(
    to_server: Connect, status: int, body: bytes, expected: type[XError]
) -> None:
    with serving(answer(status, body)) as server:
        error = outcome(to_server(server.url))
        assert type(error) is expected
        assert error.status == status
        assert server.connections == 1


@pytest.mark.parametrize(
    "body",
    [b'["a list"]', b"7", b'{"errors":[3,"x",null]}', b'{"errors":"x","detail":9}', b'{"error":{}}', b"[" * 9999],
)
@pytest.mark.parametrize(
    ("status", "expected"), [(403, (ItemRefused, OutcomeUnknown)), (429, WaitUntil), (503, OutcomeUnknown)]
)
def test_a_body_that_tweepy_stumbles_over_does_not_change_the_outcome(
    to_server: Connect, body: bytes, status: int, expected: type[XError]
) -> None:
    with serving(answer(status, body, {"x-rate-limit-reset": "soon"})) as server:
        assert isinstance(outcome(to_server(server.url)), expected)


def epoch(minutes: float) -> str:
    return str(int((NOW + timedelta(minutes=minutes)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({}, 15),
        ({"x-rate-limit-reset": epoch(4)}, 4),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": epoch(4)}, 4),
        ({"x-rate-limit-remaining": "9", "x-rate-limit-reset": epoch(4),
          "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": epoch(700)}, 700),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": epoch(4),
          "x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": epoch(900),
          "x-user-limit-24hour-remaining": "0", "x-user-limit-24hour-reset": epoch(700)}, 900),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": epoch(4),
          "x-user-limit-24hour-remaining": "5", "x-user-limit-24hour-reset": epoch(700)}, 4),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": epoch(-3)}, 15),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "soon"}, 15),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": epoch(4) + "000"}, 15),
        ({"x-rate-limit-remaining": "0", "x-rate-limit-reset": "9" * 400}, 15),
    ],
)  # fmt: skip
def test_a_reached_limit_says_until_when(to_server: Connect, headers: dict[str, str], minutes: int) -> None:
    with serving(answer(429, problem(429, "Too Many Requests"), headers)) as server:
        error = outcome(to_server(server.url))
        assert isinstance(error, WaitUntil)
        assert error.until == NOW + timedelta(minutes=minutes)


# Unknown


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (502, b"<html><h1>Bad Gateway</h1></html>"),
        (503, problem(503, "Service Unavailable", title="Service Unavailable")),
        (504, b"\xff\xfe\x00"),
        (400, b""),
        (403, b"<html>blocked</html>"),
        (404, b"<html>not found</html>"),
        (408, problem(408, "Request Timeout")),
        (499, b""),
        (301, b""),
        (307, b""),
        (303, b""),
        (304, b""),
    ],
)
def test_every_other_status_leaves_it_unknown(to_server: Connect, status: int, body: bytes) -> None:
    with serving(answer(status, body, {"Location": "/2/tweets", "Retry-After": "0"})) as server:
        error = outcome(to_server(server.url))
        assert type(error) is OutcomeUnknown
        assert error.status == status
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, b""),
        (201, b"{}"),
        (201, b'{"data":{"text":"hello"}}'),
        (201, b'{"data":{"id":""}}'),
        (201, b'{"data":{"id":null}}'),
        (201, b'{"data":[]}'),
        (201, b"[]"),
        (200, b'{"errors":[{"message":"partly"}]}'),
        (200, b"<html>welcome to the hotel's network</html>"),
        (202, b""),
        (204, b""),
    ],
)
def test_a_success_without_an_id_leaves_it_unknown(to_server: Connect, status: int, body: bytes) -> None:
    with serving(answer(status, body)) as server:
        assert type(outcome(to_server(server.url))) is OutcomeUnknown
        assert len(server.requests) == 1


def test_an_answer_cut_at_any_byte_is_never_taken_for_a_no(to_server: Connect) -> None:
    for length in range(len(WHOLE)):
        for cut in (say_and_close, say_and_reset):
            with serving(cut(WHOLE[:length])) as server:
                error = outcome(to_server(server.url))
                assert type(error) is OutcomeUnknown, (WHOLE[:length], error)
                assert len(server.requests) == 1


def test_a_refusal_cut_at_any_byte_is_a_refusal_or_unknown(to_server: Connect) -> None:
    body = problem(403, "You are not allowed to create a Tweet with duplicate content.")
    whole = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    for length in range(len(whole)):
        with serving(say_and_close(whole[:length])) as server:
            error = outcome(to_server(server.url))
            assert isinstance(error, (OutcomeUnknown, Transient)), (whole[:length], error)
            assert not isinstance(error, NotSent)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 2O1 Created\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 201 Created\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_garbage_leaves_it_unknown(to_server: Connect, data: bytes) -> None:
    with serving(say_and_close(data)) as server:
        assert type(outcome(to_server(server.url))) is OutcomeUnknown


def test_silence_leaves_it_unknown(to_server: Connect) -> None:
    with serving(say_nothing) as server:
        error = outcome(to_server(server.url, read=0.3))
        assert type(error) is OutcomeUnknown
        assert "timed out" in error.message
        assert len(server.requests) == 1


def test_an_older_refused_connection_does_not_make_a_lost_answer_look_unsent(
    to_server: Connect, closed_port: int
) -> None:
    """Python links an error to the one being handled: that one must not be taken for this request's cause."""
    with serving(say_and_reset()) as server:
        try:
            posts.create(to_server(f"http://127.0.0.1:{closed_port}"), "hello")
        except NotSent:
            assert type(outcome(to_server(server.url))) is OutcomeUnknown


def test_a_post_goes_out_on_a_connection_of_its_own(to_server: Connect) -> None:
    """Otherwise a kept-alive connection that X closed in between would leave an unsent post unconfirmed."""
    me = b'{"data":{"id":"1","username":"u","name":"n"}}'
    with serving(answer(200, me), answer(201, CREATED)) as server:
        client = to_server(server.url)
        client.me()
        posts.create(client, "hello")
        assert server.connections == 2


def test_a_post_is_not_repeated_on_another_connection(to_server: Connect) -> None:
    with serving(say_and_reset(), answer(201, CREATED)) as server:
        assert type(outcome(to_server(server.url))) is OutcomeUnknown
        assert len(server.requests) == 1


# All other requests may be repeated


@pytest.mark.parametrize(
    "act", [say_and_reset(), say_and_close(b""), answer(503), answer(302), answer(408), answer(200)]
)
def test_what_is_no_post_is_never_unknown(to_server: Connect, act: object) -> None:
    with serving(act) as server:  # type: ignore[arg-type]
        client = to_server(server.url)
        with pytest.raises(Transient):
            client.me()
        with pytest.raises(Transient):
            posts.timeline(client, "1")


@pytest.mark.parametrize(
    ("said", "wait"),
    [("90", timedelta(seconds=90)), ("Tue, 24 Nov 2026 12:05:00 GMT", None), ("soon", None), ("", None)],
)
def test_busy_until_a_named_time_is_waiting_but_for_a_post(
    to_server: Connect, said: str, wait: timedelta | None
) -> None:
    if said.endswith("GMT"):
        wait = datetime(2026, 11, 24, 12, 5, tzinfo=timezone.utc) - NOW
    busy = answer(503, problem(503, "Service Unavailable"), {"Retry-After": said})
    with serving(busy) as server:
        with pytest.raises(XError) as ended:
            to_server(server.url).me()
        if wait is None or wait <= timedelta(0):
            assert type(ended.value) is Transient
        else:
            assert isinstance(ended.value, WaitUntil)
            assert ended.value.until == NOW + wait
    with serving(busy) as server:
        unknown = outcome(to_server(server.url))
    assert (type(unknown), unknown.status) == (OutcomeUnknown, 503)


def test_a_post_that_the_last_check_holds_back_never_leaves(to_server: Connect) -> None:
    def held_up() -> None:
        raise HeldBack("held up")

    with serving(answer(201, CREATED)) as server:
        client = to_server(server.url)
        client.check_before_posting(held_up)
        error = outcome(client)
        assert isinstance(error, NotSent)
        assert str(error) == "held up"
        assert server.requests == []
        client.check_before_posting(lambda: None)
        assert posts.create(client, "hello").id == "42"
