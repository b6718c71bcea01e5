"""One object of a sidecar to Metadata, tolerant field by field: a wrong field must not cost the right ones."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from twitter_pipeline.content import dates
from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.content.tidy import clean

#: X's longest post, for accounts that may. The rest of a longer field could never be posted.
_MAX_CHARACTERS = 25_000
_MAX_TAGS = 100
#: What is kept of a field without a place of its own, as JSON.
_MAX_EXTRA_BYTES = 2_000
_MAX_EXTRAS = 20
#: Lists and objects within one field.
_MOST_NESTED = 100

#: What a sidecar may say of X's labels (publishing.labels).
LABELS = frozenset({"made_with_ai", "paid_partnership"})
#: What is kept of a link, in characters: as much as browsers take.
_MAX_LINK = 2_000
_MAX_DATE = 40
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_SECONDS = re.compile(r"-?[1-9][0-9]{0,9}")
#: A tag of more words was made for a search engine, and reads badly as a hashtag.
_MOST_WORDS = 2

#: Tags in one text: where it is a list, and where they begin with "#", also right behind one another.
_LISTED = re.compile(r"[,;\n、，；]+")
_NEXT_TAG = re.compile(r"(?<=[^\s#＃])\s*(?=[#＃][^\s#＃])")

#: The fields with a place of their own in Metadata.
FIELDS = ("title", "description", "hashtags", "keywords", "link", "alt_text")
#: What stands in `status` of what cannot be shown, or is not to be yet.
_FAILED = frozenset(
    (
        *("failed", "failure", "error", "errored", "cancelled", "canceled", "aborted", "rejected"),
        *("blocked", "moderation_blocked", "deleted", "draft"),
    )
)


def read(entry: Mapping[str, object]) -> Metadata:
    """The metadata in `entry`. What is null, missing or of a wrong type is empty; a number is taken as its text.

    `hashtags` and `keywords` may be lists or one text: tags divided by commas, else by white space, keywords by commas.
    Without `hashtags` short `tags` do, which are kept for templates as well.
    `alt_text` is a text or, for an album, a list with a text for each picture.
    Other fields go to `extra` when they are small.
    """
    described = entry.get("alt_text")
    # A gap stays one: each text belongs to the picture at its place.
    alt_texts = tuple(map(text, described[:_MAX_TAGS] if isinstance(described, list) else [described]))
    return Metadata(
        title=text(entry.get("title")),
        description=text(entry.get("description")),
        hashtags=_short(_tags(entry.get("tags"))) if entry.get("hashtags") is None else _tags(entry["hashtags"]),
        keywords=_texts(entry.get("keywords")),
        link=text(entry.get("link")),
        alt_text=alt_texts[0] if alt_texts else "",
        alt_texts=alt_texts if len(alt_texts) > 1 else (),
        extra=_extra(entry),
    )


def foreign(
    *,
    title: object = None,
    description: object = None,
    tags: object = None,
    keywords: object = None,
    alt_text: object = None,
    author: object = None,
    date: object = None,
    source_url: object = None,
) -> Metadata:
    """Metadata in the fields of another program, as tolerant as `read`.

    Of `tags`, those of at most two words are hashtags; all are keywords. Author, date and source are kept for
    templates: `{{ extra.author }}`, `{{ extra.date }}`, `{{ extra.source_url }}`. No link is posted by itself: it makes
    a post dear, and leads to where the medium was before.
    """
    every = _tags(tags)
    about = {"author": text(author)[:_MAX_LINK], "date": day(date), "source_url": url(source_url)}
    return Metadata(
        title=text(title),
        description=text(description),
        hashtags=_short(every),
        keywords=tuple(dict.fromkeys((*(tag.lstrip("#＃") for tag in every), *_texts(keywords))))[:_MAX_TAGS],
        alt_text=text(alt_text),
        extra={name: value for name, value in about.items() if value},
    )


def refusal(entry: Mapping[str, object]) -> str | None:
    """Why the medium of `entry` is not to be posted, where it says so: `"status": "failed"`."""
    status = text(entry.get("status")).casefold()
    if status not in _FAILED:
        return None
    why = text(entry.get("error") or entry.get("error_message"))[:200]
    return f"its status is {status!r}" + (f": {why}" if why else "")


def first(entry: object, *names: str, usable: Callable[[object], object] = lambda _: True) -> object:
    """Of these fields of an object, or the items of those that are lists, the first that says anything usable."""
    return next(filter(usable, _said(entry, names)), None)


def _said(entry: object, names: Iterable[str]) -> Iterator[object]:
    if isinstance(entry, Mapping):
        for name in names:
            value = entry.get(name)
            for one in value[:_MAX_TAGS] if isinstance(value, list) else [value]:
                if one not in (None, "", {}) and not (isinstance(one, str) and not one.strip()):
                    yield one


def within(entry: object, *path: str) -> object:
    """What lies below `entry` at `path`; None where there is no such thing. On the way, of a list the first item."""
    for name in path:
        entry = first(entry, name)
    return entry


def named(value: object) -> object:
    """Somebody's name: the text itself, or the name of an object such as `{"username": …, "name": …}`."""
    return first(value, "username", "name", "nick", "screen_name", "nickname", "login", usable=text) or value


