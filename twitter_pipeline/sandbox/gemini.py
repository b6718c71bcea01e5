"""A stand-in for the Gemini API: one call, `generateContent`, which answers from the data it was given.

It checks what Google checks (the key, the shape of the body) and a little more, answers in Google's words, keeps what
it was asked, and gives every kind of bad answer on request (`answer`, see docs/sandbox.md).
"""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import datetime, timezone
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from twitter_pipeline.sandbox import fields, gemini_pictures
from twitter_pipeline.sandbox.faults import FAULT, Faults
from twitter_pipeline.sandbox.playing import respond
from twitter_pipeline.sandbox.problems import Refusal

PATH = "/v1beta/models/{model}:generateContent"
CALL = f"POST {PATH}"
#: The only key it takes: a real one never belongs here.
KEY = "sandbox-gemini-key"
#: So many of the latest requests are kept, in memory; of pictures what they are, without their bytes.
KEPT = 1000
#: Google's limit for pictures within a request.
_MAX_BODY = 20 * 1024 * 1024

_TEXT = fields.record({"text": fields.text(least=1)}, required=("text",))
_PICTURE = fields.record({"inlineData": gemini_pictures.inline}, required=("inlineData",))


def _part(path: str, value: Any) -> None:
    (_PICTURE if isinstance(value, dict) and "inlineData" in value else _TEXT)(path, value)


_ROLE = fields.choice("user")
_CONTENT = fields.record({"role": _ROLE, "parts": fields.array(_part, least=1)}, required=("parts",))
_INSTRUCTION = fields.record({"role": _ROLE, "parts": fields.array(_TEXT, least=1)}, required=("parts",))
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
        "systemInstruction": _INSTRUCTION,
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
        #: How often all was forgotten.
        self.cleared = 0

    def keep(self, request: dict[str, Any], *, cleared: int) -> None:
        """Keep a request that came when `cleared` was this; what was delayed until after that is forgotten, too."""
        with self._lock:
            if cleared == self.cleared:
                self._requests.append(request)

    def all(self) -> list[dict[str, Any]]:
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        with self._lock:
            self._requests.clear()
            self.cleared += 1


class Endpoint:
    """`generateContent`: fault, key, body, answer, in this order."""

    def __init__(self, asked: Asked, faults: Faults) -> None:
        self._asked = asked
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = partial(self._respond, self._asked.cleared)
        await respond(self._faults.next_for(CALL), app, scope, receive, send)

    async def _respond(self, cleared: int, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request, cleared)
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request, cleared: int) -> Response:
        raw = await request.body()
        kept: dict[str, Any] = {
            "model": request.path_params["model"],
            "client": request.headers.get("x-goog-api-client", ""),
            "body": _decoded(raw),
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        }
        refused = _refusal(request.headers.get("x-goog-api-key", ""), raw, kept["body"])
        pictures: list[dict[str, Any]] = []
        if refused is None:
            looked = [gemini_pictures.look(inline) for inline in _inline(kept["body"])]
            pictures = [one for one in looked if isinstance(one, dict)]
            refused = next((_error(400, "INVALID_ARGUMENT", one) for one in looked if isinstance(one, str)), None)
        fault = request.scope["extensions"].get(FAULT)
        kind, said = (fault.answer, fault.body) if fault else ("", None)
        if refused is None and kind == "limited":
            refused = _limited(fault.seconds)
        self._keep(kept, pictures, refused.status_code if refused else 200, cleared)
        return refused or JSONResponse(_answers(kind, said, kept["model"], kept["body"], pictures))

    def _keep(self, kept: dict[str, Any], pictures: list[dict[str, Any]], status: int, cleared: int) -> None:
        for inline in _inline(kept["body"]):
            inline["data"] = f"{len(inline['data'])} characters of Base64"
        self._asked.keep({**kept, "pictures": pictures, "status": status}, cleared=cleared)


def _inline(body: Any) -> list[dict[str, Any]]:
    """The pictures of a question, as far as it has the shape of one."""
    contents = body.get("contents") if isinstance(body, dict) else None
    found = []
    for content in contents if isinstance(contents, list) else []:
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else []:
            inline = part.get("inlineData") if isinstance(part, dict) else None
            if isinstance(inline, dict) and isinstance(inline.get("data"), str):
                found.append(inline)
    return found


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


def _error(status: int, name: str, message: str, *details: dict[str, Any]) -> JSONResponse:
    error: dict[str, Any] = {"code": status, "message": message, "status": name}
    return JSONResponse({"error": {**error, "details": details} if details else error}, status)


def _limited(seconds: float) -> JSONResponse:
    """Google's 429, with the time to wait where `seconds` says one."""
    message = "You exceeded your current quota, please check your plan and billing details."
    failure = {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}],
    }
    if not seconds:
        return _error(429, "RESOURCE_EXHAUSTED", message, failure)
    again = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{seconds:g}s"}
    return _error(429, "RESOURCE_EXHAUSTED", f"{message} Please retry in {seconds:g}s.", failure, again)


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
        "alt_texts": _described(
            data.get("alt_texts"), sum("inlineData" in part for part in body["contents"][-1]["parts"])
        ),
    }


def _described(alt_texts: Any, seen: int) -> list[str]:
    """For each picture the words given, or where it was shown some, which one it is."""
    texts = alt_texts if isinstance(alt_texts, list) else []
    return [
        f"Improved: {text}" if text else f"Seen in the sandbox: {number}" if seen else ""
        for number, text in enumerate(texts, 1)
    ]


def _answers(kind: str, said: Any, model: str, body: dict[str, Any], pictures: list[dict[str, Any]]) -> dict[str, Any]:
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
    parts = [part for one in (*body["contents"], body["systemInstruction"]) for part in one["parts"]]
    asked = sum(len(part.get("text", "")) for part in parts) // 4 + 1
    tokens = {"promptTokenCount": asked + sum(picture["tokens"] for picture in pictures)}
    if answer.get("candidates"):
        tokens |= {"candidatesTokenCount": len(text) // 4 + 1, "thoughtsTokenCount": 20}
    tokens["totalTokenCount"] = sum(tokens.values())
    return {**answer, "usageMetadata": tokens, "modelVersion": model, "responseId": "sandbox"}


_SAID: dict[str, dict[str, Any]] = {
    "wrong_fields": {"post": "A cat sleeps.", "hashtags": "cats"},
    "too_long": {"text": "cat " * 20_000, "hashtags": ["c" * 500] * 500, "alt_texts": ["cat " * 20_000]},
}
