"""The sandbox as a process: bind, serve, stop within a second."""

from __future__ import annotations

import logging
import signal
import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from twitter_pipeline.sandbox.app import PROCESSING_SECONDS, create_app
from twitter_pipeline.sandbox.playing import TRANSPORT

# A request under way may end; one that waits (a delay, a player that has stopped reading) is cut off after this.
_STOP_SECONDS = 0.4


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError with the remedy when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno, f"cannot listen on {host}:{port} ({error.strerror}); choose another port with --port"
        ) from error
    return listener


def server_for(app: ASGIApp) -> uvicorn.Server:
    """A server for `app`: ``run(sockets=[bind(…)])`` starts it, ``should_exit = True`` ends it."""
    config = uvicorn.Config(
        _WithTransport(app),
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        ws="none",
        timeout_keep_alive=75,
    )
    # Declared as whole seconds, handed to asyncio.wait_for as it is.
    config.timeout_graceful_shutdown = _STOP_SECONDS  # type: ignore[assignment]
    return _Server(config)


def serve(
    host: str, port: int, state_dir: Path, *, processing_seconds: float = PROCESSING_SECONDS, limits: int = 1
) -> None:
    """Serve until SIGTERM or SIGINT. Raises OSError when the port is taken."""
    listener = bind(host, port)
    server = server_for(create_app(state_dir, processing_seconds=processing_seconds, limits=limits))
    # uvicorn raises the signal again once it has stopped; a stop asked for is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What is cut off now is cut off on purpose: no tracebacks.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
        await super().shutdown(sockets)


class _WithTransport:
    """Hands the connection's transport on to the application: ASGI has no way to break a connection, faults must."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cycle: Any = getattr(send, "__self__", None)
            scope.setdefault("extensions", {})[TRANSPORT] = cycle.transport
        await self._app(scope, receive, send)
