"""What a fault does to the request it befalls."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twitter_pipeline.sandbox.faults import FAULT, Fault
from twitter_pipeline.sandbox.problems import DUPLICATE, credits_depleted, plain

#: The connection's transport in the ASGI scope's extensions; the server puts it there (:mod:`.server`).
TRANSPORT = "sandbox.transport"
# Closing such a socket resets the connection instead of ending it in order.
_RESET = struct.pack("ii", 1, 0)


@dataclass
class _Answer:
    """What the request was answered with, kept from the client."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


async def respond(fault: Fault | None, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `app` answer one request, or `fault` befall it."""
    if fault is None:
        await app(scope, receive, send)
        return
    scope["extensions"][FAULT] = fault
    play = _PLAYS.get(fault.kind, _act)
    await play(fault, app, scope, receive, send)


async def _act(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """The kinds that are the call's own affair: it finds the fault in its scope."""
    await app(scope, receive, send)


async def _status(fault: Fault, _app: ASGIApp, _scope: Scope, receive: Receive, send: Send) -> None:
    async for _ in _body(receive):
        pass  # read the request to its end: a reset would hide the answer from the client
    await _send(_told(fault), send)


async def _status_after(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _carry_out(app, scope, receive)
    await _send(_told(fault), send)


async def _duplicate(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    answer = await _carry_out(app, scope, receive)
    if answer.status < 300:  # a refused post is not there, and X says why
        headers = [(name, value) for name, value in answer.headers if name != b"content-length"]
        answer = _Answer(403, headers, json.dumps(plain(403, "Forbidden", DUPLICATE)).encode())
    await _send(answer, send)


async def _drop(_fault: Fault, _app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    await _reset(scope, receive)


async def _drop_after(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    await _carry_out(app, scope, receive)
    await _reset(scope, receive)


async def _cut(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    answer = await _carry_out(app, scope, receive)
    sent = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\n".encode()
    if fault.kind == "cut":
        sent += b"content-type: applica"
    else:
        sent += b"".join(name + b": " + value + b"\r\n" for name, value in answer.headers) + b"\r\n"
        sent += answer.body[: len(answer.body) // 2]
    transport = scope["extensions"][TRANSPORT]
    if not transport.is_closing():  # a client that did not wait is gone by now, and writing to it raises
        transport.write(sent)
    transport.close()
    await _gone(receive)


async def _hang(_fault: Fault, _app: ASGIApp, _scope: Scope, receive: Receive, _send: Send) -> None:
    await _gone(receive)


async def _hang_after(_fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, _send: Send) -> None:
    await _carry_out(app, scope, receive)
    await _gone(receive)


async def _delay(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    messages = [message async for message in _body(receive)]
    await asyncio.sleep(fault.seconds)
    await app(scope, _replay(messages), send)


_PLAYS = {
    "status": _status,
    "status_after": _status_after,
    "duplicate": _duplicate,
    "drop": _drop,
    "drop_after": _drop_after,
    "cut": _cut,
    "cut_body": _cut,
    "hang": _hang,
    "hang_after": _hang_after,
    "delay": _delay,
}


def _told(fault: Fault) -> _Answer:
    """The answer that `fault` spells out."""
    as_text = isinstance(fault.body, str)
    headers = {"content-type": "text/html; charset=utf-8" if as_text else "application/json; charset=utf-8"}
    headers |= _when_again(fault) | {name.lower(): value for name, value in fault.headers.items()}
    body = fault.body if fault.body is not None else _words(fault.status)
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return _Answer(fault.status, encoded, (body if isinstance(body, str) else json.dumps(body)).encode())


def _words(status: int) -> dict[str, Any]:
    return credits_depleted() if status == 402 else plain(status, _phrase(status))


def _when_again(fault: Fault) -> dict[str, str]:
    """The headers by which X says when to come again, in `seconds` from now; none for 0."""
    if not fault.seconds:
        return {}
    if fault.status == 429:
        return {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(math.ceil(time.time() + fault.seconds))}
    return {"retry-after": str(math.ceil(fault.seconds))}


async def _send(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _carry_out(app: ASGIApp, scope: Scope, receive: Receive) -> _Answer:
    """Run the request and keep its answer from the client."""
    answer = _Answer()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, keep)
    return answer


async def _body(receive: Receive) -> AsyncIterator[Message]:
    while True:
        message = await receive()
        yield message
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return


def _replay(messages: list[Message]) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        return left.pop(0) if left else {"type": "http.disconnect"}

    return receive


async def _reset(scope: Scope, receive: Receive) -> None:
    transport = scope["extensions"][TRANSPORT]
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the connection is closed, by either side. The server complains of a request left unanswered before."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
