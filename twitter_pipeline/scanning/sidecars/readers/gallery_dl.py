"""`a.jpg.json`: the full name and .json, as gallery-dl writes it with --write-metadata."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from twitter_pipeline.scanning.kinds import is_media
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Refused, Wanted, Words

KIND = "gallery-dl"
EXAMPLES: tuple[str, ...] = ("a.jpg.json",)
_DESCRIPTIONS = ("description", "content", "caption", "selftext", "body", "text", "message")
_AUTHORS = ("author", "user", "username", "uploader", "artist")
_SOURCES = ("post_url", "permalink", "webpage_url", "url")
FIELDS: tuple[str, ...] = ("title", *_DESCRIPTIONS, "hashtags", "tags", *_AUTHORS, "date", *_SOURCES)
SHARED = False
IN_LANGUAGES = False

#: HTML's: of a paragraph, between lines, within one.
_TAG = re.compile(
    r"</?(?:(?P<p>p)|(?P<line>blockquote|br|center|dd|div|dl|dt|figure|h[1-6]|hr|li|ol|pre|ul)"
    r"|a|abbr|b|code|del|em|i|img|ins|s|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


def claims(name: str, /) -> bool:
    """A medium's full name and .json."""
    return name.endswith(".json") and is_media(name.removesuffix(".json"))


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's full name and .json."""
    return (f"{wanted.name}.json",)


def understands(content: object, /) -> bool:
    """It names the site, and which of its pages: gallery-dl's category and subcategory."""
    return isinstance(content, dict) and all(
        isinstance(content.get(name), str) and content[name] for name in ("category", "subcategory")
    )


def read(document: Document, wanted: Wanted, /) -> Answer:
    """Each site has its own fields; of several that may be the words the first one counts."""
    about = as_object(document.content, "it")
    if (why := fields.refusal(about)) is not None:
        return Refused(why)
    description = fields.first(about, *_DESCRIPTIONS)
    tags = about.get("hashtags") or about.get("tags")
    if not understands(about) and not any(name in about for name in (*_AUTHORS, *_SOURCES)):
        # Nothing in it comes from elsewhere: somebody wrote it for this pipeline, and called it after the whole name.
        return Words(fields.read({**about, "description": description, "hashtags": tags}))
    return Words(
        fields.foreign(
            title=_plain(about.get("title")),
            description=_plain(description),
            tags=tags,
            author=fields.named(fields.first(about, *_AUTHORS)),
            date=about.get("date"),
            source_url=fields.first(about, *_SOURCES),
        )
    )


def _plain(value: object) -> object:
    """The words of HTML, which Mastodon, DeviantArt, Tumblr and others give; anything else as it is."""
    if not isinstance(value, str) or _TAG.search(value) is None:
        return value
    if any(
        tag.lastgroup for tag in _TAG.finditer(value)
    ):  # then these make the lines, and those of the source are none
        value = " ".join(line.strip() for line in value.split("\n"))
    words = html.unescape(_TAG.sub(lambda tag: {"p": "\n\n", "line": "\n"}.get(tag.lastgroup or "", ""), value))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in words.split("\n"))).strip()
