"""What becomes of a medium once its bytes are there: its kind, its processing, whether a post may use it.

Processing of a video is a span of time, not work: its state follows from the clock, so it goes on over a restart.
"""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twitter_pipeline.sandbox.faults import Fault
from twitter_pipeline.sandbox.inspect import Facts
from twitter_pipeline.sandbox.problems import invalid
from twitter_pipeline.sandbox.state import State, User

#: Seconds of a video (X's documentation of 2026-08).
MIN_SECONDS, MAX_SECONDS = 0.5, 140.0

#: What the categories hold.
KINDS = {
    "tweet_image": "image",
    "dm_image": "image",
    "tweet_gif": "gif",
    "dm_gif": "gif",
    "tweet_video": "video",
    "amplify_video": "video",
    "dm_video": "video",
    "subtitles": "subtitles",
}
#: X starts a media key with a number for the kind.
_KEY_PREFIX = {"image": 3, "video": 7, "gif": 16}
_INVALID = {"code": 1, "name": "InvalidMedia", "message": "The video file is not valid."}
# Longer than a media id lives.
_FOR_GOOD = 30 * 86_400


@dataclass(frozen=True)
class Decided:
    """How processing will go. Times are epoch milliseconds."""

    #: When it ends.
    ready_ms: int
    #: From when on posts know the medium.
    usable_ms: int
    failure: dict[str, Any] | None
    #: It shows 99 % until it ends.
    stuck: bool


@dataclass(frozen=True)
class Fate:
    """What is in store for a medium that is being finalized."""

    #: Seconds of processing, if it is a video.
    seconds: float
    #: What befalls the request that finalizes it.
    fault: Fault | None = None

    def decide(self, facts: Facts, kind: str, now_ms: int) -> Decided:
        fault_kind, fault_seconds = (self.fault.kind, self.fault.seconds) if self.fault else ("", 0.0)
        stuck = kind == "video" and fault_kind == "stuck"
        seconds = (fault_seconds or _FOR_GOOD) if stuck else self.seconds if kind == "video" else 0
        failure = _failure(facts) if kind == "video" else None
        if kind == "video" and fault_kind == "processing_failed":
            failure = _INVALID
        ready_ms = now_ms + round(seconds * 1000)
        late = fault_seconds if fault_kind == "late_media" else 0
        return Decided(ready_ms, ready_ms + round(late * 1000), failure, stuck)


def kind_of(category: str) -> str:
    """'image', 'gif', 'video' or 'subtitles'."""
    return KINDS[category]


def key_of(row: sqlite3.Row) -> str:
    """The media key of a row of `media`, which a post can hold: subtitles have none."""
    return f"{_KEY_PREFIX[KINDS[row['category']]]}_{row['id']}"


def file_of(state: State, media_id: int) -> Path:
    return state.media_folder / str(media_id)


def usable(db: sqlite3.Connection, state: State, user: User, media_ids: list[str]) -> list[sqlite3.Row]:
    """The rows of media that `user` may attach now, in this order.

    Raises X's one 400 for ids that are unknown, expired, somebody else's, unfinished or refused by processing.
    """
    now = state.now_ms()
    rows = []
    for media_id in media_ids:
        row = db.execute(
            "SELECT * FROM media WHERE id = ? AND user_id = ? AND expires_ms > ? AND coalesce(usable_ms, ready_ms) <= ?"
            " AND failure IS NULL AND category != 'subtitles'",
            (media_id, user.id, now, now),
        ).fetchone()
        if row is None:
            raise invalid("Your media IDs are invalid.", media__media_ids=media_ids)
        rows.append(row)
    return rows


def describe(state: State, row: sqlite3.Row) -> dict[str, Any]:
    """A finalized medium as X shows it."""
    answer: dict[str, Any] = {
        "id": str(row["id"]),
        **({} if kind_of(row["category"]) == "subtitles" else {"media_key": key_of(row)}),
        "size": row["total_bytes"],
        "expires_after_secs": max(0, (row["expires_ms"] - state.now_ms()) // 1000),
    }
    if kind_of(row["category"]) == "video":
        answer["video"] = {"video_type": row["media_type"]}
        answer["processing_info"] = _processing(state, row)
    elif kind_of(row["category"]) != "subtitles":
        answer["image"] = {"image_type": row["media_type"], "w": row["width"], "h": row["height"]}
    return answer


def is_kind(facts: Facts, kind: str) -> bool:
    if facts.media_type is None:
        return False
    if kind == "gif":
        return facts.media_type == "image/gif"
    if kind == "subtitles":
        return facts.media_type.startswith("text/")
    return facts.media_type.startswith(f"{kind}/")


def _failure(facts: Facts) -> dict[str, Any] | None:
    """Why processing a video ends as failed, in X's words."""
    if not is_kind(facts, "video") or not facts.whole:
        return _INVALID
    if facts.seconds is not None and facts.seconds > MAX_SECONDS:
        message = f"Duration {facts.seconds:.1f}s exceeds max duration {MAX_SECONDS:.0f}s."
        return {"code": 3, "name": "UnsupportedMedia", "message": message}
    if facts.seconds is not None and facts.seconds < MIN_SECONDS:
        message = f"Duration {facts.seconds:.1f}s is below min duration {MIN_SECONDS}s."
        return {"code": 3, "name": "UnsupportedMedia", "message": message}
    return None


def _processing(state: State, row: sqlite3.Row) -> dict[str, Any]:
    total = row["ready_ms"] - row["finalized_ms"]
    elapsed = state.now_ms() - row["finalized_ms"]
    if elapsed < total and row["stuck"]:
        return {"state": "in_progress", "progress_percent": 99, "check_after_secs": 1}
    if elapsed < total:
        return {
            "state": "pending" if elapsed * 3 < total else "in_progress",
            "progress_percent": max(0, elapsed * 100 // total),
            "check_after_secs": max(1, math.ceil((total - elapsed) / 1000)),
        }
    if row["failure"]:
        return {"state": "failed", "progress_percent": 100, "error": json.loads(row["failure"])}
    return {"state": "succeeded", "progress_percent": 100}
