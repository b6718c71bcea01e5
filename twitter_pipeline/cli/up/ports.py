"""Ports: whether those of the configuration are free."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from twitter_pipeline.cli.errors import CannotStart
from twitter_pipeline.config import Settings


@dataclass(frozen=True)
class Address:
    """Where a service is going to listen, and the setting that says so."""

    host: str
    port: int
    setting: str


def wanted(settings: Settings, *, with_sandbox: bool) -> list[Address]:
    """The addresses the services of these settings listen on."""
    dagster = Address(settings.dagster.host, settings.dagster.port, "dagster.port")
    api = [Address(settings.api.host, settings.api.port, "api.port")] if settings.api.enabled else []
    return [*([of_sandbox(settings)] if with_sandbox else []), dagster, *api]


def of_sandbox(settings: Settings) -> Address:
    """The address the sandbox listens on."""
    return Address(settings.sandbox.host, settings.sandbox.port, "sandbox.port")


def check(addresses: list[Address]) -> None:
    """Raise CannotStart, naming every port that is taken and the setting that changes it."""
    taken = [f"port {a.port} on {a.host} is in use; set another with {a.setting}" for a in addresses if not _is_free(a)]
    by_port: dict[int, Address] = {}
    for address in addresses:
        other = by_port.setdefault(address.port, address)
        if other is not address:
            taken.append(
                f"{other.setting} and {address.setting} are both {address.port}; set one of them to another port"
            )
    if taken:
        raise CannotStart("\n".join([*taken, "Nothing was started."]))


def _is_free(address: Address) -> bool:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: a port that only lingers after a server's end is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
            probe.listen(1)
        except OSError:
            return False
    return True
