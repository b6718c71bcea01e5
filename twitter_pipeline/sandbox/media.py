"""Media upload, v2: initialize, append, finalize, status, one shot, alt text.

Segments are files until finalize joins them; nothing of a medium is ever held in memory whole. Processing of a video
is a span of time, not work: its state follows from the clock, so it goes on over a restart.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import IO, Any

from twitter_pipeline.sandbox import fields
from twitter_pipeline.sandbox.inspect import Facts, inspect
from twitter_pipeline.sandbox.problems import invalid, too_large
from twitter_pipeline.sandbox.state import State, User

#: Seconds a media id can be used, from initialize and again from finalize.
EXPIRES_SECONDS = 86_400
#: Bytes of one segment; X has answered 413 above about this.
MAX_SEGMENT_BYTES = 5 * 1024 * 1024
MAX_SEGMENTS = 1000
#: Most bytes by what a category holds (X: image 5 MB, GIF 15 MB, video 512 MB).
MAX_BYTES = {"image": 5 * 1024 * 1024, "gif": 15 * 1024 * 1024, "video": 512 * 1024 * 1024}
#: Seconds of a video (X's documentation of 2026-08).
MIN_SECONDS, MAX_SECONDS = 0.5, 140.0

_KINDS = {
    "tweet_image": "image",
    "dm_image": "image",
    "tweet_gif": "gif",
    "dm_gif": "gif",
    "tweet_video": "video",
    "amplify_video": "video",
    "dm_video": "video",
}
#: X starts a media key with a number for the kind.
_KEY_PREFIX = {"image": 3, "video": 7, "gif": 16}
_MEDIA_TYPES = (
    *("video/mp4", "video/webm", "video/mp2t", "video/quicktime"),
    *("image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff"),
)
_INITIALIZE = fields.record(
    {
        "media_type": fields.choice(*_MEDIA_TYPES),
        "media_category": fields.choice(*_KINDS),
        "total_bytes": fields.whole(1, 17_179_869_184),
        "additional_owners": fields.array(fields.identifier),
        "shared": fields.flag,
    },
    required=("media_type", "media_category", "total_bytes"),
)
_METADATA = fields.record(
    {
        "id": fields.identifier,
        "metadata": fields.record({"alt_text": fields.record({"text": fields.text(most=1000)}, required=("text",))}),
    },
    required=("id", "metadata"),
)

# Joining reads segments and then removes them: a repeated finalize must not do both at once. One lock for all is
# enough here, a join takes a fraction of a second.
_joining = threading.Lock()


def kind_of(category: str) -> str:
    """'image', 'gif' or 'video'."""
    return _KINDS[category]


def key_of(row: sqlite3.Row) -> str:
    """The media key of a row of `media`."""
    return f"{_KEY_PREFIX[_KINDS[row['category']]]}_{row['id']}"


def file_of(state: State, media_id: int) -> Path:
    return state.media_folder / str(media_id)


def initialize(state: State, user: User, body: Any) -> dict[str, Any]:
    _INITIALIZE("", body)
    return _open(state, user, body["media_category"], body["media_type"], body["total_bytes"])


def append(state: State, user: User, media_id: str, position: int, content: IO[bytes]) -> dict[str, Any]:
    """Keep one segment. The same position sent again replaces what was there; the order does not matter."""
    row = _unfinished(state, user, media_id)
    if not 0 <= position < MAX_SEGMENTS:
        raise invalid("$.segment_index: must be between 0 and 999", segment_index=position)
    part = state.upload_folder / f"{row['id']}-{position}-{secrets.token_hex(4)}"
    with part.open("wb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)
        size = file.tell()
    try:
        if size > MAX_SEGMENT_BYTES:
            raise too_large(MAX_SEGMENT_BYTES)
        if size == 0:
            raise invalid("$.media: the segment is empty", segment_index=position)
        with state.transaction() as db:
            if db.execute("SELECT finalized_ms FROM media WHERE id = ?", (row["id"],)).fetchone()[0]:
                raise invalid("The media was finalized already.", id=media_id)
            earlier = db.execute(
                "SELECT file FROM segments WHERE media_id = ? AND position = ?", (row["id"], position)
            ).fetchone()
            db.execute(
                "INSERT OR REPLACE INTO segments (media_id, position, bytes, file) VALUES (?, ?, ?, ?)",
                (row["id"], position, size, part.name),
            )
    except BaseException:
        part.unlink()
        raise
    if earlier:
        (state.upload_folder / earlier["file"]).unlink(missing_ok=True)
    return {"expires_at": row["expires_ms"] // 1000}


def finalize(state: State, user: User, media_id: str, processing_seconds: float) -> dict[str, Any]:
    """Join the segments and look at the result. Repeating it gives the same answer."""
    with _joining:
        row = _owned(state, user, media_id)
        if row["finalized_ms"] is None:
            _finish(state, row, _join(state, row), processing_seconds)
    return describe(state, _owned(state, user, media_id))


def upload_once(
    state: State, user: User, category: str, content: IO[bytes], processing_seconds: float
) -> dict[str, Any]:
    """The one-shot upload: no media type is given, the bytes tell it."""
    fields.choice(*_KINDS)("media_category", category)
    content.seek(0, 2)
    size = content.tell()
    content.seek(0)
    if size == 0:
        raise invalid("$.media: the media is empty", media="")
    media_id = _open(state, user, category, "application/octet-stream", size)["id"]
    row = _owned(state, user, media_id)
    joined = state.upload_folder / f"{media_id}-whole"
    with joined.open("wb") as file:
        shutil.copyfileobj(content, file, 1024 * 1024)
    _finish(state, row, joined, processing_seconds)
    return describe(state, _owned(state, user, media_id))


def status(state: State, user: User, media_id: str) -> dict[str, Any]:
    """How processing stands. Only of a finalized video: X answers 400 for anything else."""
    row = _owned(state, user, media_id)
    if row["finalized_ms"] is None or kind_of(row["category"]) != "video":
        raise invalid("Media has no processing status.", media_id=media_id)
    return describe(state, row)


def set_metadata(state: State, user: User, body: Any) -> dict[str, Any]:
    """Keep the alternative text of a medium."""
    _METADATA("", body)
    row = _owned(state, user, body["id"])
    alt_text = body["metadata"].get("alt_text")
    if alt_text:
        with state.transaction() as db:
            db.execute("UPDATE media SET alt_text = ? WHERE id = ?", (alt_text["text"], row["id"]))
    return {"id": body["id"], "associated_metadata": body["metadata"]}


def usable(db: sqlite3.Connection, state: State, user: User, media_ids: list[str]) -> list[sqlite3.Row]:
    """The rows of media that `user` may attach now, in this order.

    Raises X's one 400 for ids that are unknown, expired, somebody else's, unfinished or refused by processing.
    """
    now = state.now_ms()
    rows = []
    for media_id in media_ids:
        row = db.execute(
            "SELECT * FROM media WHERE id = ? AND user_id = ? AND expires_ms > ? AND ready_ms <= ? AND failure IS NULL",
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
        "media_key": key_of(row),
        "size": row["total_bytes"],
        "expires_after_secs": max(0, (row["expires_ms"] - state.now_ms()) // 1000),
    }
    if kind_of(row["category"]) == "video":
        answer["video"] = {"video_type": row["media_type"]}
        answer["processing_info"] = _processing(state, row)
    else:
        answer["image"] = {"image_type": row["media_type"], "w": row["width"], "h": row["height"]}
    return answer


def sweep(state: State) -> None:
    """Remove the files of uploads that expired unused. Called at start; a stand-in needs no more."""
    now = state.now_ms()
    with state.transaction() as db:
        expired = db.execute(
            "SELECT id FROM media WHERE expires_ms <= ? AND id NOT IN (SELECT media_id FROM post_media)",
            (now,),
        ).fetchall()
        for (media_id,) in expired:
            db.execute("DELETE FROM segments WHERE media_id = ?", (media_id,))
        kept = {name for (name,) in db.execute("SELECT file FROM segments")}
    for (media_id,) in expired:
        file_of(state, media_id).unlink(missing_ok=True)
    for part in state.upload_folder.iterdir():
        if part.name not in kept:
            part.unlink(missing_ok=True)


def _open(state: State, user: User, category: str, media_type: str, total_bytes: int) -> dict[str, Any]:
    most = MAX_BYTES[kind_of(category)]
    if total_bytes > most:
        raise invalid(f"File size exceeds {most} bytes.", total_bytes=total_bytes)
    with state.transaction() as db:
        media_id, now = state.new_id(db), state.now_ms()
        db.execute(
            "INSERT INTO media (id, user_id, category, media_type, total_bytes, created_ms, expires_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (media_id, user.id, category, media_type, total_bytes, now, now + EXPIRES_SECONDS * 1000),
        )
        row = db.execute("SELECT * FROM media WHERE id = ?", (media_id,)).fetchone()
    return {"id": str(media_id), "media_key": key_of(row), "expires_after_secs": EXPIRES_SECONDS}


def _owned(state: State, user: User, media_id: str) -> sqlite3.Row:
    fields.identifier("id", media_id)
    with state.reading() as db:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM media WHERE id = ? AND user_id = ? AND expires_ms > ?",
            (media_id, user.id, state.now_ms()),
        ).fetchone()
    if row is None:
        raise invalid("Media ID is invalid, expired, or of another user.", id=media_id)
    return row


def _unfinished(state: State, user: User, media_id: str) -> sqlite3.Row:
    row = _owned(state, user, media_id)
    if row["finalized_ms"] is not None:
        raise invalid("The media was finalized already.", id=media_id)
    return row


def _join(state: State, row: sqlite3.Row) -> Path:
    with state.reading() as db:
        segments = db.execute(
            "SELECT position, bytes, file FROM segments WHERE media_id = ? ORDER BY position", (row["id"],)
        ).fetchall()
    for expected, segment in enumerate(segments):
        if segment["position"] != expected:
            raise invalid(f"Segment {expected} was not uploaded.", id=row["id"])
    received = sum(segment["bytes"] for segment in segments)
    if received != row["total_bytes"]:
        raise invalid(f"{row['total_bytes']} bytes were announced and {received} uploaded.", id=row["id"])
    joined = state.upload_folder / f"{row['id']}-whole"
    with joined.open("wb") as whole:
        for segment in segments:
            with (state.upload_folder / segment["file"]).open("rb") as part:
                shutil.copyfileobj(part, whole, 1024 * 1024)
    return joined


def _finish(state: State, row: sqlite3.Row, joined: Path, processing_seconds: float) -> None:
    """Move the joined file to its place, then record it: after a kill in between it can be finalized again."""
    facts = inspect(joined)
    kind = kind_of(row["category"])
    if kind != "video" and not _is_kind(facts, kind):
        joined.unlink()
        raise invalid(f"The bytes are not a {kind} of a supported type.", id=row["id"])
    with joined.open("rb") as file:
        digest = _sha256(file)
    joined.replace(file_of(state, row["id"]))
    now = state.now_ms()
    failure = _failure(facts) if kind == "video" else None
    with state.transaction() as db:
        names = [name for (name,) in db.execute("SELECT file FROM segments WHERE media_id = ?", (row["id"],))]
        db.execute("DELETE FROM segments WHERE media_id = ?", (row["id"],))
        db.execute(
            "UPDATE media SET finalized_ms = ?, ready_ms = ?, expires_ms = ?, sha256 = ?, failure = ?,"
            " media_type = ?, width = ?, height = ?, duration_ms = ? WHERE id = ?",
            (
                now,
                now + (round(processing_seconds * 1000) if kind == "video" else 0),
                now + EXPIRES_SECONDS * 1000,
                digest,
                json.dumps(failure) if failure else None,
                facts.media_type or row["media_type"],
                facts.width,
                facts.height,
                None if facts.seconds is None else round(facts.seconds * 1000),
                row["id"],
            ),
        )
    for name in names:
        (state.upload_folder / name).unlink(missing_ok=True)


def _is_kind(facts: Facts, kind: str) -> bool:
    if facts.media_type is None:
        return False
    if kind == "gif":
        return facts.media_type == "image/gif"
    return facts.media_type.startswith(f"{kind}/")


def _failure(facts: Facts) -> dict[str, Any] | None:
    """Why processing a video ends as failed, in X's words."""
    if not _is_kind(facts, "video") or not facts.whole:
        return {"code": 1, "name": "InvalidMedia", "message": "The video file is not valid."}
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
    if elapsed < total:
        return {
            "state": "pending" if elapsed * 3 < total else "in_progress",
            "progress_percent": max(0, elapsed * 100 // total),
            "check_after_secs": max(1, math.ceil((total - elapsed) / 1000)),
        }
    if row["failure"]:
        return {"state": "failed", "progress_percent": 100, "error": json.loads(row["failure"])}
    return {"state": "succeeded", "progress_percent": 100}


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
