"""Cutting a text that is over X's limit."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.weight import HEAVY, weighted_length

_ELLIPSIS = "…"
_ELLIPSIS_WEIGHT = HEAVY

_WORD = regex.compile(r"\S++")
# Scripts that put no space between words.
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}\p{Balinese}]"
)
# What a long word may be cut between: characters as a person sees them; tags and mentions stay whole.
_UNIT = regex.compile(r"[#＃@＠][\p{L}\p{M}\p{Nd}_]++|\X")
# What looks wrong right before an ellipsis.
_DANGLING = " \t\n\u00a0\u3000.,:;…、。，：；-–—([{#@"


def cut(text: str, limit: int) -> str:
    """The beginning of `text`, up to a word, that with "…" weighs at most `limit`.

    A word is divided only when it is the first, or in a script without spaces, or when it alone would cost half the
    room; a URL, a hashtag or a mention never is. Where nothing fits, "…" alone; with a limit below 2, nothing.
    `text` is expected to be normalized and over the limit.
    """
    room = limit - _ELLIPSIS_WEIGHT
    ends = list(_ends(text, room))
    while ends:
        # What ends early can weigh more than it did within the text ("example.com" of "example.community").
        shortened = text[: ends.pop()].rstrip(_DANGLING) + _ELLIPSIS
        if shortened != _ELLIPSIS and weighted_length(shortened) <= limit:
            return shortened
    return _ELLIPSIS if room >= 0 else ""


def _ends(text: str, room: int) -> Iterator[int]:
    """Where `text` may end, from left to right, for as long as `room` lasts.

    Weights add up over white space: no URL, emoji or composed character reaches across it.
    """
    weight = position = 0
    for word in _WORD.finditer(text):
        before = weight + weighted_length(text[position : word.start()])
        weight = before + weighted_length(word[0])
        position = word.end()
        if weight <= room:
            yield position
            continue
        if before <= room // 2 or _UNSPACED.search(word[0]):
            for start, end in _units(word[0]):
                before += weighted_length(word[0][start:end])
                if before > room:
                    return
                yield word.start() + end
        return


def _units(word: str) -> Iterator[tuple[int, int]]:
    """The parts of `word` that may stand apart: URLs, hashtags and mentions whole, all else by the character."""
    position = 0
    for start, end in [*urls.find(word), (len(word), len(word))]:
        yield from (unit.span() for unit in _UNIT.finditer(word, position, start))
        if end > start:
            yield start, end
        position = end
