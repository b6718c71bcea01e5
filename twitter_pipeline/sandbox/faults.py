"""Faults on request: what a network and a busy X do to a client, at the call of one's choice.

They are kept in memory: a restarted sandbox is a healthy one.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.problems import invalid, plain

#: The connection's transport in the ASGI scope's extensions; the server puts it there (:mod:`.server`).
TRANSPORT = "sandbox.transport"
#: What Gemini is to answer, there too: the kind, and for `says` what.
ANSWER = "sandbox.answer"

#: What can go wrong:
#: status      answered with `status`, `headers` and `body` without acting
#: drop        the connection is closed before anything is done
#: drop_after  the request is carried out, then the connection is closed without an answer
#: cut         the request is carried out, then the answer ends in the middle of its headers
#: delay       the request is carried out `seconds` later, also when the client has gone meanwhile
#: answer      Gemini's call only: carried out, and answered as `answer` says
KINDS = ("status", "drop", "drop_after", "cut", "delay", "answer")

#: What Gemini can answer badly. `says`: the words in `body`, as text or as JSON.
ANSWERS = ("empty", "blocked", "safety", "not_json", "wrong_fields", "too_long", "max_tokens", "says")

_SHAPE = fields.record(
    {
        "call": fields.text(),
        "kind": fields.choice(*KINDS),
        "status": fields.whole(200, 599),
        "headers": fields.anything,
        "body": fields.anything,
        "seconds": fields.anything,
        "answer": fields.choice(*ANSWERS),
        "times": fields.whole(1, 1_000_000),
        "after": fields.whole(0, 1_000_000),
    },
    required=("call", "kind"),
)


@dataclass
class Fault:
    """A fault for one call, e.g. ``POST /2/media/upload/{id}/append``."""

    call: str
    kind: str
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    #: For `answer`: which.
    answer: str = ""
    #: JSON value or text; None for X's own words for that status.
    body: Any = None
    seconds: float = 0.0
    #: How many requests it still befalls.
    times: int = 1
    #: How many requests still pass before it.
    after: int = 0


class Faults:
    """The faults that wait for their call, first come first served."""

    def __init__(self, calls: Iterable[str]) -> None:
        self._calls = tuple(calls)
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, body: Any) -> Fault:
        """Take a fault from a request's body. Raises a 400 that names the wrong field."""
        _SHAPE("", body)
        if body["call"] not in self._calls:
            raise invalid(f"$.call: must be one of {', '.join(self._calls)}", call=body["call"])
        headers, seconds = body.get("headers", {}), body.get("seconds", 0)
        if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
            raise invalid("$.headers: must be an object of strings", headers=headers)
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 3600:
            raise invalid("$.seconds: must be a number from 0 to 3600", seconds=seconds)
        if (body["kind"] == "answer") != ("answer" in body) or ("answer" in body and "generate" not in body["call"]):
            raise invalid("$.answer: goes with the kind `answer`, at Gemini's call only", answer=body.get("answer", ""))
        fault = Fault(**body)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def next_for(self, call: str) -> Fault | None:
        """The fault that befalls this request, counted down."""
        with self._lock:
            for fault in self._waiting:
                if fault.call != call:
                    continue
                if fault.after:
                    fault.after -= 1
                    return None
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None


async def play(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let `fault` befall one request to `app`."""
    if fault.kind == "status":
        await _answer(fault, receive, send)
    elif fault.kind == "drop":
        _close(scope)
    elif fault.kind == "answer":
        scope["extensions"][ANSWER] = (fault.answer, fault.body)
        await app(scope, receive, send)
    elif fault.kind == "delay":
        messages = [message async for message in _body(receive)]
        await asyncio.sleep(fault.seconds)
        await app(scope, _replay(messages), send)
    else:
        status = await _carry_out(app, scope, receive)
        if fault.kind == "cut":
            scope["extensions"][TRANSPORT].write(
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: applica".encode()
            )
            scope["extensions"][TRANSPORT].close()
        else:
            _close(scope)


async def _answer(fault: Fault, receive: Receive, send: Send) -> None:
    async for _ in _body(receive):
        pass  # read the request to its end: a reset would hide the answer from the client
    as_text = isinstance(fault.body, str)
    body = fault.body if fault.body is not None else plain(fault.status, _phrase(fault.status))
    headers = {"content-type": "text/html; charset=utf-8" if as_text else "application/json; charset=utf-8"}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    payload = body if isinstance(body, str) else json.dumps(body)
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": encoded})
    await send({"type": "http.response.body", "body": payload.encode()})


async def _carry_out(app: ASGIApp, scope: Scope, receive: Receive) -> int:
    """Run the request and keep its answer from the client; the answer's status."""
    status = 500

    async def swallow(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await app(scope, receive, swallow)
    return status


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


def _close(scope: Scope) -> None:
    scope["extensions"][TRANSPORT].abort()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
