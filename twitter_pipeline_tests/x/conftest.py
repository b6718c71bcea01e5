from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest

from twitter_pipeline.config import Credentials
from twitter_pipeline.x.client import XClient, connect

#: A whole second, since X's resets are whole seconds.
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
KEYS = Credentials("the-api-key", "the-api-secret/+=", "the-access-token", "the-token-secret&%")

Connect = Callable[..., XClient]


@pytest.fixture
def to_server() -> Iterator[Connect]:
    """Connects to any address with made-up keys, a stopped clock and short timeouts."""
    clients: list[XClient] = []

    def client(url: str, *, reach: float = 5, read: float = 5, credentials: Credentials = KEYS) -> XClient:
        clients.append(
            connect(
                credentials,
                base_url=url,
                connect_timeout=timedelta(seconds=reach),
                read_timeout=timedelta(seconds=read),
                clock=lambda: NOW,
            )
        )
        return clients[-1]

    yield client
    for made in clients:
        made.close()
