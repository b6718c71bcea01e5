"""How each part of the pipeline is: database, Dagster, disk, X. Nothing of it is worth a token."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic import BaseModel, Field

from twitter_pipeline.api import dagster_state
from twitter_pipeline.launching.graphql import DagsterAway
from twitter_pipeline.store.engine import reading

if TYPE_CHECKING:
    from twitter_pipeline.api.context import Context

#: Nobody makes it work harder than this by asking: seconds for which an answer holds.
_HOLDS = 2.0
#: Seconds for one part to answer.
_PATIENCE = 2.0
#: A tick may take a minute.
_TICK_LAG = 180.0
#: The least free space, in bytes and as a part of the disk.
_LEAST_FREE = 500_000_000
_LEAST_PART = 0.02

State = Literal["ok", "failing", "unknown"]


class Part(BaseModel):
    """One part."""

    state: State
    said: str = Field(description="For people; never an address, a path or what a library said.")


class Health(BaseModel):
    """All parts."""

    state: Literal["ok", "failing"]
    parts: dict[str, Part] = Field(description="database, daemon, sensors, disk, x")


class Looker:
    """Looks, not more often than every two seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._at = float("-inf")
        self._health: Health | None = None

    def look(self, context: Context) -> Health:
        """How everything is."""
        with self._lock:
            if self._health is None or time.monotonic() - self._at > _HOLDS:
                self._health = _look(context)
                self._at = time.monotonic()
            return self._health


def _look(context: Context) -> Health:
    parts = {"database": _part(lambda: _database(context)), "disk": _part(lambda: _disk(context))}
    parts["x"] = _part(lambda: _x(context))
    parts |= _dagster(context)
    failing = any(part.state == "failing" for part in parts.values())
    return Health(state="failing" if failing else "ok", parts=parts)


def _part(look: Callable[[], Part]) -> Part:
    try:
        return look()
    except (OSError, sa.exc.SQLAlchemyError):
        return Part(state="failing", said="it does not answer")


def _database(context: Context) -> Part:
    began = time.perf_counter()
    with reading(context.engine) as connection:
        connection.execute(sa.text("SELECT 1"))
    return Part(state="ok", said=f"answers in {(time.perf_counter() - began) * 1000:.0f} ms")


def _disk(context: Context) -> Part:
    usage = shutil.disk_usage(context.settings.home)
    enough = usage.free > _LEAST_FREE and usage.free > usage.total * _LEAST_PART
    return Part(state="ok" if enough else "failing", said=f"{usage.free / 1e9:.1f} GB free")


def _x(context: Context) -> Part:
    settings = context.settings
    what = "the sandbox" if settings.mode == "sandbox" else "X"
    address = urlsplit(settings.x_base_url)
    port = address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((address.hostname or "", port), timeout=_PATIENCE).close()
    except OSError:
        return Part(state="failing", said=f"{what} does not answer")
    return Part(state="ok", said=f"{what} answers")


def _dagster(context: Context) -> dict[str, Part]:
    try:
        dagster = dagster_state.look(context.settings)
    except DagsterAway:
        away = Part(state="failing", said="Dagster does not answer")
        return {"daemon": away, "sensors": Part(state="unknown", said="Dagster does not answer")}
    late = [*dagster.off, *(name for name, lag in dagster.lag.items() if lag > _TICK_LAG)]
    return {
        "daemon": _all("daemons show life", "no sign of life of", [*dagster.silent]),
        "sensors": _all("sensors tick", "off, or without a tick:", sorted(late)),
    }


def _all(good: str, bad: str, names: list[str]) -> Part:
    return Part(state="failing", said=f"{bad} {', '.join(names)}") if names else Part(state="ok", said=good)
