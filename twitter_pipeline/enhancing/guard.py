"""Whom a text pings and where it leads: what the model must not add.

A mention notifies a stranger, and a post with a link costs more. Stricter than X where X's own rule is unclear: what
looks like a mention or a link counts as one.
"""

from __future__ import annotations

import re

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


def _mentions(text: str) -> set[str]:
    return {name.lower() for name in _MENTION.findall(text)}


def _links(text: str) -> set[str]:
    """Each link without its protocol, the host in small letters."""
    from twitter_pipeline.content import urls
    from twitter_pipeline.content.weight import normalize

    text = normalize(text)
    found, rest, position = set(), [], 0
    for start, end in urls.find(text):
        found.add(text[start:end])
        rest.append(text[position:start])
        position = end
    rest.append(text[position:])
    for part in rest:
        found |= {address.rstrip(_PUNCTUATION) for address in _ADDRESS.findall(part)}
        found |= {run for run in _RUN.findall(_ADDRESS.sub(" ", part)) if _is_domain(run)}
    return {_plain(link) for link in found}


def _is_domain(run: str) -> bool:
    """Whether something behind a dot may be a top-level domain: X takes every one, and we do not know them all."""
    return any(_ENDING.fullmatch(label) for label in run.split(".")[1:])


def _plain(link: str) -> str:
    host, slash, path = _PROTOCOL.sub("", link).partition("/")
    host = host.strip(".-_")
    return f"{host.lower()}{slash}{path}".rstrip("/")
