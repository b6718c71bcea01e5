"""One rule for what an answer of X means that is not a success (2xx).

Creating a post is the one request that must never be repeated by mistake (X has no idempotency key). So for it an
answer counts as "did not happen" only where X says that the request was turned away: a 4xx in its own JSON (401, 402,
413 and 429 in any words), but for those with which a gateway gives up on a request it has passed on (408, 499). A
redirect, a 5xx, a web page or anything else leaves the outcome unknown. The statuses and bodies below are those X
documents or was seen to send; its problem types come under api.twitter.com as well as api.x.com, so only their last
part is compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from twitter_pipeline.content.tidy import clean
from twitter_pipeline.x.errors import (
    AccountRefused,
    DuplicateText,
    ItemRefused,
    MediaNotReady,
    OutcomeUnknown,
    Transient,
    WaitUntil,
    XError,
)

#: Problem types of a 403 that speak of the app or its access level, not of one post.
_ACCOUNT_PROBLEMS = {"oauth1-permissions", "client-forbidden", "unsupported-authentication"}
#: Words of a 403 that speak of the account.
_ACCOUNT_WORDS = ("account is suspended", "temporarily locked", "account has been locked")
#: Statuses with which a gateway gives up on a request it may have passed on.
_GAVE_UP = {408, 499}
_LONGEST_QUOTE = 300


@dataclass(frozen=True)
class Words:
    """What the body of an answer says."""

    #: Whether it is one of X's JSON objects. A web page or nothing comes from what stands between X and us.
    from_x: bool
    #: The last part of the problem's type, such as "credits"; empty when there is none.
    kind: str
    #: Its sentences, joined; empty when there are none.
    text: str


def words(body: bytes) -> Words:
    """Read a body leniently: it may be JSON of any shape, a web page, or nothing."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return Words(from_x=False, kind="", text="")
    errors = said.get("errors")
    sentences = [e.get("message") for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    if not any(sentences):
        sentences = [said.get("detail") or said.get("title")]
    text = " ".join(dict.fromkeys(s for s in sentences if isinstance(s, str)))
    kind = str(said.get("type") or "").rstrip("/").rpartition("/")[2]
    return Words(from_x=True, kind=kind, text=" ".join(clean(text[:_LONGEST_QUOTE]).split()))


def judge(
    call: str,
    status: int,
    body: bytes,
    *,
    creates_post: bool,
    lifted_at: datetime,
    back_at: datetime | None = None,
) -> XError:
    """The error that an answer other than 2xx stands for.

    `call` names the request for people ("POST /2/tweets"); `lifted_at` is when a reached limit ends (used for 429);
    `back_at` is when X says that it works again (`Retry-After`; used for 503).
    """
    said = words(body)
    answer = f"X answered {_named(status)} to {call}" + (f": {said.text}" if said.text else ".")

    if status == 429:
        return WaitUntil(answer, until=lifted_at, status=status)
    if status == 401:
        remedy = (
            "Check the account's four keys (in config.yaml, or anew with: twitter-pipeline account add), and that this"
            " computer's clock is right."
        )
        return AccountRefused(answer, status=status, remedy=remedy)
    if status == 402:
        remedy = "Buy credit in X's developer console; waiting posts go out by themselves afterwards."
        return AccountRefused(answer, status=status, remedy=remedy)
    if status == 413:
        remedy = "The file or a chunk is too large for X: set x.chunk_bytes to 1048576 (1 MiB) in config.yaml."
        return ItemRefused(answer, status=status, remedy=remedy)
    if 400 <= status < 500 and status not in _GAVE_UP:
        # Without X's JSON a gateway spoke, and nobody knows what it stands for: it may have passed the request on.
        if creates_post and not said.from_x:
            return OutcomeUnknown(answer, status=status)
        # A 404 is how an endpoint of X goes out of order: it is not about the item.
        if status == 404 or not said.from_x:
            return Transient(answer, status=status)
        return _forbidden(answer, said) if status == 403 else _rejected(answer, status, said)
    is_outage = status >= 500 or status in _GAVE_UP
    if creates_post:
        return OutcomeUnknown(answer, status=status, is_outage=is_outage)
    if status == 503 and back_at is not None:
        return WaitUntil(answer, until=back_at, status=status)
    return Transient(answer, status=status, is_outage=is_outage)


def _forbidden(answer: str, said: Words) -> XError:
    lowered = said.text.lower()
    if "duplicate content" in lowered:
        return DuplicateText(answer, status=403, remedy="Look on the timeline; change the text to post it again.")
    if said.kind in _ACCOUNT_PROBLEMS:
        remedy = (
            "Give the app read and write permission in X's developer console, then make new access tokens (the old ones"
            " keep the old permission) and store them."
        )
        return AccountRefused(answer, status=403, remedy=remedy)
    if any(word in lowered for word in _ACCOUNT_WORDS):
        return AccountRefused(answer, status=403, remedy="Log in to x.com with this account and follow what it asks.")
    remedy = "X does not say more; one known cause is a video too long for the account."
    return ItemRefused(answer, status=403, remedy=remedy)


def _rejected(answer: str, status: int, said: Words) -> XError:
    if "media ids are invalid" in said.text.lower():
        return MediaNotReady(answer, status=status)
    return ItemRefused(answer, status=status)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def data_of(body: bytes) -> dict[str, Any]:
    """The `data` object of a successful answer; empty when the body was cut, is not JSON, or has none."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    data = answer.get("data") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else {}
