"""Gemini's stand-in, seen from a client that knows nothing but HTTP."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from PIL import Image

from twitter_pipeline.sandbox.faults import ANSWERS
from twitter_pipeline_tests.sandbox.conftest import Running
from twitter_pipeline_tests.support.sandbox import GEMINI
from twitter_pipeline_tests.support.waiting import wait_for

DATA = {"title": "A cat", "description": "It sleeps.", "hashtags": ["cats"], "alt_texts": ["A cat", ""]}


@pytest.fixture(autouse=True)
def _no_faults_left(x: Running) -> Iterator[None]:
    yield
    x.control("DELETE", "faults")


def body(**changes: Any) -> dict[str, Any]:
    return {
        "contents": [{"role": "user", "parts": [{"text": json.dumps(DATA)}]}],
        "systemInstruction": {"parts": [{"text": "Improve it."}]},
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": {"type": "OBJECT", "properties": {"text": {"type": "STRING"}}},
        },
        **changes,
    }


def ask(x: Running, sent: Any = None, *, key: str | None = "sandbox-gemini-key") -> requests.Response:
    return requests.post(
        f"{x.url}/v1beta/models/gemini-3.8-flash:generateContent",
        json=body() if sent is None else sent,
        headers={} if key is None else {"x-goog-api-key": key},
        timeout=10,
    )


def said(answer: requests.Response) -> Any:
    return answer.json()["candidates"][0]["content"]["parts"][0]["text"]


def test_it_answers_from_the_data_and_always_the_same(x: Running) -> None:
    first = ask(x)
    assert first.status_code == 200
    assert json.loads(said(first)) == {
        "text": "✨ A cat – It sleeps.",
        "hashtags": ["cats", "ImprovedInTheSandbox"],
        "alt_texts": ["Improved: A cat", ""],
    }
    assert said(ask(x)) == said(first)
    tokens = first.json()["usageMetadata"]
    assert tokens["totalTokenCount"] == sum(
        tokens[name] for name in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )


@pytest.mark.parametrize(("key", "status"), [(None, 403), ("AIza-a-real-one", 400)])
def test_it_takes_its_own_key_only(x: Running, key: str | None, status: int) -> None:
    assert ask(x, key=key).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        body(contents=[]),
        body(contents=[{"parts": [{"txt": "x"}]}]),
        {name: value for name, value in body().items() if name != "systemInstruction"},
        body(generationConfig={"responseMimeType": "text/plain", "responseSchema": {"properties": {"a": {}}}}),
        body(generationConfig={"responseMimeType": "application/json"}),
        body(generation_config={}),
    ],
)
def test_a_body_of_another_shape_is_refused_in_googles_words(x: Running, wrong: Any) -> None:
    answer = ask(x, wrong)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def image(form: str = "JPEG", size: tuple[int, int] = (800, 600), **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (200, 0, 0)).save(out, form, **options)
    return out.getvalue()


def seeing(data: bytes | str, mime_type: str = "image/jpeg", *, name: str = "mimeType") -> dict[str, Any]:
    """A question with a picture before its words."""
    said = data if isinstance(data, str) else base64.b64encode(data).decode()
    parts = [{"inlineData": {name: mime_type, "data": said}}, {"text": json.dumps(DATA)}]
    return body(contents=[{"role": "user", "parts": parts}])


@pytest.mark.parametrize("name", ["mimeType", "mime_type"])
def test_a_picture_is_taken_in_either_spelling_and_costs_tokens(own_x: Running, name: str) -> None:
    without = ask(own_x).json()["usageMetadata"]["promptTokenCount"]
    answer = ask(own_x, seeing(image(), name=name))
    assert answer.json()["usageMetadata"]["promptTokenCount"] - without == 2 * 258  # 800 pixels are two pieces
    assert json.loads(said(answer))["alt_texts"] == ["Improved: A cat", "Seen in the sandbox: 2"]
    small = ask(own_x, seeing(base64.urlsafe_b64encode(image(size=(300, 200))).decode(), name=name))
    assert small.json()["usageMetadata"]["promptTokenCount"] - without == 258
    kept = own_x.control("GET", "gemini").json()["requests"][1]
    assert kept["pictures"][0] | {"sha256": "", "bytes": 0, "colour": []} == {
        **{"mime_type": "image/jpeg", "width": 800, "height": 600, "tokens": 516, "metadata": False},
        **{"sha256": "", "bytes": 0, "colour": []},
    }
    assert "Base64" in kept["body"]["contents"][0]["parts"][0]["inlineData"]["data"], "its bytes are not kept"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (seeing(image(), "image/gif"), "Unsupported MIME type: image/gif"),
        (seeing(image(), "application/x-evil"), "Unsupported MIME type"),
        (seeing(image("PNG")), "Unable to process input image"),
        (seeing(image()[:500]), "Unable to process input image"),
        (seeing("no base64!"), "Base64 decoding failed"),
        (seeing("abcde"), "Base64 decoding failed"),
        (seeing(""), "must be 1"),
        (seeing("A" * (21 * 1024 * 1024)), "Request payload size exceeds the limit: 20971520 bytes"),
        (body(contents=[{"parts": [{"inlineData": {"data": "AAAA"}}]}]), "mime_type"),
        (body(contents=[{"parts": [{"inlineData": {}, "text": "A cat"}]}]), "inlineData.data"),
        (body(systemInstruction={"parts": [{"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}}]}), "inlineData"),
    ],
)
def test_a_picture_that_google_would_not_take_is_refused(x: Running, wrong: Any, why: str) -> None:
    answer = ask(x, wrong)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert why in answer.json()["error"]["message"]


def test_it_tells_of_a_picture_that_knows_where_it_was_taken(own_x: Running) -> None:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (48.0, 1.0, 2.0)}
    ask(own_x, seeing(image(exif=exif)))
    (kept,) = own_x.control("GET", "gemini").json()["requests"]
    assert kept["pictures"][0]["metadata"] is True


def test_what_it_was_asked_can_be_looked_at(own_x: Running) -> None:
    ask(own_x)
    ask(own_x, {"contents": 1})
    first, second = own_x.control("GET", "gemini").json()["requests"]
    assert (first["model"], first["body"], first["status"]) == ("gemini-3.8-flash", body(), 200)
    assert second["status"] == 400
    own_x.control("DELETE", "state")
    assert own_x.control("GET", "gemini").json() == {"requests": []}


def test_a_request_under_way_when_all_is_forgotten_is_forgotten_too(own_x: Running) -> None:
    own_x.fault(GEMINI, "delay", seconds=0.5)
    with ThreadPoolExecutor() as pool:
        late = pool.submit(ask, own_x)
        wait_for(lambda: own_x.control("GET", "faults/happened").json()["happened"], 10, "the request to have come")
        own_x.control("DELETE", "state")
        assert late.result().status_code == 200
    assert own_x.control("GET", "gemini").json() == {"requests": []}


@pytest.mark.parametrize("kind", ANSWERS)
def test_it_answers_badly_on_request(x: Running, kind: str) -> None:
    x.fault(GEMINI, "answer", answer=kind, body={"text": "Hello"}, seconds=30)
    answer = ask(x)
    told = answer.json()
    if kind == "limited":
        assert (answer.status_code, told["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert told["error"]["details"][1]["retryDelay"] == "30s"
        return
    assert answer.status_code == 200
    finish = told.get("candidates", [{}])[0].get("finishReason")
    if kind == "empty":
        assert "candidates" not in told
    elif kind == "blocked":
        assert told["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    elif kind in ("safety", "max_tokens"):
        assert finish == kind.upper()
    else:
        assert finish == "STOP"
        assert said(answer) != said(ask(x))
    assert x.control("GET", "faults").json() == {"faults": []}


def test_the_other_faults_befall_it_too(x: Running) -> None:
    x.fault(GEMINI, "status", status=503, body={"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}})
    assert ask(x).status_code == 503
    x.fault(GEMINI, "drop")
    with pytest.raises(requests.ConnectionError):
        ask(x)


@pytest.mark.parametrize(
    "wrong",
    [
        {"call": "POST /2/tweets", "kind": "answer", "answer": "empty"},
        {"call": GEMINI, "kind": "answer"},
        {"call": GEMINI, "kind": "drop", "answer": "empty"},
        {"call": GEMINI, "kind": "answer", "answer": "nonsense"},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(x: Running, wrong: dict[str, Any]) -> None:
    assert x.control("POST", "faults", wrong).status_code == 400
