"""Whom a text pings and where it leads: what the model must not add.

A mention notifies a stranger, and a post with a link costs more. Stricter than X where X's own rule is unclear: what
looks like a mention or a link counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MENTION = re.compile(r"[@＠]([A-Za-z0-9_]+)")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_RUN = re.compile(r"[\w.-]+")
_ENDING = re.compile(r"[^\W\d_]{2,}|xn--[A-Za-z0-9-]+")
_PROTOCOL = re.compile(r"^https?://", re.IGNORECASE)
_PUNCTUATION = ".,:;!?…)]}'\"“”"


def added(text: str, original: str) -> str | None:
    """What `text` mentions or links to and `original` does not, for people; None when there is nothing."""
    people = sorted(_mentions(text) - _mentions(original))
    if people:
        return f"it mentions @{people[0]}, whom the original does not"
    links = sorted(_links(text) - _links(original))
    return f"it links to {links[0][:100]}, which the original does not" if links else None


def spans(text: str, original: str) -> list[tuple[int, int]]:
    """Where `text`, in normal form C, holds what `added` speaks of, from left to right; some may overlap."""
    people, links = _mentions(original), _links(original)
    found = [mention.span() for mention in _MENTION.finditer(text) if mention[1].lower() not in people]
    found += [(start, end) for start, end in _link_spans(text) if _plain(text[start:end]) not in links]
    return sorted(found)


def _mentions(text: str) -> set[str]:
    return {name.lower() for name in _MENTION.findall(text)}


def _links(text: str) -> set[str]:
    """Each link without its protocol, the host in small letters."""
    from twitter_pipeline.content.weight import normalize

    text = normalize(text)
    return {_plain(text[start:end]) for start, end in _link_spans(text)}


def _link_spans(text: str) -> Iterator[tuple[int, int]]:
    """What X takes for a link, and then what only looks like one."""
    from twitter_pipeline.content import urls

    position = 0
    for start, end in [*urls.find(text), (len(text), len(text))]:
        for address in (*_ADDRESS.finditer(text, position, start), None):
            stop = address.start() if address else start
            yield from (run.span() for run in _RUN.finditer(text, position, stop) if _is_domain(run[0]))
            if address:
                yield address.start(), address.start() + len(address[0].rstrip(_PUNCTUATION))
                position = address.end()
        if start < end:
            yield start, end
        position = end


def _is_domain(run: str) -> bool:
    """Whether something behind a dot may be a top-level domain: X takes every one, and we do not know them all."""
    return any(_ENDING.fullmatch(label) for label in run.split(".")[1:])


def _plain(link: str) -> str:
    host, slash, path = _PROTOCOL.sub("", link).partition("/")
    host = host.strip(".-_")
    return f"{host.lower()}{slash}{path}".rstrip("/")
