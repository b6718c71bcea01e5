"""Ports are looked at before anything is started."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.cli.up import ports
from twitter_pipeline.cli.up.ports import Address
from twitter_pipeline_tests.support.ports import free_port


@pytest.fixture
def taken() -> Iterator[int]:
    """A port somebody listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_named_with_the_setting_that_changes_it(taken: int) -> None:
    with pytest.raises(CannotStart) as raised:
        ports.check([Address("127.0.0.1", free_port(), "sandbox.port"), Address("127.0.0.1", taken, "dagster.port")])
    assert str(raised.value) == (
        f"port {taken} on 127.0.0.1 is in use; set another with dagster.port\nNothing was started."
    )


def test_all_taken_ports_are_named_at_once(taken: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotStart) as raised:
            ports.check(
                [Address("127.0.0.1", taken, "sandbox.port"), Address("127.0.0.1", other.getsockname()[1], "x.port")]
            )
    assert "sandbox.port" in str(raised.value)
    assert "x.port" in str(raised.value)


def test_one_port_for_two_services_is_refused() -> None:
    port = free_port()
    with pytest.raises(CannotStart, match=f"sandbox.port and dagster.port are both {port}"):
        ports.check([Address("127.0.0.1", port, "sandbox.port"), Address("127.0.0.1", port, "dagster.port")])


def test_a_port_that_lingers_after_a_server_ended_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = server.getsockname()
        with socket.create_connection(address) as client:
            accepted, _ = server.accept()
            accepted.close()  # whoever closes first leaves the port waiting
            assert client.recv(1) == b""
    ports.check([Address("127.0.0.1", address[1], "dagster.port")])
