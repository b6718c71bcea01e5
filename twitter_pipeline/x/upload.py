"""Uploading media in chunks (v2): initialize, append, finalize, then wait until X has processed it.

All of it may be repeated: an upload that no post names is forgotten by X after a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import ItemRefused, Transient

#: X takes segments 0 to 999.
_MOST_SEGMENTS = 1000
#: What X states after finalize; used when it states nothing.
_USUAL_EXPIRY_SECONDS = 86_400
#: The wait when X names none.
_USUAL_CHECK_SECONDS = 5.0
#: X's limit for the description of a picture.
_LONGEST_ALT_TEXT = 1000


@dataclass(frozen=True)
class Uploaded:
    """Media on X, ready to be named in a post."""

    media_id: str
    #: What the timeline calls it ("7_…"); empty if X gave none.
    media_key: str
    #: Until when a post may name it (aware, UTC).
    expires_at: datetime
    #: Bytes sent.
    bytes: int


def upload(
    client: XClient,
    path: Path,
    *,
    media_type: str,
    category: str,
    chunk_bytes: int,
    processing_timeout: timedelta,
    on_progress: Callable[[int, int], None] | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Uploaded:
    """Upload the file at `path` and return when X is ready to post it.

    `media_type` and `category` are X's words ("video/mp4", "tweet_video"). `on_progress` gets the bytes sent and all
    bytes after each chunk. `wait` sleeps for that many seconds between two looks at the processing; pass another
    to do something meanwhile.

    Raises ItemRefused when X cannot use the file, Transient when the upload may be tried again (also when the
    file changed meanwhile or processing takes longer than `processing_timeout`), AccountRefused, WaitUntil; OSError
    when the file cannot be read.
    """
    with path.open("rb") as file:
        total = file.seek(0, 2)
        file.seek(0)
        started = client.call(
            "POST",
            "/2/media/upload/initialize",
            json={"media_type": media_type, "media_category": category, "total_bytes": total},
        )
        media_id = _media_id(started, "initialize")
        sent = 0
        chunk_bytes = max(chunk_bytes, -(-total // _MOST_SEGMENTS))
        chunks: Iterator[bytes] = iter(lambda: file.read(min(chunk_bytes, total - sent)), b"")
        for index, chunk in enumerate(chunks):
            client.send_chunk(f"/2/media/upload/{media_id}/append", fields={"segment_index": str(index)}, media=chunk)
            sent += len(chunk)
            if on_progress is not None:
                on_progress(sent, total)
        if sent != total or file.seek(0, 2) != total:
            raise Transient(f"{path.name} changed while it was uploaded.", remedy="It is uploaded anew.")

    state = client.call("POST", f"/2/media/upload/{media_id}/finalize")
    _media_id(state, "finalize")
    state = _processed(client, media_id, state, processing_timeout, wait)
    seconds = state.get("expires_after_secs")
    return Uploaded(
        media_id=media_id,
        media_key=str(state.get("media_key") or started.get("media_key") or ""),
        expires_at=client.clock()
        + timedelta(seconds=seconds if isinstance(seconds, int) and seconds > 0 else _USUAL_EXPIRY_SECONDS),
        bytes=total,
    )


def set_alt_text(client: XClient, media_id: str, text: str) -> None:
    """Describe an uploaded picture for those who cannot see it. Text beyond X's 1,000 characters is cut."""
    if len(text) > _LONGEST_ALT_TEXT:
        text = text[: _LONGEST_ALT_TEXT - 1].rstrip() + "…"
    client.call("POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": text}}})


def _processed(
    client: XClient,
    media_id: str,
    state: dict[str, Any],
    timeout: timedelta,
    wait: Callable[[float], None],
) -> dict[str, Any]:
    """Ask for the state as often as X wants to be asked, until it is done. Media without `processing_info` is."""
    deadline = time.monotonic() + timeout.total_seconds()
    while isinstance(info := state.get("processing_info"), dict) and info.get("state") != "succeeded":
        if info.get("state") == "failed":
            raise ItemRefused(f"X cannot use this file: {_failure(info)}", remedy="Convert the file and replace it.")
        left = deadline - time.monotonic()
        if left <= 0:
            raise Transient(f"X has been processing the media for {timeout} ({info.get('progress_percent', '?')} %).")
        check_after = info.get("check_after_secs")
        wait(min(left, check_after if isinstance(check_after, (int, float)) else _USUAL_CHECK_SECONDS))
        state = client.call("GET", "/2/media/upload", params={"command": "STATUS", "media_id": media_id})
        _media_id(state, "STATUS")
    return state


def _failure(info: dict[str, Any]) -> str:
    error = info.get("error")
    said = [error.get("name"), error.get("message")] if isinstance(error, dict) else []
    return ": ".join(str(word) for word in said if word) or "it gives no reason"


def _media_id(data: dict[str, Any], step: str) -> str:
    media_id = data.get("id")
    if not isinstance(media_id, str) or not media_id:
        raise Transient(f"X's answer to {step} of the upload has no media id.")
    return media_id
