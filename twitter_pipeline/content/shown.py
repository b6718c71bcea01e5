"""A post's text as X shows it: in pieces, of which some are coloured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import regex

from twitter_pipeline.content import foreign, hashtags, urls

_NAME = regex.compile(
    rf"(?:(?<![A-Za-z0-9_!#$%&*@＠/])|(?<=(?<![A-Za-z0-9_])(?i:rt)))[@＠][A-Za-z0-9_]{{1,15}}(?![A-Za-z0-9_@＠{urls.LATIN}]|://)"
)
_PROTOCOL = regex.compile(r"(?i)https?://(?:www\.)?")
#: X shows so many characters of a link's path, more or less.
_PATH = 15


class Piece(NamedTuple):
    """A stretch of a text."""

    kind: Literal["", "link", "hashtag", "mention", "cashtag"]
    #: As X shows it: a link without its protocol, and with the beginning of its path.
    text: str
    #: As it is written.
    written: str


def pieces(text: str) -> Iterator[Piece]:
    """The text from its beginning to its end."""
    found: list[tuple[int, int, Literal["link", "hashtag", "mention", "cashtag"]]] = []
    found += [(start, end, "link") for start, end in urls.find(text)]
    found += [(start, end, "hashtag") for start, end in hashtags.spans(text)]
    found += [(*one.span(), "mention") for one in _NAME.finditer(text)]
    found += [(start, end, "cashtag") for start, end in foreign.cashtags(text)]
    position = 0
    for start, end, kind in sorted(found):
        if start < position:
            continue
        if start > position:
            yield Piece("", text[position:start], text[position:start])
        written = text[start:end]
        yield Piece(kind, _displayed(written) if kind == "link" else written, written)
        position = end
    if position < len(text):
        yield Piece("", text[position:], text[position:])


def _displayed(link: str) -> str:
    bare = _PROTOCOL.sub("", link, count=1)
    domain, slash, path = bare.partition("/")
    return f"{domain}{slash}{path[: _PATH - 1]}…" if len(path) > _PATH else bare.removesuffix("/")
