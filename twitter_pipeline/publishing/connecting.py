"""A connection to X as an account whose identity X has confirmed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Credentials, Settings
from twitter_pipeline.store import accounts, x_limits
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient

_log = logging.getLogger(__name__)

#: How long X's word on who an account is stays good.
VERIFIED_FOR = timedelta(days=1)


@contextmanager
def signed_with(
    settings: Settings, credentials: Credentials, *, read_timeout: timedelta | None = None
) -> Iterator[XClient]:
    """A connection that signs with these keys; nothing is sent yet. `read_timeout`: at most that long."""
    from twitter_pipeline.x.client import connect

    connected = connect(
        credentials,
        base_url=settings.x_base_url,
        connect_timeout=settings.x.connect_timeout,
        read_timeout=min(settings.x.read_timeout, read_timeout or settings.x.read_timeout),
    )
    try:
        yield connected
    finally:
        connected.close()


@contextmanager
def connected_as(
    engine: sa.Engine, settings: Settings, account_id: int, *, read_timeout: timedelta | None = None
) -> Iterator[XClient]:
    """A connection with an account's stored keys; X is asked who that is unless it said so within a day.

    Raises KeyLost (NoKeys among them), and XError.
    """
    with reading(engine) as connection:
        keys = accounts.credentials(connection, account_id, open_vault(settings.home))
        verified_at = accounts.by_id(connection, account_id).verified_at
    with signed_with(settings, keys, read_timeout=read_timeout) as connected:
        try:
            if verified_at is None or verified_at < utc_now() - VERIFIED_FOR:
                verify(engine, account_id, connected)
            yield connected
        finally:
            _keep_limits(engine, account_id, connected)


def verify(engine: sa.Engine, account_id: int, connected: XClient) -> None:
    """Ask X whose keys these are, and keep the answer. Raises XError."""
    me = connected.me()
    with writing(engine) as connection:
        accounts.verified(connection, account_id, user_id=me.id, username=me.username, now=utc_now())


def _keep_limits(engine: sa.Engine, account_id: int, connected: XClient) -> None:
    """Keep what X said of its limits, for those who watch; what was asked of X ends as it does either way."""
    try:
        if connected.limits:
            with writing(engine) as connection:
                x_limits.keep(connection, account_id, connected.limits)
    except sa.exc.SQLAlchemyError as error:
        _log.warning("X's limits could not be kept: %s", error)


def posts_page(settings: Settings, username: str | None) -> str:
    """What the address of each post of an account begins with."""
    return f"{'https://x.com' if settings.mode == 'live' else settings.x_base_url}/{username}/status"
