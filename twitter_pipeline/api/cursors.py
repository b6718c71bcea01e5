"""Cursors: where a page ended, as text that only this API reads."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query

from twitter_pipeline.api.problems import Problem

#: Of a query: where the last page ended.
Cursor = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="`next` of the page before."),
]


def encode(*parts: object) -> str:
    """The cursor of these parts."""
    return base64.urlsafe_b64encode("|".join(map(str, parts)).encode()).decode().rstrip("=")


def decode(cursor: str, parts: int) -> list[str]:
    """Its parts. Raises Problem (422) when it is none of ours."""
    try:
        found = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
    except (binascii.Error, ValueError):
        found = []
    if len(found) != parts or encode(*found) != cursor:
        raise unreadable()
    return found


def decode_id(cursor: str) -> int:
    """The id it holds. Raises Problem (422)."""
    (part,) = decode(cursor, 1)
    if not (part.isascii() and part.isdecimal() and len(part) < 19):
        raise unreadable()
    return int(part)


def unreadable() -> Problem:
    """It is none of ours."""
    return Problem(422, "is no cursor of this call: take `next` of the page before", field="query.cursor")
