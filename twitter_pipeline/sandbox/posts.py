"""Creating, reading and deleting posts."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from typing import Any

from twitter_pipeline.sandbox import captions, entities, fields, processing
from twitter_pipeline.sandbox.faults import Fault
from twitter_pipeline.sandbox.problems import DUPLICATE, forbidden, invalid
from twitter_pipeline.sandbox.state import State, User, iso
from twitter_pipeline.sandbox.weight import LIMIT, LONG_LIMIT, normalize, weighted_length, words_of

#: How long the same words of one account are refused. X does not document its own time.
DUPLICATE_SECONDS = 24 * 3600
# No text of this many code points fits, however many links it holds: not worth counting.
_MAX_CHARACTERS = {LIMIT: 25_000, LONG_LIMIT: 1_000_000}
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_MEDIA_OF = "SELECT media.*, post_media.post_id FROM post_media JOIN media ON media.id = media_id"

_REPLY_SETTINGS = fields.choice("following", "mentionedUsers", "subscribers", "verified")
_CREATE = fields.record(
    {
        "text": fields.text(),
        "media": fields.record(
            {
                "media_ids": fields.array(fields.identifier, least=1, most=4),
                "tagged_user_ids": fields.array(fields.identifier, most=10),
                "title": fields.text(),
                "description": fields.text(),
                "embeddable": fields.flag,
                "preview_media_id": fields.identifier,
                "call_to_actions": fields.anything,
            },
            required=("media_ids",),
        ),
        "reply": fields.record(
            {
                "in_reply_to_tweet_id": fields.identifier,
                "exclude_reply_user_ids": fields.array(fields.identifier),
                "auto_populate_reply_metadata": fields.flag,
            },
            required=("in_reply_to_tweet_id",),
        ),
        "poll": fields.record(
            {
                "options": fields.array(fields.text(least=1, most=25), least=2, most=4),
                "duration_minutes": fields.whole(5, 10080),
                "reply_settings": _REPLY_SETTINGS,
            },
            required=("options", "duration_minutes"),
        ),
        "reply_settings": _REPLY_SETTINGS,
        "quote_tweet_id": fields.identifier,
        "community_id": fields.identifier,
        "made_with_ai": fields.flag,
        "paid_partnership": fields.flag,
        "nullcast": fields.flag,
        "for_super_followers_only": fields.flag,
        "share_with_followers": fields.flag,
        "geo": fields.record({"place_id": fields.text()}, required=("place_id",)),
        "edit_options": fields.record({"previous_post_id": fields.identifier}, required=("previous_post_id",)),
        "card_uri": fields.text(),
        "direct_message_deep_link": fields.text(),
    }
)


def create(state: State, user: User, body: Any, fault: Fault | None = None) -> dict[str, Any]:
    """Accept a post or raise X's refusal. Once it returns, the post is on disk. `fault` is what befalls the request."""
    _CREATE("", body)
    text = normalize(body.get("text", ""))
    media_ids = body.get("media", {}).get("media_ids", [])
    _check_words(text, limit_of(user), has_more="media" in body or "poll" in body)
    _check_permissions(body)
    with state.transaction() as db:
        now = state.now_ms()
        attached = processing.usable(db, state, user, media_ids)
        _check_mix(attached, media_ids, body)
        conversation, reply_to = _reply(db, user, body)
        _check_duplicate(db, user, text, now)
        post_id = state.new_id(db)
        shown, found = _as_shown(text, user, post_id, attached)
        db.execute(
            "INSERT INTO posts"
            " (id, user_id, created_ms, text, shown, entities, body, conversation_id, reply_to, words, fault)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                post_id,
                user.id,
                now,
                body.get("text", ""),
                shown,
                json.dumps(found),
                json.dumps(body),
                conversation or post_id,
                reply_to,
                words_of(text),
                fault.name if fault else None,
            ),
        )
        db.executemany(
            "INSERT INTO post_media (post_id, position, media_id) VALUES (?, ?, ?)",
            [(post_id, position, row["id"]) for position, row in enumerate(attached)],
        )
    return {"id": str(post_id), "text": shown, "edit_history_tweet_ids": [str(post_id)]}


