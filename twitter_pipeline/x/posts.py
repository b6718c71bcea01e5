"""Creating and listing posts."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import OutcomeUnknown, Transient

#: What is asked of a post.
_FIELDS = "created_at,entities,attachments,note_tweet"


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
    #: The same as it was sent, as far as X tells: with its own links instead of t.co, and none for media.
    words: str
    #: Aware, UTC.
    created_at: datetime
    media_keys: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """A reading of a timeline."""

    #: Newest first.
    posts: tuple[Post, ...]
    #: Whether all that was asked for is there.
    whole: bool
    #: When X answered the first page, by its own clock (aware, UTC).
    at: datetime
    #: Whether posts among them are missing, not only older ones beyond the last page.
    has_gaps: bool = False


def create(
    client: XClient,
    text: str,
    media_ids: Sequence[str] = (),
    labels: Sequence[str] = (),
    *,
    reply_to: str | None = None,
) -> Created:
    """Create one post (POST /2/tweets), a reply to the post `reply_to`, sending the request at most once.

    `labels` are X's names of what it tells readers of the post: `made_with_ai`, `paid_partnership`.

    Every way this can end is one of three. *Created*: X gave the post's id. *Did not happen*: NotSent (no connection
    was made), WaitUntil (429), AccountRefused (401, 402, some 403), ItemRefused (400, other 403), DuplicateText,
    MediaNotReady, or Transient (404). *Unknown*: OutcomeUnknown, whenever the request may have left and no
    definite answer came: a timeout, a cut connection or answer, a 5xx, a gateway's page, a 2xx without an id.
    After the last the post must not be sent again before the timeline has been looked at.
    """
    body: dict[str, Any] = {"text": text}
    if media_ids:
        body["media"] = {"media_ids": list(media_ids)}
    if reply_to is not None:
        body["reply"] = {"in_reply_to_tweet_id": reply_to}
    body.update(dict.fromkeys(labels, True))
    data = client.call("POST", "/2/tweets", json=body)
    # An answer cut within its headers arrives as a success with an empty body (requests reports no error).
    post_id = data.get("id")
    if not isinstance(post_id, str) or not post_id:
        raise OutcomeUnknown(
            "X answered POST /2/tweets with success, but without the id of a post.",
        )
    return Created(id=post_id, text=str(data.get("text", text)))


def timeline(
    client: XClient,
    user_id: str,
    *,
    since_id: str | None = None,
    max_results: int = 100,
    most_pages: int = 1,
) -> Listing:
    """The posts of `user_id` after `since_id`, newest first: at most `most_pages` pages of `max_results` (5 to 100).

    X charges for each post it lists. The listing lags behind (up to minutes): a post that is missing may yet appear.
    """
    params = {"max_results": str(max_results), "tweet.fields": _FIELDS}
    if since_id is not None:
        params["since_id"] = since_id
    posts: list[Post] = []
    at: datetime | None = None
    has_gaps = False
    for _ in range(most_pages):
        body = client.request("GET", f"/2/users/{user_id}/tweets", params=params)
        at = at or client.x_time
        try:
            answer = json.loads(body)
            # Without `meta` it is no listing: X answers 200 with `errors`, too.
            more = answer["meta"].get("next_token")
            page = [_post(entry) for entry in answer.get("data", [])]
            # X leaves out what it cannot show just now, and says so.
            has_gaps |= bool(answer.get("errors")) or answer["meta"].get("result_count", len(page)) != len(page)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # An unreadable listing must not pass for an empty one: a caller would take the post for absent.
            raise Transient(f"X's list of posts cannot be read: {error!r}.") from error
        posts += page
        if not more:
            return Listing(tuple(posts), not has_gaps, at, has_gaps)
        params["pagination_token"] = str(more)
    return Listing(tuple(posts), False, at or client.x_time, has_gaps)


@dataclass(frozen=True)
class Known(Post):
    """A post by its id, which may be anybody's."""

    author_id: str


def find(client: XClient, post_id: str) -> Known | None:
    """The post with this id, as long as it is there; X charges for it as for one of a timeline."""
    params = {"tweet.fields": f"{_FIELDS},author_id"}
    body = client.request("GET", f"/2/tweets/{post_id}", params=params)
    try:
        answer = json.loads(body)
        if "data" not in answer:
            # For a post that is not there X answers 200 with `errors`.
            if answer["errors"]:
                return None
            raise ValueError(answer)
        return Known(**vars(_post(answer["data"])), author_id=str(answer["data"]["author_id"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Transient(f"X's answer about a post cannot be read: {error!r}.") from error


def _post(entry: dict[str, Any]) -> Post:
    long = entry.get("note_tweet") or {}  # beyond 280 characters `text` is cut
    text = str(long.get("text") or entry["text"])
    links = (long if long.get("text") else entry).get("entities", {}).get("urls", [])
    words = html.unescape(text)
    for link in links:
        words = words.replace(link["url"], "" if "media_key" in link else link.get("expanded_url") or link["url"])
    return Post(
        id=str(int(entry["id"])),
        text=text,
        words=words,
        # Python 3.10 does not read the trailing Z.
        created_at=datetime.fromisoformat(entry["created_at"].replace("Z", "+00:00")),
        media_keys=tuple(entry.get("attachments", {}).get("media_keys", [])),
    )
