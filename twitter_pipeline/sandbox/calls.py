"""X's calls: for each its path, documented limit and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Literal

from twitter_pipeline.sandbox import captions, fields, media, posts, reading
from twitter_pipeline.sandbox.faults import Fault
from twitter_pipeline.sandbox.problems import invalid
from twitter_pipeline.sandbox.processing import Fate
from twitter_pipeline.sandbox.state import State, User


@dataclass(frozen=True)
class Incoming:
    """A signed request, its body read. `content` is the uploaded file of a multipart (or base64) body."""

    state: State
    user: User
    path: Mapping[str, str]
    query: Mapping[str, str]
    base_url: str
    processing_seconds: float
    body: Any = None
    content: IO[bytes] | None = None
    #: What befalls this request.
    fault: Fault | None = None


@dataclass(frozen=True)
class Call:
    """One endpoint of X."""

    method: str
    path: str
    #: Requests of one user in 15 minutes.
    limit: int
    act: Callable[[Incoming], dict[str, Any]]
    takes: Literal["nothing", "json", "file"] = "nothing"
    status: int = 200
    #: Most bytes of a body.
    max_body: int = 256 * 1024

    @property
    def name(self) -> str:
        """As faults and rate limits name it: ``POST /2/tweets``."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def _me(request: Incoming) -> dict[str, Any]:
    return reading.me(request.user, request.query)


def _create_post(request: Incoming) -> dict[str, Any]:
    return {"data": posts.create(request.state, request.user, request.body, request.fault)}


def _delete_post(request: Incoming) -> dict[str, Any]:
    return {"data": posts.delete(request.state, request.user, request.path["id"])}


def _get_post(request: Incoming) -> dict[str, Any]:
    return reading.post(request.state, request.query, request.path["id"], request.base_url)


def _timeline(request: Incoming) -> dict[str, Any]:
    lag = request.fault.seconds if request.fault and request.fault.kind == "lag" else 0
    return reading.timeline(request.state, request.query, request.path["id"], request.base_url, lag)


def _initialize(request: Incoming) -> dict[str, Any]:
    return {"data": media.initialize(request.state, request.user, request.body)}


def _append(request: Incoming) -> dict[str, Any]:
    body = dict(request.body)
    index = body.get("segment_index")
    if isinstance(index, str) and index.isascii() and index.isdigit():
        body["segment_index"] = int(index)  # multipart fields are text
    _APPEND("", body)
    content = _content(request)
    position = body["segment_index"]
    return {"data": media.append(request.state, request.user, request.path["id"], position, content)}


def _finalize(request: Incoming) -> dict[str, Any]:
    fate = _fate(request)
    return {"data": media.finalize(request.state, request.user, request.path["id"], fate)}


def _status(request: Incoming) -> dict[str, Any]:
    _STATUS("", dict(request.query))
    return {"data": media.status(request.state, request.user, request.query["media_id"])}


def _upload_once(request: Incoming) -> dict[str, Any]:
    _UPLOAD("", request.body)
    content, category = _content(request), request.body["media_category"]
    return {"data": media.upload_once(request.state, request.user, category, content, _fate(request))}


def _set_metadata(request: Incoming) -> dict[str, Any]:
    return {"data": media.set_metadata(request.state, request.user, request.body)}


def _create_captions(request: Incoming) -> dict[str, Any]:
    return {"data": captions.create(request.state, request.user, request.body)}


def _fate(request: Incoming) -> Fate:
    return Fate(request.processing_seconds, request.fault)


def _content(request: Incoming) -> IO[bytes]:
    if request.content is None:
        raise invalid("$.media: is missing but it is required", media="")
    return request.content


_APPEND = fields.record({"segment_index": fields.whole(0, media.MAX_SEGMENTS - 1)}, required=("segment_index",))
_UPLOAD = fields.record(
    {"media_category": fields.text(), "additional_owners": fields.text()}, required=("media_category",)
)
_STATUS = fields.record({"media_id": fields.identifier, "command": fields.choice("STATUS")}, required=("media_id",))
# Base64 takes a third more, the form's own lines a little.
_SEGMENT_BODY = media.MAX_SEGMENT_BYTES * 4 // 3 + 64 * 1024
_ONE_SHOT_BODY = media.MAX_BYTES["video"] + 64 * 1024

#: Limits per user in 15 minutes as X documents them (2026-11).
CALLS = (
    Call("GET", "/2/users/me", 75, _me),
    Call("POST", "/2/tweets", 100, _create_post, takes="json", status=201),
    Call("GET", "/2/tweets/{id}", 900, _get_post),
    Call("DELETE", "/2/tweets/{id}", 50, _delete_post),
    Call("GET", "/2/users/{id}/tweets", 900, _timeline),
    Call("POST", "/2/media/upload/initialize", 1875, _initialize, takes="json"),
    Call("POST", "/2/media/upload/{id}/append", 1875, _append, takes="file", max_body=_SEGMENT_BODY),
    Call("POST", "/2/media/upload/{id}/finalize", 1875, _finalize),
    Call("GET", "/2/media/upload", 1000, _status),
    Call("POST", "/2/media/upload", 500, _upload_once, takes="file", max_body=_ONE_SHOT_BODY),
    Call("POST", "/2/media/metadata", 500, _set_metadata, takes="json"),
    Call("POST", "/2/media/subtitles", 100, _create_captions, takes="json"),
)
