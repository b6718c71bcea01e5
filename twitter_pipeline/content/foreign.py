"""What words that others wrote must not do in a post: hide characters, ping strangers, cost a link by a slip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.data import words
from twitter_pipeline.content.tidy import clean

# Embeddings, overrides and isolates of writing direction; spaces, joiners and operators without width; soft hyphens;
# tags but of flags. Joiners belong between letters of some scripts, and between emoji: elsewhere they are junk too.
_INVISIBLE = regex.compile(
    "[\u202a-\u202e\u2066-\u2069\u200b\u2060-\u2064\u206a-\u206f\u00ad\u180e\u034f\ufff9-\ufffb]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]++"
    r"|(?<![\p{M}\p{Arabic}\p{Syriac}\p{Mongolian}])\u200c|\u200c(?!\p{L})"
    r"|(?<![\p{M}\p{Arabic}\p{Syriac}\p{Emoji}\ufe0f])\u200d|\u200d(?![\p{L}\p{Emoji}])"
)
# What it begins with: where there is none of these nothing more is tried. Stdlib's `re` is the faster one for a set.
_HIDDEN = re.compile("[\u00ad\u034f\u180e\u200b-\u200d\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\U000e0000-\U000e007f]")
# The whole run of signs: of "@@ann", which mentions nobody, half of it would leave "@ann", and of "#@ann" a hashtag.
# Behind 40 of them X sees no mention either.
_SIGNS = "#＃$@＠"
_MENTION = regex.compile(
    rf"(?:(?<![A-Za-z0-9_{_SIGNS}])[{_SIGNS}]{{0,40}}|(?<=＃|(?<![A-Za-z0-9_])(?i:rt))[@＠]{{0,40}})[@＠](?=[A-Za-z0-9_])"
)
# "@ann.com" mentions ann; "ann.com" would be a link.
_MENTION_AND_MORE = regex.compile(rf"(?:{_MENTION.pattern})[\w.-]++")
_INNER_DOT = regex.compile(r"\.(?=\w)")
# Only a space or a directional mark stands before one, and only a space or ASCII punctuation behind it.
_CASHTAG = regex.compile(
    r"(?<![^\s\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])"
    r"\$(?=([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=\Z|\s|[!-/:-@\[-`{-~]))"
)
# "$SAP.DE" is no link, but "SAP.DE" would be one.
_CASHTAG_AND_MORE = regex.compile(rf"{_CASHTAG.pattern}[\w.-]++")
# A number, a day or a time, perhaps of something: "3.", "3.5.", "10.30.", "vers.2.".
_NUMBER = r"(?:(?!www\.)[A-Za-z]++\.)?[0-9]++(?:\.[0-9]++)*+"
# A short word, an abbreviation or a number, and a word that is a top-level domain too.
_SHORT = regex.compile(rf"([A-Za-z]{{1,3}}|[A-Za-z](?:\.[A-Za-z](?!\w))++|{_NUMBER})\.([a-z]++)")
# A sentence that begins right after the full stop: "the end.So".
_CAPITAL = regex.compile(rf"([\w-]*[a-z0-9]|{_NUMBER})\.([A-Z][a-z]++)")


def plain(text: str) -> str:
    """`text` cleaned, and without what is not seen: overrides of writing direction, characters without width."""
    text = clean(text)
    # What stood apart by one that goes may then be one itself.
    while not text.isascii() and _HIDDEN.search(text) and (less := _INVISIBLE.sub("", text)) != text:
        text = less
    return text


def without_mentions(text: str) -> tuple[str, int]:
    """`text` in which "@name" is "name", and how many: nobody is told of it. Addresses, and names in a link, stay."""
    # Of "＠ann.com" X makes a link and a mention, which begins before it.
    links = [(start, end) for start, end in urls.find(text) if text[max(0, start - 1) : start] != "＠"]
    gone = 0

    def bare(words: str) -> str:
        nonlocal gone
        words, found = _MENTION.subn("", words)
        gone += found
        return words

    stripped = _outside(text, links, bare)
    if len(urls.find(stripped)) != len(links):
        stripped = _outside(text, links, lambda words: _MENTION_AND_MORE.sub(_apart, words))
    return stripped, gone


def _apart(mention: regex.Match[str]) -> str:
    return _INNER_DOT.sub(". ", mention[0].lstrip(_SIGNS))


def _outside(text: str, links: list[tuple[int, int]], change: Callable[[str], str]) -> str:
    """`text` with what is in none of its links changed."""
    pieces, position = [], 0
    for start, end in [*links, (len(text), len(text))]:
        pieces += [change(text[position:start]), text[start:end]]
        position = end
    return "".join(pieces)


def without_slips(text: str, *, remove: bool = False) -> tuple[str, int]:
    """`text` without links that nobody meant, and how many: "vs.me" and "end.So" get their space, or go with `remove`.

    A link with a protocol, a path, a name longer than three letters in front or more than one dot is meant, but for
    numbers and abbreviations: "3.5.in", "u.a.am".
    """
    pieces, position, gone = [], 0, 0
    for start, end in urls.find(text):
        slip = _SHORT.fullmatch(text, start, end)
        if slip is None or slip[2] not in words("link_words"):
            slip = _CAPITAL.fullmatch(text, start, end)
        if slip is not None:
            pieces += [text[position:start], "" if remove else f"{slip[1]}. {slip[2]}"]
            position, gone = end, gone + 1
    return "".join([*pieces, text[position:]]), gone


def cashtags(text: str) -> Iterator[tuple[int, int]]:
    """Where each "$TICKER" begins, with "$", and ends."""
    return ((found.start(), found.end(1)) for found in _CASHTAG.finditer(text))


def one_cashtag(text: str) -> tuple[str, int]:
    """`text` in which only the first "$TICKER" is one, and how many others were: X refuses a post with two."""
    first = _CASHTAG.search(text)
    if first is None:
        return text, 0
    others, gone = _CASHTAG_AND_MORE.subn(lambda found: _no_link(found[0][1:]), text[first.end() :])
    return text[: first.end()] + others, gone


def _no_link(word: str) -> str:
    return _INNER_DOT.sub(" ", word) if urls.find(word) else word
