"""Making a post's words fit X's limit: what gives way, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from twitter_pipeline.content.cutting import ELLIPSIS, shorten
from twitter_pipeline.content.weight import HEAVY, weighted_length

#: What can give way; words beside them, and the link, only when nothing else is left.
Part = Literal["hashtags", "description", "title"]
GIVE_WAY: tuple[Part, ...] = ("hashtags", "description", "title")


@dataclass(frozen=True)
class Words:
    """A post's parts, and how they stand together."""

    title: str
    description: str
    #: How many of the hashtags are in, from the first on.
    hashtags: int
    #: The text they make.
    arrange: Callable[[str, str, int], str]
    #: What they should be in, the likelier first: where a text ends depends on it.
    languages: tuple[str, ...] = ()
    #: Which of title, description and hashtags the text shows as they are.
    shown: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The whole."""
        return self.arrange(self.title, self.description, self.hashtags)


@dataclass(frozen=True)
class Fitted:
    """The words as they fit."""

    text: str
    #: By X's reckoning, at most the limit.
    weight: int
    #: What had to give way, for people, in that order: "3 hashtags", "the end of the description".
    gave_way: tuple[str, ...] = ()


def fit(parts: Words, limit: int, *, give_way: tuple[Part, ...] = GIVE_WAY, keep_hashtags: int = 0) -> Fitted:
    """The parts within `limit`, by X's reckoning. Words that fit are left as they are.

    Each part of `give_way` gives as much as it must before the next does; hashtags one by one, the last first, but
    the first `keep_hashtags` only when nothing else is left. Hashtags come back into room that a cut leaves.
    """
    text = parts.text
    weight = weighted_length(text)
    if weight <= limit:
        return Fitted(text, weight)
    now = parts
    for part in give_way:
        now = _without_hashtags(now, limit, keep_hashtags) if part == "hashtags" else _shortened(now, part, limit)
        if _weight(now) <= limit:
            break
    else:
        now = _without_hashtags(now, limit, 0)
    if _weight(now) > limit:
        rest = shorten(now.text, lambda text: weighted_length(text) <= limit, limit, now.languages)
        text = rest if rest is not None else ELLIPSIS if limit >= HEAVY else ""
        return Fitted(text, weighted_length(text), (*_gone(parts, now), "words at the end"))
    now = _with_hashtags(now, limit, parts.hashtags)
    text = now.text
    return Fitted(text, weighted_length(text), _gone(parts, now))


def _weight(words: Words) -> int:
    return weighted_length(words.text)


def _without_hashtags(words: Words, limit: int, keep: int) -> Words:
    keep = min(keep, words.hashtags)
    return _with_hashtags(replace(words, hashtags=keep), limit, words.hashtags)


def _with_hashtags(words: Words, limit: int, most: int) -> Words:
    """With as many hashtags, up to `most`, as fit; by halving, since a sidecar may hold thousands."""
    kept = words.hashtags
    while kept < most:
        middle = (kept + most + 1) // 2
        if _weight(replace(words, hashtags=middle)) <= limit:
            kept = middle
        else:
            most = middle - 1
    return replace(words, hashtags=kept)


def _shortened(words: Words, part: Literal["description", "title"], limit: int) -> Words:
    """With a shorter description or title; without a description of which nothing fits."""
    change = partial(replace, words)
    text = words.description if part == "description" else words.title
    if not text:
        return words

    def fits(shorter: str) -> bool:
        return _weight(change(**{part: shorter})) <= limit

    room = limit - _weight(change(**{part: ""}))
    shorter = shorten(text, fits, room, words.languages) if room > 0 else None
    if shorter is None:
        return replace(words, description="") if part == "description" else words
    return change(**{part: shorter})


def hashtags_gone(number: int) -> tuple[str, ...]:
    """So many hashtags gave way, in words."""
    return ("1 hashtag" if number == 1 else f"{number:,} hashtags",) if number > 0 else ()


def _gone(before: Words, now: Words) -> tuple[str, ...]:
    gone = [*hashtags_gone(before.hashtags - now.hashtags)]
    if now.description != before.description:
        gone.append("the end of the description" if now.description else "the description")
    if now.title != before.title:
        gone.append("the end of the title")
    return tuple(gone)
