"""What X does not have: looking at what arrived, faults on request, accounts revoked. From this machine only."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.faults import Faults
from twitter_pipeline.sandbox.gemini import Asked
from twitter_pipeline.sandbox.posts import summary
from twitter_pipeline.sandbox.problems import Refusal, forbidden, invalid
from twitter_pipeline.sandbox.state import State

_ACCOUNT = fields.record({"revoked": fields.flag, "read_only": fields.flag, "premium": fields.flag})

_POSTS = fields.record({"deleted": fields.choice("yes", "no")})


def router(state: State, faults: Faults, asked: Asked) -> ASGIApp:
    """The calls below ``/sandbox``."""

    def health(_request: Request) -> Response:
        with state.reading() as db:
            (count,) = db.execute("SELECT count(*) FROM posts WHERE deleted_ms IS NULL").fetchone()
        return JSONResponse({"status": "ok", "posts": count})

    def list_posts(request: Request) -> Response:
        query = dict(request.query_params)
        try:
            _POSTS("", query)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)
        return JSONResponse({"posts": summary(state, deleted=query.get("deleted") == "yes")})

    def list_asked(_request: Request) -> Response:
        return JSONResponse({"requests": asked.all()})

    def list_faults(_request: Request) -> Response:
        return JSONResponse({"faults": faults.waiting()})

    def list_happened(_request: Request) -> Response:
        return JSONResponse({"happened": faults.happened()})

    async def add_fault(request: Request) -> Response:
        def act(body: Any) -> dict[str, Any]:
            if isinstance(body, list):
                return {"faults": [asdict(fault) for fault in faults.add(*body)]}
            return asdict(*faults.add(body))

        return await _taking_json(request, act, 201)

    def clear_faults(_request: Request) -> Response:
        faults.clear()
        return JSONResponse({"faults": []})

    async def set_account(request: Request) -> Response:
        def act(body: Any) -> dict[str, Any]:
            _ACCOUNT("", body)
            user = state.set_account(request.path_params["username"], **body)
            return {**asdict(user), "id": str(user.id)}

        return await _taking_json(request, act, 200)

    def clear_state(_request: Request) -> Response:
        state.clear()
        faults.forget()
        asked.clear()
        return JSONResponse({"posts": []})

    return _FromThisMachine(
        Router(
            [
                Route("/health", health),
                Route("/posts", list_posts),
                Route("/gemini", list_asked),
                Route("/faults", list_faults, methods=["GET"]),
                Route("/faults", add_fault, methods=["POST"]),
                Route("/faults", clear_faults, methods=["DELETE"]),
                Route("/faults/happened", list_happened),
                Route("/accounts/{username}", set_account, methods=["POST"]),
                Route("/state", clear_state, methods=["DELETE"]),
            ]
        )
    )


class _FromThisMachine:
    """Refuses other machines, and web pages of other origins in a browser on this one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        origin = request.headers.get("origin")
        foreign = origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host')}"
        if foreign or request.client is None or not _is_loopback(request.client.host):
            refusal = forbidden("Control calls are taken from this machine only.")
            await JSONResponse(refusal.body, refusal.status)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _taking_json(request: Request, act: Callable[[Any], dict[str, Any]], status: int) -> Response:
    try:
        try:
            body = await request.json()
        except ValueError:
            raise invalid("The request body is not valid JSON") from None
        return JSONResponse(await run_in_threadpool(act, body), status)
    except Refusal as refusal:
        return JSONResponse(refusal.body, refusal.status)
