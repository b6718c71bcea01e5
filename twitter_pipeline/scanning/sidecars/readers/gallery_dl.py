"""`a.jpg.json`: the full name and .json, as gallery-dl writes it with --write-metadata."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from twitter_pipeline.scanning.kinds import is_media
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words

KIND = "gallery-dl"
EXAMPLES: tuple[str, ...] = ("a.jpg.json",)
_DESCRIPTIONS = ("description", "content", "caption", "selftext", "body", "text", "message")
_AUTHORS = ("author", "user", "username", "uploader", "artist")
_SOURCES = ("post_url", "permalink", "webpage_url", "url")
#: Where Weibo's words lie.
_POST = "status"
FIELDS: tuple[str, ...] = ("title", *_DESCRIPTIONS, _POST, "hashtags", "tags", *_AUTHORS, "date", *_SOURCES)
SHARED = False
IN_LANGUAGES = False

#: Groups of tags that tell of the file, not of what it shows.
_NO_TAGS = frozenset(("meta", "invalid"))

_VALUE = r"""\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
#: HTML's tags, and where its comments begin and end. What stands in a tag has "=": "a<b and c>d" is none.
_TAG = re.compile(
    r"<(?P<closing>/)?(?P<name>[a-zA-Z][a-zA-Z0-9]*)"
    rf"(?:\s+[\w:-]+{_VALUE}(?:\s+[\w:-]+(?:{_VALUE})?){{0,30}})?\s*/?>|<!--|(?P<end>-->)"
)
_COMMENT = "!"
#: Tags that stand for themselves, and those that are none without their counterpart: people write "Press <s>", too.
_ALONE = re.compile("br|hr|wbr|img|p|li|d[dt]|t[dhr]")
_PAIRED = re.compile(
    "a|abbr|article|aside|b|big|blockquote|body|center|cite|code|del|div|dl|em|figcaption|figure|font|footer|h[1-6]|head"
    "|header|html|i|ins|kbd|mark|ol|pre|q|s|script|section|small|span|strike|strong|style|sub|sup|table|tbody|thead|tt|u|ul"
    f"|{_COMMENT}"
)
#: Those that begin and end lines, and those in which nothing is text.
_LINES = re.compile(
    "article|aside|blockquote|br|center|d[dlt]|div|figcaption|figure|footer|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul"
)
_HIDDEN = re.compile(f"script|style|{_COMMENT}")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_END_OF_LINE = re.compile(r"[ \t\r]*\n")


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
    post = fields.first(about, _POST)
    description = fields.first(about, *_DESCRIPTIONS, usable=fields.text) or fields.first(post, "text_raw", "text")
    tags = _tags_of(about.get("hashtags") or about.get("tags"))
    if not understands(about) and not any(name in about for name in (*_AUTHORS, *_SOURCES)):
        # Nothing in it comes from elsewhere: somebody wrote it for this pipeline, and called it after the whole name.
        return Words(fields.read({**about, "description": description, "hashtags": tags}))
    return Words(
        fields.foreign(
            title=_plain(about.get("title")),
            description=_plain(description),
            tags=tags,
            author=fields.author(about, *_AUTHORS) or fields.author(post, *_AUTHORS),
            date=about.get("date"),
            source_url=fields.first(about, *_SOURCES, usable=fields.url),
        )
    )


def _tags_of(value: object) -> object:
    """Of tags in groups (e621) or with what they are in other languages (pixiv) the tags; anything else as it is."""
    if isinstance(value, dict):
        groups = [group for name, group in value.items() if name not in _NO_TAGS and isinstance(group, list)]
        return [tag for group in groups for tag in group]
    if isinstance(value, list):
        return [fields.named(tag) if isinstance(tag, dict) else tag for tag in value]
    return value


def _plain(value: object) -> object:
    """The words of HTML, which Mastodon, DeviantArt, Tumblr and others give; anything else as it is."""
    if not isinstance(value, str):
        return value
    if tags := _tags(value):
        value = _words(value, tags)
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), value)


def _tags(text: str) -> list[tuple[re.Match[str], str]]:
    """The tags of HTML in `text`, with their names."""
    found = [(tag, tag["name"].lower() if tag["name"] else _COMMENT) for tag in _TAG.finditer(text)]
    closed = {name: tag.start() for tag, name in found if _closes(tag)}
    opened = {name: tag.start() for tag, name in reversed(found) if not _closes(tag)}

    def has_other(tag: re.Match[str], name: str) -> bool:
        at = tag.start()
        return opened.get(name, at) < at if _closes(tag) else at < closed.get(name, at)

    return [
        (tag, name)
        for tag, name in found
        if _ALONE.fullmatch(name) or (_PAIRED.fullmatch(name) and has_other(tag, name))
    ]


def _closes(tag: re.Match[str]) -> bool:
    return bool(tag["closing"] or tag["end"])


def _words(text: str, tags: Sequence[tuple[re.Match[str], str]]) -> str:
    """What stands between the tags, in the lines that they make."""
    ending = {tag.end() for tag, name in tags if name == "br" and _END_OF_LINE.match(text, tag.end())}
    # Where tags make the lines those of the source are none; a poem may have one <br> and other lines.
    folds = 2 * len(ending) > text.strip().count("\n")
    folds = folds or any(name != "br" and _LINES.fullmatch(name) for _, name in tags)
    pieces, position, hidden = list[str](), 0, ""

    def add(words: str) -> None:
        pieces.append(words.replace("\n", " ") if folds else words)

    for tag, name in tags:
        if hidden:
            hidden = "" if name == hidden and _closes(tag) else hidden
        else:
            add(text[position : tag.start()])
            hidden = name if _HIDDEN.fullmatch(name) and not _closes(tag) else ""
            if _LINES.fullmatch(name) and (folds or tag.end() not in ending):
                pieces.append("\n\n" if name == "p" else "\n")
            elif name in ("td", "th"):
                pieces.append(" ")
        position = tag.end()
    add(text[position:])
    lines = (" ".join(line.split()) if folds else line.strip() for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
