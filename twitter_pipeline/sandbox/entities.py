"""What X sees in a text: links, hashtags, mentions, cashtags. Written from twitter-text's description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from twitter_pipeline.sandbox.tlds import COUNTRY, GENERIC

# Each alternative takes a whole run of characters, so scanning is linear in the text's length.
_RUN = re.compile(r"(?P<protocol>https?://)(?P<host>[\w.-]+)|(?P<bare>[A-Za-z0-9_.-]+)", re.IGNORECASE)
_BEFORE_LINK = re.compile(r"[A-Za-z0-9@＠$#＃\ufffe\ufeff\uffff]")
_BEFORE_BARE = re.compile(r"[-_./]")
_AFTER_BARE = re.compile(r"[A-Za-z0-9@＠]")
_PORT = re.compile(r":[0-9]+")
_PATH_CHARS = r"A-Za-z0-9\u00c0-\u024f\u0400-\u04ff!*';:=+,.$/%#\[\]\-\u2013_~@|&"
_PATH = re.compile(rf"/(?:[{_PATH_CHARS}]|\([^()\s]{{0,200}}\))*")
_PATH_END = re.compile(r"[A-Za-z0-9\u00c0-\u024f\u0400-\u04ff=_#/+\-)]")
_QUERY = re.compile(r"\?[A-Za-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*")
_QUERY_END = re.compile(r"[A-Za-z0-9\-_&=#/]")

_TAG = re.compile(r"(?<![\w&/])[#＃](?!\ufe0f|\u20e3)(?P<tag>\w*[^\W\d_]\w*)(?!://|[#＃])")
_MENTION = re.compile(r"(?<![\w!#$%&*@＠])[@＠](?P<name>[A-Za-z0-9_]{1,20})(?![@＠\w]|://)")
_CASHTAG = re.compile(r"(?<!\S)\$(?P<tag>[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?=$|\s|[!-/:-@\[-`{-~])")


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
    return _outside_links(text, _TAG, "tag")


def mentions(text: str) -> list[Span]:
    return _outside_links(text, _MENTION, "name")


def cashtags(text: str) -> list[Span]:
    return _outside_links(text, _CASHTAG, "tag")


def _outside_links(text: str, pattern: re.Pattern[str], group: str) -> list[Span]:
    taken = links(text)
    return [
        Span(found.start(), found.end(), found[group])
        for found in pattern.finditer(text)
        if not any(link.start <= found.start() < link.end for link in taken)
    ]


def _links(text: str) -> Iterator[Span]:
    done = 0
    for run in _RUN.finditer(text):
        start = run.start()
        if start < done or (start and _BEFORE_LINK.match(text[start - 1])):
            continue
        protocol = run["protocol"] or ""
        host_at = start + len(protocol)
        host_end = host_at + _domain_length(run["host"] or run["bare"], bare=not protocol)
        if host_end == host_at:
            continue
        if not protocol:
            host_at += len(text[host_at:host_end]) - len(text[host_at:host_end].lstrip("-_."))
            start = host_at
            if start and _BEFORE_BARE.match(text[start - 1]):
                continue
            if _AFTER_BARE.match(text, host_end):
                continue
        end = _end_of_path(text, host_end)
        if not protocol and end == host_end and _is_short_country_domain(text[host_at:host_end]):
            continue
        done = end
        yield Span(start, end, text[start:end])


def _domain_length(run: str, *, bare: bool) -> int:
    """Characters of `run` up to its last label that is a top-level domain with a name before it; 0 for none.

    "example.com.my-own" ends after "com": what follows a link is ordinary text.
    """
    best = at = 0
    for number, label in enumerate(run.split(".")):
        ending = label.casefold() if bare else _leading_ascii(label).casefold()
        size = len(label) if bare else len(_leading_ascii(label)) or len(label)
        if number and not label:
            break
        known = ending in GENERIC or ending in COUNTRY or ending.startswith("xn--")
        if number and (known or label.casefold() in COUNTRY | GENERIC):
            best = at + (size if known else len(label))
        at += len(label) + 1
    return best


def _leading_ascii(label: str) -> str:
    """ "comの" → "com": a link ends where another script begins without a space."""
    found = re.match(r"[A-Za-z0-9-]+", label)
    return found[0] if found else ""


def _is_short_country_domain(domain: str) -> bool:
    """ "example.jp" alone is no link to X, "www.example.jp" is; "co" and "tv" are excepted."""
    labels = domain.casefold().split(".")
    return len(labels) == 2 and labels[1] in COUNTRY and labels[1] not in ("co", "tv")


def _end_of_path(text: str, at: int) -> int:
    port = _PORT.match(text, at)
    at = port.end() if port else at
    for body, last in ((_PATH, _PATH_END), (_QUERY, _QUERY_END)):
        found = body.match(text, at)
        if found:
            end = found.end()
            while end > at + 1 and not last.match(text, end - 1):
                end -= 1
            if end == at + 1 and body is _QUERY:
                break
            at = end
    return at
