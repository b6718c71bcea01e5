"""TLS: verified everywhere but on this machine itself, through a proxy too."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from twitter_pipeline.x.errors import NotSent
from twitter_pipeline_tests.support.tls import self_signed
from twitter_pipeline_tests.x.conftest import Connect
from twitter_pipeline_tests.x.raw import RawServer, answer

ME = b'{"data":{"id":"1","username":"u","name":"n"}}'
NAME = "x.example"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed one, with its key, for NAME."""
    return self_signed(tmp_path / "server.pem", NAME)


@pytest.fixture
def server(certificate: Path) -> Iterator[RawServer]:
    """Speaks TLS on 127.0.0.1 with that certificate."""
    raw = RawServer(answer(200, ME))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    raw.speak_tls(context)
    yield raw
    raw.stop()


@pytest.fixture
def proxy(server: RawServer, to_server: Connect, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The way out: a proxy that leads every name to `server`, as a person's https_proxy."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(server.url.rpartition(":")[2])

    def lead(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as there, suppress(OSError):
            assert b"\r\n\r\n" in client.recv(65536)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, client))
            back.start()
            _copy(client, there)
            back.join()

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                leading.append(threading.Thread(target=lead, args=(client,)))
                leading[-1].start()

    leading: list[threading.Thread] = []
    threading.Thread(target=serve, daemon=True).start()
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
    monkeypatch.setenv("no_proxy", "")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    yield
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in leading:
        thread.join(5)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@pytest.mark.filterwarnings("error")
def test_on_this_machine_nobody_has_to_vouch_for_a_certificate(to_server: Connect, server: RawServer) -> None:
    assert to_server(server.url.replace("http:", "https:")).me().username == "u"
    assert len(server.requests) == 1


@pytest.mark.usefixtures("proxy")
def test_elsewhere_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(
    to_server: Connect, server: RawServer
) -> None:
    with pytest.raises(NotSent, match=r"x\.example cannot prove who it is: .*certificate.*REQUESTS_CA_BUNDLE"):
        to_server(f"https://{NAME}").me()
    assert server.connections == 1
    assert server.requests == []


@pytest.mark.usefixtures("proxy")
def test_elsewhere_a_person_s_own_authority_counts(
    to_server: Connect, server: RawServer, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = Path(shutil.copy(certificate, tmp_path / "authority.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    client = to_server(f"https://{NAME}")
    assert client.me().username == "u"
    client.close()
    with pytest.raises(NotSent, match="cannot prove who it is"):
        to_server("https://another.example").me()
    assert len(server.requests) == 1
