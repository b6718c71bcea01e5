"""The outermost layer of the app: a request's id, its line in the log, its time, and how much it may send."""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import HTTPException

from twitter_pipeline.api.metrics import Metrics
from twitter_pipeline.api.problems import MEDIA_TYPE, problem_body

_log = logging.getLogger("twitter_pipeline.api.requests")

#: The largest body that is read, in bytes.
MOST_BYTES = 65_536

#: Of a larger one so much is thrown away before the answer, in bytes.
_DRAINED = 1_000_000

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_HEADER = b"x-request-id"

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class _TooLarge(HTTPException):
    """The body goes on beyond MOST_BYTES. An HTTPException: FastAPI takes all else for a body that is no JSON."""

    def __init__(self) -> None:
        super().__init__(413, f"a body may have {MOST_BYTES:,} bytes at most")


class Edge:
    """Wraps the app."""

    def __init__(self, app: App, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = dict(scope["headers"])
        given = headers.get(_HEADER, b"")
        request_id = given.decode() if _ID.fullmatch(given) else uuid.uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0
        read = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                # What it shows is for whoever asked, and is no page.
                more = [(_HEADER, request_id.encode()), (b"cache-control", b"no-store")]
                more.append((b"x-content-type-options", b"nosniff"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        async def receive_some() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                await _drain(message, receive)
                raise _TooLarge
            return message

        try:
            declared = headers.get(b"content-length", b"0")
            if declared.isdigit() and int(declared[:20]) > MOST_BYTES:
                await _drain({"more_body": True}, receive)
                raise _TooLarge
            await self._app(scope, receive_some, send_with_id)
        except _TooLarge as error:
            if not status:
                await _refuse(send_with_id, request_id, error.status_code, error.detail)
        except Exception:  # noqa: BLE001 - the answer is the same whatever broke; what did stands in the log
            _log.exception("%s: failed", request_id)
            if not status:
                await _refuse(send_with_id, request_id, 500, "it failed; the log says how, under this request's id")
        finally:
            seconds = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.answered(scope["method"], route, status, seconds)
            who = state.get("user", "-")
            _log.info("%s %s %s %d %.1f ms %s", request_id, scope["method"], scope["path"], status, seconds * 1000, who)


async def _drain(message: Message, receive: Receive) -> None:
    """Let whoever sends somewhat too much end: only then do they read the answer."""
    left = _DRAINED
    while message.get("more_body") and left > 0:
        message = await receive()
        left -= len(message.get("body", b""))


async def _refuse(send: Send, request_id: str, status: int, detail: str) -> None:
    body = json.dumps(problem_body(request_id, status, detail)).encode()
    headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