def author(entry: object, *names: str) -> object:
    """The first of these fields of an object that names somebody."""
    return named(first(entry, *names, usable=lambda value: text(named(value))))


def day(value: object) -> str:
    """A date or time as ISO 8601, of all that `dates.parse` reads; of another the day it begins with, or nothing."""
    said = text(value)[:_MAX_DATE]
    try:
        return dates.iso(said)
    except ValueError:
        begin = _DAY.match(said)
    return day(begin[0]) if begin is not None and begin[0] != said else ""


def seconds(value: object) -> str:
    """Seconds since 1970 as ISO 8601; empty for anything else, and for 0, which programs write of a time unknown."""
    said = text(value)
    return dates.since_1970(float(said)).isoformat(timespec="seconds") if _SECONDS.fullmatch(said) else ""


def url(value: object) -> str:
    """A web address; empty for anything else."""
    words = text(value)
    return words if len(words) <= _MAX_LINK and re.fullmatch(r"https?://[^\s<>\"]+", words) else ""


def joined(lines: Iterable[str]) -> str:
    """Lines as one text."""
    return "\n".join(lines).strip()


def text(value: object) -> str:
    """A text, cleaned; a number as its text; empty for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        value = str(value)
    return clean(value[:_MAX_CHARACTERS]).strip() if isinstance(value, str) else ""


def _tags(value: object) -> tuple[str, ...]:
    """The tags of a list, or of a text: `#cat #nap`, `cat, nap at noon`, `#cat#nap`."""
    if isinstance(value, str):
        value = value[:_MAX_CHARACTERS]
        value = _LISTED.split(value) if _LISTED.search(value) else value.split()
    glued = _texts(value)
    return tuple(filter(None, (tag.strip() for tags in glued for tag in _NEXT_TAG.split(tags))))[:_MAX_TAGS]


def _short(tags: Iterable[str]) -> tuple[str, ...]:
    return tuple(tag for tag in tags if len(tag.split()) <= _MOST_WORDS)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value[:_MAX_CHARACTERS].split(",")
    if not isinstance(value, list):
        return ()
    return tuple(filter(None, map(text, value[:_MAX_TAGS])))


def _extra(entry: Mapping[str, object]) -> dict[str, object]:
    extra: dict[str, object] = {}
    # Those that say more than words first: of the others there may be too many.
    for name, value in sorted(entry.items(), key=lambda field: field[0] not in LABELS):
        if name not in FIELDS and len(extra) < _MAX_EXTRAS and _is_small_json({name: value}):
            extra[name] = value
    return extra


def _is_small_json(value: object) -> bool:
    """Whether it can be kept: no infinity (JSON's 1e999), no half character, no U+0000, short, and no deep nest."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        return False
    if written.count(b"[") + written.count(b"{") > _MOST_NESTED:
        return False  # whoever goes through it takes a level of the stack for each
    return len(written) <= _MAX_EXTRA_BYTES and b"\\u0000" not in written
