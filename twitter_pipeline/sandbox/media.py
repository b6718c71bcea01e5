"""Media upload, v2: initialize, append, finalize, status, one shot, alt text.

Segments are files until finalize joins them; nothing of a medium is ever held in memory whole. What comes after is in
:mod:`.processing`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
import threading
from pathlib import Path
from typing import IO, Any

from twitter_pipeline.sandbox import captions, fields
from twitter_pipeline.sandbox.inspect import Facts, inspect
from twitter_pipeline.sandbox.problems import invalid, too_large
from twitter_pipeline.sandbox.processing import KINDS, Fate, describe, file_of, is_kind, key_of, kind_of
from twitter_pipeline.sandbox.state import State, User

#: Seconds a media id can be used, from initialize and again from finalize.
EXPIRES_SECONDS = 86_400
#: Bytes of one segment; X has answered 413 above about this.
MAX_SEGMENT_BYTES = 5 * 1024 * 1024
MAX_SEGMENTS = 1000
#: Most bytes by what a category holds (X: image 5 MB, GIF 15 MB, video 512 MB).
MAX_BYTES = {
    "image": 5 * 1024 * 1024,
    "gif": 15 * 1024 * 1024,
    "video": 512 * 1024 * 1024,
    "subtitles": captions.MAX_BYTES,
}
_MEDIA_TYPES = (
    *("video/mp4", "video/webm", "video/mp2t", "video/quicktime"),
    *("text/srt", "text/vtt"),
    *("image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff"),
)
_INITIALIZE = fields.record(
    {
        "media_type": fields.choice(*_MEDIA_TYPES),
        "media_category": fields.choice(*KINDS),
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


def finalize(state: State, user: User, media_id: str, fate: Fate) -> dict[str, Any]:
    """Join the segments and look at the result. Repeating it gives the same answer."""
    with _joining:
        row = _owned(state, user, media_id)
        if row["finalized_ms"] is None:
            _finish(state, row, _join(state, row), fate)
    return describe(state, _owned(state, user, media_id))


def upload_once(state: State, user: User, category: str, content: IO[bytes], fate: Fate) -> dict[str, Any]:
    """The one-shot upload: no media type is given, the bytes tell it."""
    fields.choice(*KINDS)("media_category", category)
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
    _finish(state, row, joined, fate)
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


def sweep(state: State) -> None:
    """Remove the files of uploads that expired unused. Called at start; a stand-in needs no more."""
    now = state.now_ms()
    with state.transaction() as db:
        expired = db.execute(
            "SELECT id FROM media WHERE expires_ms <= ? AND id NOT IN (SELECT media_id FROM post_media)"
            " AND id NOT IN (SELECT captions_id FROM captions JOIN post_media USING (media_id))",
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
    key = {} if kind_of(category) == "subtitles" else {"media_key": key_of(row)}
    return {"id": str(media_id), **key, "expires_after_secs": EXPIRES_SECONDS}


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


def _finish(state: State, row: sqlite3.Row, joined: Path, fate: Fate) -> None:
    """Move the joined file to its place, then record it: after a kill in between it can be finalized again."""
    kind = kind_of(row["category"])
    facts = Facts(captions.type_of(joined.read_bytes())) if kind == "subtitles" else inspect(joined)
    if kind != "video" and not is_kind(facts, kind):
        joined.unlink()
        words = "subtitles" if kind == "subtitles" else f"a {kind} of a supported type"
        raise invalid(f"The bytes are not {words}.", id=row["id"])
    with joined.open("rb") as file:
        digest = _sha256(file)
    joined.replace(file_of(state, row["id"]))
    now = state.now_ms()
    decided = fate.decide(facts, kind, now)
    with state.transaction() as db:
        names = [name for (name,) in db.execute("SELECT file FROM segments WHERE media_id = ?", (row["id"],))]
        db.execute("DELETE FROM segments WHERE media_id = ?", (row["id"],))
        db.execute(
            "UPDATE media SET finalized_ms = ?, ready_ms = ?, usable_ms = ?, expires_ms = ?, sha256 = ?, failure = ?,"
            " stuck = ?, fault = ?, media_type = ?, width = ?, height = ?, duration_ms = ? WHERE id = ?",
            (
                now,
                decided.ready_ms,
                decided.usable_ms,
                now + EXPIRES_SECONDS * 1000,
                digest,
                json.dumps(decided.failure) if decided.failure else None,
                decided.stuck,
                fate.fault.name if fate.fault else None,
                facts.media_type or row["media_type"],
                facts.width,
                facts.height,
                None if facts.seconds is None else round(facts.seconds * 1000),
                row["id"],
            ),
        )
    for name in names:
        (state.upload_folder / name).unlink(missing_ok=True)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
