"""Gemini's stand-in, seen from a client that knows nothing but HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from twitter_pipeline.sandbox.faults import ANSWERS
from twitter_pipeline_tests.sandbox.conftest import Running
from twitter_pipeline_tests.support.sandbox import GEMINI

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


def test_what_it_was_asked_can_be_looked_at(own_x: Running) -> None:
    ask(own_x)
    ask(own_x, {"contents": 1})
    first, second = own_x.control("GET", "gemini").json()["requests"]
    assert (first["model"], first["body"], first["status"]) == ("gemini-3.8-flash", body(), 200)
    assert second["status"] == 400
    own_x.control("DELETE", "state")
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
