"""Posts and users as X gives them back."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from twitter_pipeline.sandbox import fields, processing
from twitter_pipeline.sandbox.posts import media_of
from twitter_pipeline.sandbox.problems import invalid, not_found
from twitter_pipeline.sandbox.state import State, User, iso
from twitter_pipeline.sandbox.weight import LIMIT, weighted_length


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Fields of a post the sandbox can show; others X documents are accepted and left out, as X leaves out empty ones.
_POST_FIELDS = _words(
    """article article_title attachments author_id card_uri community_id context_annotations conversation_id created_at
    display_text_range edit_controls edit_history_post_ids edit_history_tweet_ids entities geo id
    in_reply_to_user_id lang matched_media_notes media_metadata non_public_metrics note_post
    note_request_suggestions note_tweet organic_metrics paid_partnership possibly_sensitive promoted_metrics
    public_metrics referenced_posts referenced_tweets reply_settings scopes source suggested_source_links
    suggested_source_links_with_counts text username withheld"""
)
_USER_FIELDS = _words(
    """affiliation confirmed_email connection_status created_at description entities id is_identity_verified location
    most_recent_post_id most_recent_tweet_id name parody pinned_post_id pinned_tweet_id profile_banner_url
    profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription subscription_type url
    username verified verified_followers_count verified_type withheld"""
)
_MEDIA_FIELDS = _words(
    """alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics
    public_metrics type url variants width"""
)
_EXPANSIONS = _words(
    """article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
    attachments.poll_ids author_id edit_history_post_ids edit_history_tweet_ids entities.mentions.username
    geo.place_id in_reply_to_user_id pinned_post_id pinned_tweet_id most_recent_post_id most_recent_tweet_id
    referenced_posts referenced_tweets.id referenced_tweets.id.author_id affiliation.user_id username"""
)
#: Parameters of every reading call, with the values they may list. X renames tweet to post: both are taken.
_COMMON = {
    "tweet.fields": _POST_FIELDS,
    "post.fields": _POST_FIELDS,
    "user.fields": _USER_FIELDS,
    "media.fields": _MEDIA_FIELDS,
    "expansions": _EXPANSIONS,
    "poll.fields": None,
    "place.fields": None,
}
_TIMELINE = (
    *_COMMON,
    "max_results",
    "since_id",
    "until_id",
    "start_time",
    "end_time",
    "pagination_token",
    "exclude",
)
_MEDIA_TYPES = {"image": "photo", "video": "video", "gif": "animated_gif"}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_NO_METRICS = (
    "retweet_count",
    "repost_count",
    "reply_count",
    "like_count",
    "quote_count",
    "bookmark_count",
    "impression_count",
)


def me(user: User, query: Mapping[str, str]) -> dict[str, Any]:
    _check_names(query, _COMMON)
    return {"data": _user(user, _listed(query, "user.fields"))}


def post(state: State, query: Mapping[str, str], post_id: str, base_url: str) -> dict[str, Any]:
    """One post. X answers 200 with `errors` for one that is not there."""
    fields.identifier("id", post_id)
    _check_names(query, _COMMON)
    with state.reading() as db:
        rows = db.execute("SELECT * FROM posts WHERE id = ? AND deleted_ms IS NULL", (post_id,)).fetchall()
    if not rows:
        return {"errors": [not_found("tweet", "id", post_id)]}
    shown = _shown(state, rows, query, base_url)
    return {**shown, "data": shown["data"][0]}


def timeline(
    state: State, query: Mapping[str, str], user_id: str, base_url: str, lag_seconds: float = 0
) -> dict[str, Any]:
    """Posts of one user, newest first. `since_id`, `until_id` and `end_time` exclude, `start_time` includes.

    Posts younger than `lag_seconds` are not listed yet.
    """
    fields.identifier("id", user_id)
    _check_names(query, _TIMELINE)
    most = _whole(query, "max_results", 5, 100, default=10)
    where = ["posts.user_id = ?", "deleted_ms IS NULL"]
    values: list[Any] = [user_id]
    for name, condition in (("since_id", "posts.id > ?"), ("until_id", "posts.id < ?")):
        if name in query:
            fields.identifier(name, query[name])
            where.append(condition)
            values.append(query[name])
    for name, condition in (("start_time", "created_ms >= ?"), ("end_time", "created_ms < ?")):
        if name in query:
            where.append(condition)
            values.append(_time(name, query[name]))
    if lag_seconds:
        where.append("created_ms <= ?")
        values.append(state.now_ms() - round(lag_seconds * 1000))
    if "pagination_token" in query:
        where.append("posts.id < ?")
        values.append(_from_token(query["pagination_token"]))
    if "replies" in _listed(query, "exclude"):
        where.append("reply_to IS NULL")
    if state.user_by_id(user_id) is None:
        return {"errors": [not_found("user", "id", user_id)]}
    with state.reading() as db:
        rows = db.execute(
            f"SELECT * FROM posts WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?",  # noqa: S608
            (*values, most + 1),
        ).fetchall()
    page = rows[:most]
    if not page:
        return {"meta": {"result_count": 0}}
    meta: dict[str, Any] = {
        "result_count": len(page),
        "newest_id": str(page[0]["id"]),
        "oldest_id": str(page[-1]["id"]),
    }
    if len(rows) > most:
        meta["next_token"] = _to_token(page[-1]["id"])
    return {**_shown(state, page, query, base_url), "meta": meta}


def _shown(state: State, rows: list[sqlite3.Row], query: Mapping[str, str], base_url: str) -> dict[str, Any]:
    wanted = _listed(query, "tweet.fields") | _listed(query, "post.fields")
    expansions = _listed(query, "expansions")
    wanted |= {"author_id"} & expansions
    if "attachments.media_keys" in expansions:
        wanted = wanted | {"attachments"}
    # X's older names go with tweet.fields, its newer ones with post.fields.
    noun = "post" if "post.fields" in query else "tweet"
    with state.reading() as db:
        attached = media_of(db, [row["id"] for row in rows])
    answer: dict[str, Any] = {"data": [_post(row, attached.get(row["id"], []), wanted, noun) for row in rows]}
    includes: dict[str, Any] = {}
    if "attachments.media_keys" in expansions and attached:
        unique = {medium["id"]: medium for media_rows in attached.values() for medium in media_rows}
        includes["media"] = [_medium(row, _listed(query, "media.fields"), base_url) for row in unique.values()]
    if "author_id" in expansions:
        authors = (state.user_by_id(user_id) for user_id in {row["user_id"] for row in rows})
        includes["users"] = [_user(author, _listed(query, "user.fields")) for author in authors if author]
    if includes:
        answer["includes"] = includes
    return answer


def _post(row: sqlite3.Row, attached: list[sqlite3.Row], wanted: frozenset[str], noun: str) -> dict[str, Any]:
    post_id, body = str(row["id"]), json.loads(row["body"])
    everything: dict[str, Any] = {
        "author_id": str(row["user_id"]),
        "conversation_id": str(row["conversation_id"]),
        "created_at": iso(row["created_ms"]),
        "entities": json.loads(row["entities"]),
        "lang": "und",
        "possibly_sensitive": False,
        "public_metrics": dict.fromkeys(_NO_METRICS, 0),
        "reply_settings": body.get("reply_settings", "everyone"),
        "attachments": {"media_keys": [processing.key_of(medium) for medium in attached]} if attached else {},
    }
    if body.get("paid_partnership"):
        everything["paid_partnership"] = True
    if row["reply_to"] is not None:
        everything["in_reply_to_user_id"] = str(row["user_id"])
        everything[f"referenced_{noun}s"] = [{"type": "replied_to", "id": str(row["reply_to"])}]
    text = row["shown"]
    if weighted_length(row["text"]) > LIMIT:
        everything[f"note_{noun}"] = {"text": text, "entities": everything["entities"]}
        text, everything["entities"] = f"{text[: LIMIT - 1]}…", {}
    optional = {name: value for name, value in everything.items() if name in wanted and value != {}}
    return {"id": post_id, "text": text, f"edit_history_{noun}_ids": [post_id], **optional}


def _user(user: User, wanted: frozenset[str]) -> dict[str, Any]:
    everything: dict[str, Any] = {
        "created_at": iso(user.created_ms),
        "description": "",
        "protected": False,
        "verified": user.premium,
        "verified_type": "blue" if user.premium else "none",
        "subscription_type": "Premium" if user.premium else "None",
    }
    optional = {name: value for name, value in everything.items() if name in wanted}
    return {"id": str(user.id), "name": user.username, "username": user.username, **optional}


def _medium(row: sqlite3.Row, wanted: frozenset[str], base_url: str) -> dict[str, Any]:
    kind = processing.kind_of(row["category"])
    url = f"{base_url}/media/{row['id']}"
    everything = {
        "alt_text": row["alt_text"],
        "duration_ms": row["duration_ms"],
        "height": row["height"],
        "width": row["width"],
        "url": url if kind == "image" else None,
        "variants": None if kind == "image" else [{"content_type": row["media_type"], "url": url}],
    }
    optional = {name: value for name, value in everything.items() if name in wanted and value is not None}
    return {"media_key": processing.key_of(row), "type": _MEDIA_TYPES[kind], **optional}


def _check_names(query: Mapping[str, str], known: Iterable[str]) -> None:
    for name in query:
        if name not in known:
            raise invalid(f"The query parameter [{name}] is not one of [{','.join(known)}]", **{name: query[name]})
    for name, values in _COMMON.items():
        for value in _listed(query, name):
            if values is not None and value not in values:
                message = f"The `{name}` query parameter value [{value}] is not one of [{','.join(sorted(values))}]"
                raise invalid(message, **{name: query[name]})


def _listed(query: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(query[name].split(",")) if name in query else frozenset()


def _whole(query: Mapping[str, str], name: str, least: int, most: int, *, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise invalid(f"The `{name}` query parameter value [{text}] is not between {least} and {most}", **{name: text})
    return int(text)


def _time(name: str, text: str) -> int:
    """An ISO time with its zone as epoch milliseconds."""
    if _TIME.fullmatch(text):
        # Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits.
        head, fraction, zone = re.fullmatch(r"(.{19})(?:\.(\d+))?(.+)", text).groups()  # type: ignore[union-attr]
        try:
            moment = datetime.fromisoformat(head + ("+00:00" if zone == "Z" else zone))
        except ValueError:
            pass
        else:
            return int(moment.timestamp()) * 1000 + int(f"{fraction or '0':0<3.3}")
    raise invalid(f"The `{name}` query parameter value [{text}] is not a valid RFC3339 time", **{name: text})


def _to_token(post_id: int) -> str:
    return base64.b32hexencode(str(post_id).encode()).decode().rstrip("=").lower()


def _from_token(token: str) -> int:
    try:
        padded = token.upper() + "=" * (-len(token) % 8)
        return int(base64.b32hexdecode(padded).decode())
    except ValueError:  # binascii.Error and UnicodeDecodeError are ValueErrors
        raise invalid("The pagination_token is invalid", pagination_token=token) from None
