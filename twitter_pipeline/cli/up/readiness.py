"""Whether a service answers."""

from __future__ import annotations

import http.client
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

from twitter_pipeline.cli.up import dagster_api
from twitter_pipeline.cli.up.instance import CODE
from twitter_pipeline.launching.channel import ask, socket_path

#: Returns whether it answers; may raise one of NOT_YET while it does not.
Check = Callable[[], bool]
NOT_YET = (OSError, http.client.HTTPException)


def code_server(home: Path) -> Check:
    """Dagster's code process listens: it does once our definitions are loaded."""

    def check() -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(socket_path(home, CODE)))
        return True

    return check


def launcher(home: Path) -> Check:
    """The process that others are forked from answers."""

    def check() -> bool:
        return bool(ask(socket_path(home), {"do": "look at run", "run_id": ""}))

    return check


def answers(url: str) -> Check:
    """A GET of this address succeeds."""

    def check() -> bool:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http://, by our own settings
            return bool(answer.status == 200)

    return check


def daemons_live(url: str, *, since: float) -> Check:
    """All of Dagster's daemons have shown life since that time (Unix seconds)."""

    def check() -> bool:
        try:
            return not dagster_api.daemons_without_heartbeat(url, since=since)
        except dagster_api.DagsterAway:
            return False

    return check
