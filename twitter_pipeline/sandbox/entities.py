"""What X sees in a text: links, hashtags, mentions, cashtags. Written from twitter-text's description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from twitter_pipeline.sandbox.tlds import KNOWN

_ACCENTED = r"\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
# Behind http(s):// a name may be of any script, and of symbols: all but spaces and punctuation.
_HOST = r"[^\s\x00-,/:-@\[-^`{-\u00a0\u2000-\u206f\u3000-\u3003\uff01-\uff0f\uff1a-\uff20]++"
# Each alternative takes a whole run of characters and gives nothing back, so scanning is linear in the text's length.
_RUN = regex.compile(
    rf"(?P<protocol>https?://)(?P<host>{_HOST})|(?P<host>[A-Za-z0-9_.\-{_ACCENTED}]++)", regex.IGNORECASE
)
_BEFORE_LINK = regex.compile(r"[A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]")
_BEFORE_BARE = regex.compile(r"[-_./]")

_LATIN_TLDS = frozenset(name for name in KNOWN if name.isascii())
_OTHER_TLDS = "|".join(sorted(KNOWN - _LATIN_TLDS, key=len, reverse=True))
# A latin ending has to end there; other scripts run on without a space.
_TLD = regex.compile(
    rf"(?P<latin>[a-z0-9]++(?:-[a-z0-9-]++)?+)(?![@+{_ACCENTED}])|(?:{_OTHER_TLDS})(?![a-z0-9@+-])", regex.IGNORECASE
)
_LABEL = regex.compile(r"[^\W_](?:[\w-]*[^\W_])?|[^\x00-\x7f](?:[^\x00-,/:-@\[-^`{-\x7f]*[^\x00-/:-@\[-`{-\x7f])?")
_MAX_LABEL = 63

_PORT = regex.compile(r":[0-9]++")
_PATH_LETTERS = rf"A-Za-z0-9{_ACCENTED}\u0400-\u04ff"
_PATH = regex.compile(rf"/(?:[{_PATH_LETTERS}!*';:=+,.$/%#\[\]\-\u2013_~@|&]|\([^()\s]{{0,200}}\))*+")
_PATH_END = regex.compile(rf"[{_PATH_LETTERS}=_#/+\-)]")
_QUERY = regex.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*+")
_QUERY_END = regex.compile(r"[A-Za-z0-9\-_&=#/]")
# X's own short links end with their code, which has at most 40 characters.
_SHORT = regex.compile(r"https?://t\.co/(?P<code>[a-z0-9]++)", regex.IGNORECASE)
_MAX_CODE = 40

_TAG_CHARS = (
    r"\p{L}\p{M}\p{Nd}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
)
_TAG = regex.compile(
    rf"(?<![{_TAG_CHARS}&--[\ufe0e\ufe0f]])[#＃](?!\ufe0f|\u20e3)"
    rf"(?P<name>(?=[{_TAG_CHARS}--[\p{{L}}\p{{M}}]]*+[\p{{L}}\p{{M}}])[{_TAG_CHARS}]++)(?!://|[#＃])",
    regex.VERSION1,
)
_MENTION = regex.compile(
    r"(?:(?<![A-Za-z0-9_!#$%&*@＠])|(?<=(?:^|[^A-Za-z0-9_+~.-])rt))[@＠](?P<name>[a-z0-9_]{1,20}+)"
    rf"(?![@＠{_ACCENTED}]|://)",
    regex.IGNORECASE,
)
_CASHTAG = regex.compile(r"(?<!\S)\$(?P<name>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=$|\s|[!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Span:
    """A piece of a text by code points: `value` is the link as written, or the name without its sign."""

    start: int
    end: int
    value: str


def links(text: str) -> list[Span]:
    """The links X would shorten, in order: with http(s)://, or a bare domain whose end is a known one."""
    return list(_links(text))


def hashtags(text: str) -> list[Span]:
    return _outside_links(text, _TAG)


def mentions(text: str) -> list[Span]:
    return _outside_links(text, _MENTION)


def cashtags(text: str) -> list[Span]:
    return _outside_links(text, _CASHTAG)


def _outside_links(text: str, pattern: regex.Pattern[str]) -> list[Span]:
    covered = {at for link in links(text) for at in range(link.start, link.end)}
    return [
        Span(found.start(), found.end(), found["name"])
        for found in pattern.finditer(text)
        if found.start() not in covered
    ]


def _links(text: str) -> Iterator[Span]:
    done = 0
    for run in _RUN.finditer(text):
        start, bare = run.start(), run["protocol"] is None
        before = text[start - 1 : start]
        if start < done or _BEFORE_LINK.match(before) or (bare and _BEFORE_BARE.match(before)):
            continue
        host_end = _end_of_host(text, run.start("host"), run.end("host"))
        short = _SHORT.match(text, start)
        if host_end is None or (short and len(short["code"]) > _MAX_CODE):
            continue
        done = short.end() if short else _end_of_path(text, host_end)
        yield Span(start, done, text[start:done])


def _end_of_host(text: str, start: int, end: int) -> int | None:
    """Where the host ends that begins at `start`: after its last known top-level domain, names before it sound.

    "example.com.my-own" ends after "com": what follows a link is ordinary text.
    """
    found, label_at = None, start
    while (dot := text.find(".", label_at, end)) > label_at:
        label = text[label_at:dot]
        if not _is_label(label):
            break
        ending = _TLD.match(text, dot + 1)
        if ending and _is_known(ending["latin"]) and "_" not in label:
            found = ending.end()
        label_at = dot + 1
    return found


def _is_known(latin: str | None) -> bool:
    return latin is None or latin.casefold() in _LATIN_TLDS or latin.casefold().startswith("xn--")


def _is_label(label: str) -> bool:
    if not _LABEL.fullmatch(label):
        return False
    if label.isascii():
        return len(label) <= _MAX_LABEL
    return not label.casefold().startswith("xn--") and len(label.encode("punycode")) + 4 <= _MAX_LABEL


def _end_of_path(text: str, at: int) -> int:
    port = _PORT.match(text, at)
    at = port.end() if port else at
    for body, last in ((_PATH, _PATH_END), (_QUERY, _QUERY_END)):
        found = body.match(text, at)
        if found:
            end = found.end()
            while end > at and not last.match(text, end - 1):
                end -= 1
            at = end
    return at
