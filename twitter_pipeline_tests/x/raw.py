"""A server that answers with exactly the bytes a test gives it, for what no HTTP library would send."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

#: What the server does with a connection once a whole request has arrived.
Act = Callable[[socket.socket], None]


class RawServer:
    """One thread, one connection at a time; `requests` holds the head of each request that arrived whole."""

    def __init__(self, *acts: Act) -> None:
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self._acts = list(acts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._current = self._listener
        self._tls: ssl.SSLContext | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """Take part in a TLS handshake on each connection from now on."""
        self._tls = context

    def stop(self) -> None:
        self._stopping.set()
        # Wakes the thread, whether it waits for a connection or for a request on one that was kept open.
        for waiting in (self._listener, self._current):
            with suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                self._current, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError), self._current:
                if self._tls is not None:
                    self._current = self._tls.wrap_socket(self._current, server_side=True)
                with self._current as connection:
                    while self._read_request(connection):
                        # The last act is for all requests that follow.
                        act = self._acts.pop(0) if len(self._acts) > 1 else self._acts[0]
                        act(connection)

    def _read_request(self, connection: socket.socket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            data = connection.recv(65536)
            if not data:
                return False
            received += data
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = int(lengths[0].partition(b":")[2]) - len(body) if lengths else 0
        while missing > 0:
            data = connection.recv(65536)
            body, missing = body + data, missing - len(data)
        self.requests.append(head.decode("latin-1"))
        self.bodies.append(body)
        return True


@contextmanager
def serving(*acts: Act) -> Iterator[RawServer]:
    server = RawServer(*acts)
    try:
        yield server
    finally:
        server.stop()


def answer(status: int, body: bytes = b"{}", headers: dict[str, str] | None = None) -> Act:
    """A whole answer; the connection stays open."""
    lines = [f"HTTP/1.1 {status} Words", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]

    def act(connection: socket.socket) -> None:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return act


def say_and_close(data: bytes) -> Act:
    """Exactly these bytes, then an orderly end."""

    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return act


def say_and_reset(data: bytes = b"") -> Act:
    """These bytes, then a TCP reset."""

    def act(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return act


def say_nothing(connection: socket.socket) -> None:
    """Wait until the other side gives up."""
    connection.settimeout(10)
    connection.recv(1)