def delete(state: State, user: User, post_id: str) -> dict[str, Any]:
    """`deleted` is false for a post that is not there (any more)."""
    fields.identifier("id", post_id)
    with state.transaction() as db:
        row = db.execute("SELECT user_id FROM posts WHERE id = ? AND deleted_ms IS NULL", (post_id,)).fetchone()
        if row is None:
            return {"deleted": False}
        if row["user_id"] != user.id:
            raise forbidden("You are not authorized to delete this Tweet.")
        db.execute("UPDATE posts SET deleted_ms = ? WHERE id = ?", (state.now_ms(), post_id))
    return {"deleted": True}


def summary(state: State, *, deleted: bool = False) -> list[dict[str, Any]]:
    """Every post that stands, newest first, with its text as sent: for tests that count what reached X.

    With `deleted` every post that was ever accepted. `fault` is what befell the request that brought it, a medium's
    what befell the one that finalized it.
    """
    with state.reading() as db:
        rows = db.execute(
            "SELECT posts.*, users.username FROM posts JOIN users ON users.id = posts.user_id"
            " WHERE deleted_ms IS NULL OR ? ORDER BY posts.id DESC",
            (deleted,),
        ).fetchall()
        attached = media_of(db, [row["id"] for row in rows])
        tracks = {medium["id"]: captions.of(db, medium["id"]) for media in attached.values() for medium in media}
    return [
        {
            "id": str(row["id"]),
            "username": row["username"],
            "text": row["text"],
            "media": [
                {
                    "id": str(medium["id"]),
                    "media_key": processing.key_of(medium),
                    "sha256": medium["sha256"],
                    "bytes": medium["total_bytes"],
                    "category": medium["category"],
                    "alt_text": medium["alt_text"],
                    "fault": medium["fault"],
                    "captions": [
                        {"language": track["language"], "name": track["name"], "sha256": track["sha256"]}
                        for track in tracks[medium["id"]]
                    ],
                }
                for medium in attached.get(row["id"], [])
            ],
            "reply_to": None if row["reply_to"] is None else str(row["reply_to"]),
            "created_at": iso(row["created_ms"]),
            "deleted_at": None if row["deleted_ms"] is None else iso(row["deleted_ms"]),
            "fault": row["fault"],
            "labels": labels_of(row),
        }
        for row in rows
    ]


def labels_of(row: sqlite3.Row) -> list[str]:
    """Which of X's labels a post was sent with."""
    body = json.loads(row["body"])
    return [name for name in ("made_with_ai", "paid_partnership") if body.get(name)]


def media_of(db: sqlite3.Connection, post_ids: list[int]) -> dict[int, list[sqlite3.Row]]:
    """The media rows of these posts, by post, in the order they were attached."""
    found: dict[int, list[sqlite3.Row]] = {}
    for at in range(0, len(post_ids), 500):  # SQLite takes a limited number of parameters
        some = post_ids[at : at + 500]
        marks = ",".join("?" * len(some))
        for row in db.execute(f"{_MEDIA_OF} WHERE post_id IN ({marks}) ORDER BY post_id, position", some):
            found.setdefault(row["post_id"], []).append(row)
    return found


def limit_of(user: User) -> int:
    """What a post of the account may weigh."""
    return LONG_LIMIT if user.premium else LIMIT


def _check_words(text: str, limit: int, *, has_more: bool) -> None:
    if not text.strip() and not has_more:
        raise invalid("Required: text, media or poll.", text=text)
    if len(text) > _MAX_CHARACTERS[limit] or weighted_length(text) > limit:
        raise forbidden("Your Tweet text is too long. For more information, see: https://docs.x.com/")


def _check_permissions(body: dict[str, Any]) -> None:
    """What self-serve accounts may not do (X, 2026-04)."""
    if "quote_tweet_id" in body:
        raise forbidden("You are not permitted to quote this Tweet.")
    if "edit_options" in body:
        raise forbidden("You are not permitted to edit Tweets.")


