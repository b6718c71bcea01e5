"""Fixtures of the sandbox's own tests: a server in a thread, whose clock a test can move on."""

from __future__ import annotations

import copy
import io
import itertools
import json
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from twitter_pipeline.sandbox.app import create_app
from twitter_pipeline.sandbox.server import bind, server_for
from twitter_pipeline_tests.sandbox.client import Account

_REPO = Path(__file__).parents[2]
_numbers = itertools.count(1)

#: Fields that X still answers with under their older names, and one its document leaves out (the reason why
#: processing failed): see docs/sandbox.md.
_OLDER = {
    "Post": ("edit_history_tweet_ids", "referenced_tweets"),
    "CreatePostsResponseData": ("edit_history_tweet_ids",),
    "PostPublicMetrics": ("retweet_count",),
    "GetMediaUploadStatusResponseDataProcessingInfo": ("error",),
    "FinalizeMediaUploadResponseDataProcessingInfo": ("error",),
}


class Clock:
    """The real time, moved on by a test."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass
class Running:
    """A sandbox in a thread of the test's process."""

    url: str
    clock: Clock

    def account(self, username: str | None = None) -> Account:
        """A new account, or the one of that name."""
        return Account(self.url, username or f"maker{next(_numbers)}", self.clock)

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{self.url}/sandbox/{path}", json=body, timeout=10)

    def fault(self, call: str, kind: str, **more: Any) -> None:
        answer = self.control("POST", "faults", {"call": call, "kind": kind, **more})
        assert answer.status_code == 201, answer.text


@contextmanager
def running(state_dir: Path, *, processing_seconds: float = 0.0, clock: Clock | None = None) -> Iterator[Running]:
    clock = clock or Clock()
    server = server_for(create_app(state_dir, processing_seconds=processing_seconds, clock=clock))
    listener = bind("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", clock)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def x(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox shared by the tests that leave its clock alone; each takes an account of its own."""
    with running(tmp_path_factory.mktemp("x")) as sandbox:
        yield sandbox


@pytest.fixture
def own_x(tmp_path: Path) -> Iterator[Running]:
    """A sandbox for one test, which may move its clock; it takes 30 s over a video."""
    with running(tmp_path / "x", processing_seconds=30) as sandbox:
        yield sandbox


@pytest.fixture
def maker(x: Running) -> Account:
    return x.account()


@pytest.fixture(scope="session")
def png() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def gif() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("P", (8, 8)).save(file, "GIF")
    return file.getvalue()


def mp4(seconds: float = 2.0, *, filling: int = 1000, name: bytes = b"clip") -> bytes:
    """The skeleton of an mp4 of 64x48 pixels: its boxes are real, its pictures are not."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    header = bytes(12) + struct.pack(">II", 1000, round(seconds * 1000)) + bytes(80)
    track = bytes(76) + struct.pack(">II", 64 << 16, 48 << 16)
    moov = box(b"mvhd", header) + box(b"trak", box(b"tkhd", track))
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + box(b"moov", moov) + box(b"mdat", name + bytes(filling))


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """X's own OpenAPI document."""
    path = Path(os.environ.get("SHARED_DIR", _REPO.parent / "shared")) / "facts" / "x-openapi-2.167.json"
    if not path.is_file():
        pytest.skip(f"X's OpenAPI document is not here: {path} (set SHARED_DIR)")
    content: dict[str, Any] = json.loads(path.read_text())
    return content


@pytest.fixture(scope="session")
def conforms(document: dict[str, Any]) -> Callable[[requests.Response, str, str], None]:
    """``conforms(response, "post", "/2/tweets")``: the answer is one X's document allows, without a field it lacks."""
    closed = copy.deepcopy(document)
    for name, schema in closed["components"]["schemas"].items():
        schema.get("properties", {}).update({older: {} for older in _OLDER.get(name, ())})
        _close(schema)
    registry: Registry[Any] = Registry().with_resource(
        "x", Resource.from_contents(closed, default_specification=DRAFT202012)
    )

    def check(response: requests.Response, method: str, path: str) -> None:
        answers = document["paths"][path][method]["responses"]
        code = str(response.status_code)
        expected = code if code in answers else "default"
        media_type = response.headers["content-type"].split(";")[0]
        escaped = path.replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
        pointer = f"x#/paths/{escaped}/{method}/responses/{expected}/content/{media_type.replace('/', '~1')}/schema"
        Draft202012Validator({"$ref": pointer}, registry=registry).validate(response.json())

    return check


def _close(schema: Any) -> None:
    """Take no property that is not named."""
    if isinstance(schema, list):
        for inner in schema:
            _close(inner)
    elif isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for inner in schema.values():
            _close(inner)
