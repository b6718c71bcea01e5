"""The TCP proxy against an echo: what each mode does to either side."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from twitter_pipeline_tests.support.tcp_proxy import (
    BLACK_HOLE,
    PASS,
    REFUSE,
    Mixed,
    Mode,
    TcpProxy,
    cut_down,
    delayed,
    reset_down,
    reset_up,
)
from twitter_pipeline_tests.support.waiting import wait_for


class Echo:
    """Says back what it hears, and knows what it heard on each connection and how that ended."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.ends: list[str] = []
        echo = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                at = len(echo.heard)
                echo.heard.append(b"")
                try:
                    while data := self.request.recv(65536):
                        echo.heard[at] += data
                        self.request.sendall(data)
                except OSError as error:
                    echo.ends.append(type(error).__name__)
                else:
                    echo.ends.append("end")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    thread = threading.Thread(target=echo.server.serve_forever, args=(0.01,))
    thread.start()
    yield echo
    echo.server.shutdown()
    echo.server.server_close()
    thread.join()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[TcpProxy]:
    with TcpProxy(echo.port) as proxy:
        yield proxy


def _connect(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=10)


def _read(client: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        got += client.recv(65536) or pytest.fail(f"it ended after {len(got)} bytes")
    return got


def _is_reset(client: socket.socket) -> bool:
    try:
        return client.recv(1) != b"" and pytest.fail("it goes on")
    except ConnectionResetError:
        return True


def test_it_passes_megabytes_both_ways_and_the_end(echo: Echo, proxy: TcpProxy) -> None:
    content = hashlib.shake_256(b"content").digest(3_000_000)
    with _connect(proxy) as client:
        threading.Thread(target=client.sendall, args=(content,)).start()
        assert _read(client, len(content)) == content
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert (echo.heard, echo.ends) == ([content], ["end"])
    wait_for(lambda: proxy.connections == 0, 10, "the connection to be forgotten")
    assert proxy.counts == {PASS: 1}


def test_one_that_does_not_read_does_not_fill_the_memory(proxy: TcpProxy) -> None:
    with _connect(proxy) as client:
        client.settimeout(0.1)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 60_000_000:
                sent += client.send(bytes(1_000_000))
    assert sent < 60_000_000, "more than the kernel's buffers there and back"


def test_a_refused_connection_is_refused_and_those_before_it_go_on(proxy: TcpProxy) -> None:
    with _connect(proxy) as before:
        before.sendall(b"a")
        assert before.recv(1) == b"a"
        for _ in range(2):
            proxy.mode = REFUSE
            with pytest.raises(ConnectionRefusedError):
                _connect(proxy)
            before.sendall(b"b")
            assert before.recv(1) == b"b"
            proxy.mode = PASS
            with _connect(proxy) as after:
                after.sendall(b"c")
                assert after.recv(1) == b"c"


def test_one_that_it_accepts_just_as_it_stops_listening_is_not_forgotten(proxy: TcpProxy) -> None:
    proxy._loop.call_soon_threadsafe(time.sleep, 0.3)  # both are there when it wakes
    with _connect(proxy):
        proxy.mode = REFUSE
    wait_for(lambda: proxy.connections == 0, 10, "the connection to be forgotten")


def test_a_client_that_leaves_while_the_target_is_dialed_leaves_nothing_open(echo: Echo) -> None:
    for _ in range(20):
        with TcpProxy(echo.port) as proxy:
            proxy._loop.call_soon_threadsafe(time.sleep, 0.01)
            _connect(proxy).close()
    gc.collect()  # what is open would warn


def test_a_black_hole_takes_everything_and_says_nothing(echo: Echo, proxy: TcpProxy) -> None:
    proxy.mode = BLACK_HOLE
    with _connect(proxy) as client:
        client.sendall(bytes(1_000_000))
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert echo.heard == []
    wait_for(lambda: proxy.connections == 0, 10, "the connection to be forgotten")


def test_reset_on_the_way_up_lets_so_many_bytes_through(echo: Echo, proxy: TcpProxy) -> None:
    proxy.next(reset_up(3), reset_up(0))
    with _connect(proxy) as client:
        client.sendall(b"abc")
        assert _read(client, 3) == b"abc"
        client.sendall(b"d")
        assert _is_reset(client)
    with _connect(proxy) as client:
        client.sendall(b"x")
        assert _is_reset(client)
    wait_for(lambda: len(echo.ends) == 2, 10, "both ends")
    assert (echo.heard, set(echo.ends)) == ([b"abc", b""], {"ConnectionResetError"})


def test_reset_on_the_way_down_comes_after_the_target_has_acted(echo: Echo, proxy: TcpProxy) -> None:
    proxy.next(reset_down(0), reset_down(2))
    with _connect(proxy) as client:
        client.sendall(b"post this")
        assert _is_reset(client)
    assert echo.heard == [b"post this"]
    with _connect(proxy) as client:
        client.sendall(b"post that")
        assert client.recv(10) == b"po"
        assert _is_reset(client)


def test_a_cut_answer_ends_in_order(echo: Echo, proxy: TcpProxy) -> None:
    proxy.next(cut_down(4))
    with _connect(proxy) as client:
        client.sendall(b"answer")
        assert (client.recv(10), client.recv(10)) == (b"answ", b"")
    wait_for(lambda: echo.ends, 10, "the target's end")
    assert echo.ends == ["ConnectionResetError"]


def test_a_delay_holds_both_ways_and_keeps_the_order(proxy: TcpProxy) -> None:
    proxy.mode = delayed(0.1)
    with _connect(proxy) as client:
        began = time.monotonic()
        for part in (b"a", b"b", b"c"):
            client.sendall(part)
            time.sleep(0.01)
        assert _read(client, 3) == b"abc"
        assert time.monotonic() - began >= 0.2
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""


def test_killed_connections_are_reset_on_both_sides(echo: Echo, proxy: TcpProxy) -> None:
    with _connect(proxy) as one, _connect(proxy) as two:
        for client in (one, two):
            client.sendall(b"a")
            assert client.recv(1) == b"a"
        assert proxy.kill() == 2
        assert _is_reset(one)
        assert _is_reset(two)
        with _connect(proxy) as three:
            three.sendall(b"a")
            assert three.recv(1) == b"a"
    wait_for(lambda: len(echo.ends) == 3, 10, "the target's ends")
    assert sorted(echo.ends) == ["ConnectionResetError", "ConnectionResetError", "end"]


def test_a_frozen_connection_is_silent_and_the_target_never_hears_of_its_end(echo: Echo, proxy: TcpProxy) -> None:
    with _connect(proxy) as client:
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        assert proxy.freeze() == 1
        client.sendall(b"b")
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(1)
    assert (echo.heard, echo.ends) == ([b"a"], [])
    proxy.kill()
    wait_for(lambda: echo.ends == ["ConnectionResetError"], 10, "the target's end")


def test_without_a_target_a_connection_is_reset(echo: Echo, proxy: TcpProxy) -> None:
    echo.server.shutdown()
    echo.server.server_close()
    with pytest.raises(ConnectionResetError), _connect(proxy) as client:  # by either of the two
        client.recv(1)
    wait_for(lambda: proxy.connections == 0, 10, "the connection to be forgotten")


def test_a_mix_draws_the_same_from_the_same_seed(proxy: TcpProxy) -> None:
    weights = {PASS: 3.0, REFUSE: 1.0, reset_up(0): 1.0}

    def drawn(seed: int) -> list[Mode]:
        mix = Mixed(weights, seed=seed)
        return [mix.draw() for _ in range(60)]

    assert drawn(7) == drawn(7) != drawn(8)
    assert set(drawn(7)) == set(weights)

    proxy.mode = Mixed(weights, seed=7)
    met = []
    for _ in range(20):
        try:
            with _connect(proxy) as client:
                client.sendall(b"a")
                met.append(client.recv(1) == b"a")
        except ConnectionError:
            met.append(False)
    assert met == [mode == PASS for mode in drawn(7)[:20]]
    assert proxy.counts.total() == 20
