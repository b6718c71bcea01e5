"""Captions of a video: whether bytes are some, which video has which, and how a page shows them.

Written from X's OpenAPI document (2.167), and from the WebVTT standard and SubRip as it is in use.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.problems import invalid
from twitter_pipeline.sandbox.processing import file_of, kind_of
from twitter_pipeline.sandbox.state import State, User

#: Bytes of one file. X documents no limit of its own.
MAX_BYTES = 1024 * 1024
#: What the target is called here, by the category it was uploaded with.
_TARGETS = {"tweet_video": "TweetVideo", "amplify_video": "AmplifyVideo"}
_LANGUAGE = re.compile(r"[A-Z]{2}")
_TIME = r"(?:\d+:)?[0-5]\d:[0-5]\d[.,]\d{3}"
_TIMES = re.compile(rf"\s*({_TIME})\s+-->\s+({_TIME})(?:\s.*)?")


def _language(path: str, value: Any) -> None:
    fields.text()(path, value)
    if not _LANGUAGE.fullmatch(value):
        name = path.replace(".", "__")
        raise invalid(f"$.{path}: does not match the regex pattern ^[A-Z]{{2}}$", **{name: value})


_CREATE = fields.record(
    {
        "id": fields.identifier,
        "media_category": fields.choice(*_TARGETS.values()),
        "subtitles": fields.record(
            {"id": fields.identifier, "language_code": _language, "display_name": fields.text(least=1, most=100)},
            required=("id", "language_code", "display_name"),
        ),
    },
    required=("id", "media_category", "subtitles"),
)


def create(state: State, user: User, body: Any) -> dict[str, Any]:
    """Let a video have captions; others in the same language give way."""
    _CREATE("", body)
    wanted = body["subtitles"]
    with state.transaction() as db:
        video = _owned(db, state, user, body["id"])
        if _TARGETS.get(video["category"]) != body["media_category"]:
            raise invalid(f"The media is no {body['media_category']}.", id=body["id"])
        if video["failure"] or video["ready_ms"] > state.now_ms():
            raise invalid("The video is not processed.", id=body["id"])
        subtitles = _owned(db, state, user, wanted["id"])
        if kind_of(subtitles["category"]) != "subtitles":
            raise invalid("The media holds no subtitles.", subtitles__id=wanted["id"])
        db.execute(
            "INSERT OR REPLACE INTO captions (media_id, language, name, captions_id) VALUES (?, ?, ?, ?)",
            (video["id"], wanted["language_code"], wanted["display_name"], subtitles["id"]),
        )
    return {
        "id": body["id"],
        "media_category": body["media_category"],
        "associated_subtitles": {"subtitles": [wanted]},
    }


def of(db: sqlite3.Connection, media_id: int) -> list[sqlite3.Row]:
    """A video's captions (language, name, captions_id, sha256, media_type) by language."""
    return db.execute(
        "SELECT captions.language, captions.name, captions.captions_id, media.sha256, media.media_type FROM captions"
        " JOIN media ON media.id = captions_id WHERE media_id = ? ORDER BY language",
        (media_id,),
    ).fetchall()


def type_of(content: bytes) -> str | None:
    """`text/vtt` or `text/srt` for UTF-8 captions that hold at least one line and no time that cannot be; else None."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_vtt = re.match(r"WEBVTT(?:[ \t]|$)", lines[0]) is not None
    spans = [found.groups() for line in lines if (found := _TIMES.fullmatch(line))]
    wrong = [line for line in lines if "-->" in line and not _TIMES.fullmatch(line)]
    marks = {mark for span in spans for time in span for mark in time if mark in ".,"}
    if not spans or wrong or marks != {"." if is_vtt else ","}:
        return None
    if any(_milliseconds(begin) > _milliseconds(end) for begin, end in spans):
        return None
    return "text/vtt" if is_vtt else "text/srt"


def as_vtt(path: Path) -> str:
    """What a browser shows, which knows no SubRip."""
    text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("WEBVTT"):
        return text
    points = re.sub(rf"(?m)^\s*({_TIME})\s+-->\s+({_TIME})", lambda found: found[0].replace(",", "."), text)
    return f"WEBVTT\n\n{points}"


def shown(state: State, media_id: str) -> str | None:
    """The captions with this media id as WebVTT; None when there are none."""
    with state.reading() as db:
        row = db.execute(
            "SELECT * FROM media WHERE id = ? AND category = 'subtitles' AND finalized_ms IS NOT NULL", (media_id,)
        ).fetchone()
    path = file_of(state, row["id"]) if row else None
    return as_vtt(path) if path is not None and path.is_file() else None


def _owned(db: sqlite3.Connection, state: State, user: User, media_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM media WHERE id = ? AND user_id = ? AND expires_ms > ? AND finalized_ms IS NOT NULL",
        (media_id, user.id, state.now_ms()),
    ).fetchone()
    if row is None:
        raise invalid("Media ID is invalid, expired, unfinished, or of another user.", id=media_id)
    return row


def _milliseconds(time: str) -> int:
    *larger, rest = time.split(":")
    hours, minutes = (["0", *larger])[-2:]
    return (int(hours) * 60 + int(minutes)) * 60_000 + int(rest.replace(",", "").replace(".", ""))
