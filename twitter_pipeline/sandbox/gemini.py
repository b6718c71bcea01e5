"""A stand-in for the Gemini API: one call, `generateContent`, which answers from the data it was given.

It checks what Google checks (the key, the shape of the body) and a little more, answers in Google's words, keeps what
it was asked, and gives every kind of bad answer on request (`answer`, see docs/sandbox.md).
"""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import datetime, timezone
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.faults import FAULT, Faults
from twitter_pipeline.sandbox.playing import respond
from twitter_pipeline.sandbox.problems import Refusal

PATH = "/v1beta/models/{model}:generateContent"
CALL = f"POST {PATH}"
#: The only key it takes: a real one never belongs here.
KEY = "sandbox-gemini-key"
#: So many of the latest requests are kept, in memory.
KEPT = 1000
_MAX_BODY = 256 * 1024

_TEXT = fields.record({"text": fields.text(least=1)}, required=("text",))
_CONTENT = fields.record({"role": fields.choice("user"), "parts": fields.array(_TEXT, least=1)}, required=("parts",))
_GENERATION = fields.record(
    {
        "responseMimeType": fields.choice("application/json"),
        "responseSchema": fields.anything,
        "responseJsonSchema": fields.anything,
        "maxOutputTokens": fields.whole(1, 1_000_000),
        "candidateCount": fields.whole(1, 1),
    },
    required=("responseMimeType",),
)
_BODY = fields.record(
    {
        "contents": fields.array(_CONTENT, least=1),
        "systemInstruction": _CONTENT,
        "generationConfig": _GENERATION,
        "model": fields.text(),
    },
    required=("contents", "systemInstruction", "generationConfig"),
)


class Asked:
    """What was asked, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def keep(self, request: dict[str, Any]) -> None:
        with self._lock:
            self._requests.append(request)

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()


class Endpoint:
    """`generateContent`: fault, key, body, answer, in this order."""

    def __init__(self, asked: Asked, faults: Faults) -> None:
        self._asked = asked
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await respond(self._faults.next_for(CALL), self._respond, scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        raw = await request.body()
        kept: dict[str, Any] = {
            "model": request.path_params["model"],
            "client": request.headers.get("x-goog-api-client", ""),
            "body": _decoded(raw),
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        }
        refused = _refusal(request.headers.get("x-goog-api-key", ""), raw, kept["body"])
        self._asked.keep({**kept, "status": refused.status_code if refused else 200})
        if refused:
            return refused
        fault = request.scope["extensions"].get(FAULT)
        kind, said = (fault.answer, fault.body) if fault else ("", None)
        return JSONResponse(_answers(kind, said, kept["model"], kept["body"]))


def _refusal(key: str, raw: bytes, body: Any) -> JSONResponse | None:
    if not key:
        return _error(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (no API key was given).")
    if key != KEY:
        return _error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")
    if len(raw) > _MAX_BODY:
        return _error(400, "INVALID_ARGUMENT", f"Request payload size exceeds the limit: {_MAX_BODY} bytes.")
    try:
        _BODY("", body)
    except Refusal as refusal:
        return _error(400, "INVALID_ARGUMENT", f"Invalid JSON payload received: {refusal.body['errors'][0]['message']}")
    schemas = [body["generationConfig"].get(name) for name in ("responseSchema", "responseJsonSchema")]
    if not any(isinstance(schema, dict) and schema.get("properties") for schema in schemas):
        return _error(400, "INVALID_ARGUMENT", "generationConfig: a schema with properties is needed.")
    return None


def _error(status: int, name: str, message: str) -> JSONResponse:
    return JSONResponse({"error": {"code": status, "message": message, "status": name}}, status)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _improved(body: dict[str, Any]) -> dict[str, Any]:
    """Words a person tells apart from the originals, made of nothing but the data."""
    data = _decoded(body["contents"][-1]["parts"][-1]["text"].encode())
    data = data if isinstance(data, dict) else {}
    words = [str(data.get(name) or "").strip() for name in ("title", "description")]
    tags = data.get("hashtags")
    return {
        "text": "✨ " + " – ".join(filter(None, words)),
        "hashtags": [*(tags if isinstance(tags, list) else []), "ImprovedInTheSandbox"],
        "alt_text": f"Improved: {data['alt_text']}" if data.get("alt_text") else "",
    }


def _answers(kind: str, said: Any, model: str, body: dict[str, Any]) -> dict[str, Any]:
    if kind == "says":
        text = said if isinstance(said, str) else json.dumps(said)
    else:
        text = json.dumps(_SAID.get(kind) or _improved(body))
    if kind == "not_json":
        text = "Here is your post: a cat sleeps."
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    candidate["finishReason"] = "STOP"
    answer: dict[str, Any] = {"candidates": [candidate]}
    if kind == "empty":
        answer = {}
    elif kind == "blocked":
        answer = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    elif kind == "safety":
        answer = {"candidates": [{"finishReason": "SAFETY", "index": 0}]}
    elif kind == "max_tokens":
        candidate["finishReason"] = "MAX_TOKENS"
        candidate["content"]["parts"][0]["text"] = text[: len(text) // 2]
    asked = sum(len(part["text"]) for one in (*body["contents"], body["systemInstruction"]) for part in one["parts"])
    tokens = {"promptTokenCount": asked // 4 + 1}
    if answer.get("candidates"):
        tokens |= {"candidatesTokenCount": len(text) // 4 + 1, "thoughtsTokenCount": 20}
    tokens["totalTokenCount"] = sum(tokens.values())
    return {**answer, "usageMetadata": tokens, "modelVersion": model, "responseId": "sandbox"}


_SAID: dict[str, dict[str, Any]] = {
    "wrong_fields": {"post": "A cat sleeps.", "hashtags": "cats"},
    "too_long": {"text": "cat " * 20_000, "hashtags": ["c" * 500] * 500, "alt_text": "cat " * 20_000},
}
