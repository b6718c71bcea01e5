"""Creating, deleting and listing posts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import OutcomeUnknown, Transient


@dataclass(frozen=True)
class Created:
    """A post that X has confirmed."""

    id: str
    #: The text as X keeps it: with t.co links, one more of them for media, and `&` as `&amp;`.
    text: str


@dataclass(frozen=True)
class Post:
    """A post as the timeline lists it."""

    id: str
    #: The text as X keeps it; see `Created.text`.
    text: str
    #: Aware, UTC.
    created_at: datetime
    #: The addresses in the text as they were sent, not as t.co links; without the one X adds for media.
    urls: tuple[str, ...]
    media_keys: tuple[str, ...]


def create(client: XClient, text: str, media_ids: Sequence[str] = ()) -> Created:
    """Create one post (POST /2/tweets), sending the request at most once.

    Every way this can end is one of three. *Created*: X gave the post's id. *Did not happen*: NotSent (no connection
    was made), WaitUntil (429), AccountRefused (401, 402, some 403), ItemRefused (400, other 403), DuplicateText,
    MediaNotReady, or Transient (a gateway turned it away). *Unknown*: OutcomeUnknown, whenever the request may
    have left and no definite answer came: a timeout, a cut connection or answer, a 5xx, a 2xx without an id.
    After the last the post must not be sent again before the timeline has been looked at.
    """
    body: dict[str, Any] = {"text": text}
    if media_ids:
        body["media"] = {"media_ids": list(media_ids)}
    data = client.call("POST", "/2/tweets", json=body)
    # An answer cut within its headers arrives as a success with an empty body (requests reports no error).
    post_id = data.get("id")
    if not isinstance(post_id, str) or not post_id:
        raise OutcomeUnknown(
            "X answered POST /2/tweets with success, but without the id of a post.",
            remedy="Look whether the post is on the account's timeline.",
        )
    return Created(id=post_id, text=str(data.get("text", text)))


def delete(client: XClient, post_id: str) -> bool:
    """Delete a post of the account; whether X says it is deleted now."""
    return client.call("DELETE", f"/2/tweets/{post_id}").get("deleted") is True


def timeline(
    client: XClient,
    user_id: str,
    *,
    since_id: str | None = None,
    start_time: datetime | None = None,
    max_results: int = 100,
) -> list[Post]:
    """The newest posts of `user_id`, newest first, after `since_id` and from `start_time` (aware) on.

    `max_results` is 5 to 100. The listing lags behind (up to minutes): a post that is missing may yet appear.
    """
    params = {"max_results": str(max_results), "tweet.fields": "created_at,entities,attachments"}
    if since_id is not None:
        params["since_id"] = since_id
    if start_time is not None:
        params["start_time"] = start_time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = client.request("GET", f"/2/users/{user_id}/tweets", params=params)
    try:
        answer = json.loads(body)
        if "meta" not in answer:
            raise ValueError("without meta")
        return [_post(entry) for entry in answer.get("data", [])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # An unreadable listing must not pass for an empty one: a caller would take the post for absent.
        raise Transient(f"X's list of posts cannot be read: {error}.") from error


def _post(entry: dict[str, Any]) -> Post:
    links = entry.get("entities", {}).get("urls", [])
    return Post(
        id=str(entry["id"]),
        text=str(entry["text"]),
        # Python 3.10 does not read the trailing Z.
        created_at=datetime.fromisoformat(entry["created_at"].replace("Z", "+00:00")),
        urls=tuple(url["expanded_url"] for url in links if "expanded_url" in url and "media_key" not in url),
        media_keys=tuple(entry.get("attachments", {}).get("media_keys", [])),
    )
