"""Whom a text pings and where it leads: what the model must not add.

A mention notifies a stranger, a link makes a post dearer, a cashtag leads to what is traded under it. Stricter than X
where X's own rule is unclear: what looks like a mention or a link counts as one. Of the original only that counts of
which X makes one: a text that says "me@example.com" mentions nobody and links nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_MENTION = re.compile(r"[@＠]([A-Za-z0-9_]+)")
_ADDRESS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_RUN = re.compile(r"[\w.-]+")
_ENDING = re.compile(r"[^\W\d_]{2,}|xn--[A-Za-z0-9-]+")
_PROTOCOL = re.compile(r"^https?://", re.IGNORECASE)
_PUNCTUATION = ".,:;!?…)]}'\"“”"
# What stands together: "Node.js", "me@example.com", "https://intranet/wiki".
_TOKEN = re.compile(rf"{_ADDRESS.pattern}|[\w.+@＠-]+", re.IGNORECASE)

Span = tuple[int, int]


def added(text: str, original: str) -> str | None:
    """What `text` mentions or links to and `original` does not, for people; None when there is nothing."""
    from twitter_pipeline.content.weight import normalize

    text = normalize(text)
    found = [text[start:end] for start, end in spans(text, original)]
    if people := sorted(one[1:].lower() for one in found if one[0] in "@＠"):
        return f"it mentions @{people[0]}, whom the original does not"
    if links := sorted(_plain(one) for one in found if one[0] not in "@＠$"):
        return f"it links to {links[0][:100]}, which the original does not"
    return f"it has the cashtag {sorted(found)[0]}, which the original has not" if found else None


def spans(text: str, original: str) -> list[Span]:
    """Where `text`, in normal form C, holds what `added` speaks of, from left to right; some may overlap."""
    held, made = _held(original), list(_made_by_x(text))
    links = {span: _plain(text[slice(*span)]) in held.links for span in _link_spans(text)}
    found = [one.span() for one in _MENTION.finditer(text) if one[1].lower() not in held.people]
    found += [span for span, is_own in links.items() if not is_own]
    found += [span for kind, span in made if kind == "cashtag" and text[slice(*span)].upper() not in held.cashtags]
    # Within a link nobody is mentioned; and what X makes nothing of is no more than it was in the original.
    by_x = _covered(text, (span for _, span in made))
    same = (span for span in _tokens(text) if _said(text, span) in held.tokens and 1 not in by_x[slice(*span)])
    fine = _covered(text, [*(span for span, is_own in links.items() if is_own), *same])
    return sorted(span for span in found if 0 in fine[slice(*span)])


@dataclass(frozen=True)
class _Held:
    """What an original has, as it is compared."""

    people: frozenset[str]
    links: frozenset[str]
    cashtags: frozenset[str]
    tokens: frozenset[str]


@lru_cache(maxsize=4)  # each look at a text asks anew
def _held(original: str) -> _Held:
    from twitter_pipeline.content import urls
    from twitter_pipeline.content.weight import normalize

    original = normalize(original)
    made = [(kind, original[slice(*span)]) for kind, span in _made_by_x(original)]
    return _Held(
        people=frozenset(one[1:].lower() for kind, one in made if kind == "mention"),
        links=frozenset(_plain(original[start:end]) for start, end in urls.find(original)),
        cashtags=frozenset(one.upper() for kind, one in made if kind == "cashtag"),
        tokens=frozenset(_said(original, span) for span in _tokens(original)),
    )


def _made_by_x(text: str) -> Iterator[tuple[str, Span]]:
    """What X makes mentions, links and cashtags of."""
    from twitter_pipeline.content.shown import pieces

    position = 0
    for piece in pieces(text):
        end = position + len(piece.written)
        if piece.kind in ("mention", "link", "cashtag"):
            yield piece.kind, (position, end)
        position = end


def _tokens(text: str) -> Iterator[Span]:
    return (token.span() for token in _TOKEN.finditer(text))


def _said(text: str, token: Span) -> str:
    return text[slice(*token)].strip(_PUNCTUATION).casefold()


def _covered(text: str, found: Iterable[Span]) -> bytearray:
    """1 for each character of `text` that stands within one of them, 0 for the others."""
    covered = bytearray(len(text))
    for start, end in found:
        covered[start:end] = b"\1" * (end - start)
    return covered


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