def _check_mix(attached: list[sqlite3.Row], media_ids: list[str], body: dict[str, Any]) -> None:
    """Up to four pictures, or one GIF, or one video; a poll goes alone."""
    kinds = {processing.kind_of(row["category"]) for row in attached}
    if kinds - {"image"} and len(attached) > 1:
        raise invalid("A post holds up to 4 photos, or 1 GIF, or 1 video.", media__media_ids=media_ids)
    if len(set(media_ids)) != len(media_ids):
        raise invalid("Your media IDs are invalid.", media__media_ids=media_ids)
    if attached and "poll" in body:
        raise invalid("Only one of media and poll can be given.", media__media_ids=media_ids)


def _reply(db: sqlite3.Connection, user: User, body: dict[str, Any]) -> tuple[int | None, int | None]:
    """(conversation, post replied to). Replies reach one's own posts only: others must have summoned the account."""
    if "reply" not in body:
        return None, None
    target = body["reply"]["in_reply_to_tweet_id"]
    row = db.execute(
        "SELECT id, user_id, conversation_id FROM posts WHERE id = ? AND deleted_ms IS NULL", (target,)
    ).fetchone()
    if row is None:
        raise forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    if row["user_id"] != user.id:
        raise forbidden("Reply to this conversation is not allowed because you have not been mentioned.")
    return row["conversation_id"], row["id"]


def _check_duplicate(db: sqlite3.Connection, user: User, text: str, now: int) -> None:
    words = words_of(text)
    if not words:
        return
    recent = db.execute(
        "SELECT 1 FROM posts WHERE user_id = ? AND words = ? AND deleted_ms IS NULL AND created_ms > ?",
        (user.id, words, now - DUPLICATE_SECONDS * 1000),
    )
    if recent.fetchone():
        raise forbidden(DUPLICATE)


def _as_shown(
    text: str, user: User, post_id: int, attached: list[sqlite3.Row]
) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """The text as X gives it back, with its entities: links shortened, ``&<>`` escaped, the media's link last."""
    shown, at, urls = "", 0, []
    for number, link in enumerate(entities.links(text)):
        shown += _escaped(text[at : link.start])
        short = _short(post_id, number)
        full = link.value if "://" in link.value else f"http://{link.value}"
        urls.append(_url(shown, short, expanded_url=full, display_url=_display(full)))
        shown += short
        at = link.end
    shown += _escaped(text[at:])
    if attached:
        shown += " " if shown else ""
        short = _short(post_id, -1)
        kind = "photo" if processing.kind_of(attached[0]["category"]) == "image" else "video"
        page = f"https://x.com/{user.username}/status/{post_id}/{kind}/1"
        for row in attached:
            more = {"expanded_url": page, "display_url": f"pic.x.com/{short[-10:]}"}
            urls.append(_url(shown, short, media_key=processing.key_of(row), **more))
        shown += short
    found = {
        "urls": urls,
        "hashtags": [{"start": s.start, "end": s.end, "tag": s.value} for s in entities.hashtags(shown)],
        "cashtags": [{"start": s.start, "end": s.end, "tag": s.value} for s in entities.cashtags(shown)],
        "mentions": [{"start": s.start, "end": s.end, "username": s.value} for s in entities.mentions(shown)],
    }
    return shown, {name: items for name, items in found.items() if items}


def _url(before: str, short: str, **more: str) -> dict[str, Any]:
    return {"start": len(before), "end": len(before) + len(short), "url": short, **more}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(post_id: int, number: int) -> str:
    """A t.co link: always 23 characters, the same for the same place."""
    value = int.from_bytes(hashlib.sha256(f"{post_id}:{number}".encode()).digest()[:10], "big")
    code = ""
    for _ in range(10):
        value, digit = divmod(value, 62)
        code += _BASE62[digit]
    return f"https://t.co/{code}"


def _display(url: str) -> str:
    bare = url.split("://", 1)[1].removeprefix("www.")
    return bare if len(bare) <= 27 else bare[:26] + "…"
