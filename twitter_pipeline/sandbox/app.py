"""The sandbox as an ASGI application: X's calls, Gemini's, the control calls and the timeline page."""

from __future__ import annotations

import base64
import binascii
import io
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from twitter_pipeline.sandbox import control, gemini, limits, media, oauth, page, panel
from twitter_pipeline.sandbox.calls import CALLS, Call, Incoming
from twitter_pipeline.sandbox.faults import FAULT, Faults
from twitter_pipeline.sandbox.playing import respond
from twitter_pipeline.sandbox.problems import Refusal, invalid, no_write_permission, plain, too_large
from twitter_pipeline.sandbox.state import State

#: Seconds X is made to take over a video unless told otherwise.
PROCESSING_SECONDS = 0.5


def create_app(
    state_dir: Path,
    *,
    processing_seconds: float = PROCESSING_SECONDS,
    limits: int = 1,
    clock: Callable[[], float] = time.time,
) -> Starlette:
    """The sandbox on the state in `state_dir`, which is made when missing.

    `processing_seconds` is how long a video stays pending and in progress; `limits` times X's rate limits hold;
    `clock` gives epoch seconds.
    """
    state = State(state_dir, clock=clock)
    media.sweep(state)
    calls = [replace(call, limit=call.limit * limits) for call in CALLS]
    faults = Faults([*(call.name for call in calls), gemini.CALL])
    asked = gemini.Asked()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        state.close()

    routes = [
        *(
            Route(call.path, _Endpoint(call, state, faults, processing_seconds), methods=[call.method])
            for call in calls
        ),
        Route(gemini.PATH, gemini.Endpoint(asked, faults), methods=["POST"]),
        Mount("/sandbox", app=control.router(state, faults, asked)),
        *page.routes(state, panel.offered(faults.calls)),
    ]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _no_route})


class _Endpoint:
    """One call of X: fault, body, signature, permission, limit, then the act itself, in this order."""

    def __init__(self, call: Call, state: State, faults: Faults, processing_seconds: float) -> None:
        self._call = call
        self._state = state
        self._faults = faults
        self._processing_seconds = processing_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        account = oauth.account_of(Headers(scope=scope).get("authorization", ""))
        fault = self._faults.next_for(self._call.name, account)
        await respond(fault, self._respond, scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, _limited(receive, self._call.max_body))
        try:
            response = await self._answer(request)
        except Refusal as refusal:
            response = _refused(refusal)
        except ClientDisconnect:
            return  # nobody is left to answer, and nothing was done
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        async with AsyncExitStack() as opened:
            body, content, form = await _read(request, self._call, opened)
            return await run_in_threadpool(self._act, request, body, content, form)

    def _act(self, request: Request, body: Any, content: IO[bytes] | None, form: str) -> Response:
        call, headers = self._call, {}
        try:
            user = oauth.authenticate(self._state, _signed(request, form))
            headers = {"x-access-level": "read" if user.read_only else "read-write"}
            if call.writes and user.read_only:
                raise no_write_permission()
            headers |= limits.count(self._state, user, call.name, call.limit)
            answer = call.act(
                Incoming(
                    state=self._state,
                    user=user,
                    path=request.path_params,
                    query=request.query_params,
                    base_url=str(request.base_url).rstrip("/"),
                    processing_seconds=self._processing_seconds,
                    body=_decoded(body) if call.takes == "json" else body,
                    content=content,
                    fault=request.scope["extensions"].get(FAULT),
                )
            )
        except Refusal as refusal:
            refusal.headers = {**headers, **refusal.headers}
            return _refused(refusal)
        return JSONResponse(answer, call.status, headers)


async def _read(request: Request, call: Call, opened: AsyncExitStack) -> tuple[Any, IO[bytes] | None, str]:
    """(fields or raw bytes, uploaded file, signed form) of a request. A file is spooled to disk as it arrives."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if call.takes == "file" and content_type == "multipart/form-data":
        try:
            form = await opened.enter_async_context(request.form(max_files=1, max_fields=8))
        except HTTPException as error:
            raise invalid(f"The multipart body cannot be read: {error.detail}") from None
        values = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        if files and not isinstance(form.get("media"), UploadFile):
            raise invalid("$.media: the file must be in the field `media`")
        return values, files[0].file if files else None, ""
    raw = await request.body()
    form_text = raw.decode("latin-1") if content_type == "application/x-www-form-urlencoded" else ""
    if call.takes != "file":
        return raw, None, form_text
    body = _decoded(raw)
    if not isinstance(body, dict):
        raise invalid("$: object expected")
    return *_split_base64(body), form_text


def _split_base64(body: dict[str, Any]) -> tuple[dict[str, Any], IO[bytes] | None]:
    values = {name: value for name, value in body.items() if name != "media"}
    if "media" not in body:
        return values, None
    try:
        return values, io.BytesIO(base64.b64decode(body["media"], validate=True))
    except (TypeError, ValueError, binascii.Error):
        raise invalid("$.media: must be base64") from None


def _decoded(raw: bytes) -> Any:
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError) as error:
        raise invalid(f"The request body is not valid JSON: {type(error).__name__}") from None
    return body


def _signed(request: Request, form: str) -> oauth.Signed:
    raw_path: bytes = request.scope["raw_path"]
    return oauth.Signed(
        method=request.method,
        scheme=request.url.scheme,
        host=request.headers.get("host", ""),
        path=raw_path.decode("latin-1").split("?")[0],
        query=request.url.query,
        form=form,
        authorization=request.headers.get("authorization", ""),
    )


def _limited(receive: Receive, most: int) -> Receive:
    """`receive`, refusing a body beyond `most` bytes while it arrives."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > most:
            raise too_large(most)
        return message

    return counted


def _refused(refusal: Refusal) -> Response:
    # X labels its own problem types so, and tells plain errors apart by it.
    return JSONResponse(refusal.body, refusal.status, refusal.headers, media_type="application/problem+json")


async def _no_route(_request: Request, error: Exception) -> Response:
    """Unknown paths and methods: X answers JSON there too."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse(plain(status, HTTPStatus(status).phrase), status)
