"""One object of a sidecar to Metadata, tolerant field by field: a wrong field must not cost the right ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import clean

#: X's longest post, for accounts that may. The rest of a longer field could never be posted.
_MAX_CHARACTERS = 25_000
_MAX_TAGS = 100
#: What is kept of a field without a place of its own, as JSON.
_MAX_EXTRA_BYTES = 2_000
_MAX_EXTRAS = 20

#: What a sidecar may say of X's labels (publishing.labels).
LABELS = frozenset({"made_with_ai", "paid_partnership"})
_FIELDS = frozenset({"title", "description", "hashtags", "keywords", "link", "alt_text"})


def read(entry: Mapping[str, object]) -> Metadata:
    """The metadata in `entry`. What is null, missing or of a wrong type is empty; a number is taken as its text.

    `hashtags` and `keywords` may be lists or one text: tags divided by white space or commas, keywords by commas.
    `alt_text` is a text or, for an album, a list with a text for each picture.
    Other fields go to `extra` when they are small.
    """
    described = entry.get("alt_text")
    # A gap stays one: each text belongs to the picture at its place.
    alt_texts = tuple(map(_text, described[:_MAX_TAGS] if isinstance(described, list) else [described]))
    return Metadata(
        title=_text(entry.get("title")),
        description=_text(entry.get("description")),
        hashtags=_texts(entry.get("hashtags"), r"[\s,]+"),
        keywords=_texts(entry.get("keywords"), ","),
        link=_text(entry.get("link")),
        alt_text=alt_texts[0] if alt_texts else "",
        alt_texts=alt_texts if len(alt_texts) > 1 else (),
        extra=_extra(entry),
    )


def _text(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return clean(value[:_MAX_CHARACTERS]).strip() if isinstance(value, str) else ""


def _texts(value: object, separator: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = re.split(separator, value[:_MAX_CHARACTERS])
    if not isinstance(value, list):
        return ()
    return tuple(filter(None, map(_text, value[:_MAX_TAGS])))


def _extra(entry: Mapping[str, object]) -> dict[str, object]:
    extra: dict[str, object] = {}
    # Those that say more than words first: of the others there may be too many.
    for name, value in sorted(entry.items(), key=lambda field: field[0] not in LABELS):
        if name not in _FIELDS and len(extra) < _MAX_EXTRAS and _is_small_json({name: value}):
            extra[name] = value
    return extra


def _is_small_json(value: object) -> bool:
    """Whether a database can keep it: no infinity (JSON's 1e999), no half character, no U+0000, and short."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        return False
    return len(written) <= _MAX_EXTRA_BYTES and b"\\u0000" not in written
