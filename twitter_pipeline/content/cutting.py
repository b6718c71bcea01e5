"""Shortening a text as an editor does: at the end of a sentence if one is near, else of a clause, else of a word."""

from __future__ import annotations

from collections.abc import Callable

import regex

from twitter_pipeline.content.breaks import Breaks, Kind, by_letter, last_before, within
from twitter_pipeline.content.languages import function_words

ELLIPSIS = "…"
# What looks wrong right before an ellipsis.
_DANGLING = " \t\n\u00a0\u3000.,:;…!?、。，：；–—-([{（「『【#@&+/\\|·•¿¡"
# A sign that is written over the letter behind it, such as the Arabic number sign, goes with its word.
_LAST_WORD = regex.compile(r"(?r)(?<!\p{GCB=Prepend})\b[^\W\d_]++(?:['’])?+\Z")
#: How much of what fits may be given up to end with a sentence, or with a clause.
_FOR_A_SENTENCE = 0.5
_FOR_A_CLAUSE = 0.25


def shorten(text: str, fits: Callable[[str], bool], room: int) -> str | None:
    """The longest good beginning of `text` for which `fits` is true; None when there is none.

    After a whole sentence nothing is added; any other cut is marked with "…", and no punctuation, article,
    preposition or conjunction dangles before it. `room` is about what it may weigh. A word is only divided when it
    is the first and longer than all the room.
    """
    small = function_words(text)
    for find in (within, by_letter):
        breaks = find(text, room)
        if (chosen := _best(text, breaks, fits, small)) is not None:
            return chosen
    return None


def without_dangling(text: str) -> str:
    """`text` without punctuation, articles, prepositions and conjunctions at its end; empty when it is no more."""
    whole = within(text, len(text) * 2).whole
    return _without_dangling(text, last_before(len(text), whole), function_words(text)).removesuffix(ELLIPSIS)


def _best(text: str, breaks: Breaks, fits: Callable[[str], bool], small: frozenset[str]) -> str | None:
    ends = breaks.ends

    def ended(number: int) -> str:
        at, kind = ends[number]
        if kind is Kind.SENTENCE and at < len(text):
            return text[:at]
        return _without_dangling(text[:at], last_before(at, breaks.whole), small)

    def good(number: int) -> bool:
        shortened = ended(number)
        return bool(shortened) and shortened != text and fits(shortened)

    # Halving finds about where it stops fitting; what ends early can weigh more than it did within the text.
    low, high = 0, len(ends)
    while low < high:
        middle = (low + high) // 2
        shortened = ended(middle)
        if not shortened or fits(shortened):
            low = middle + 1
        else:
            high = middle
    last = next((number for number in range(low - 1, -1, -1) if good(number)), None)
    if last is None:
        return None
    reach = ends[last].at
    for kind, given_up in ((Kind.SENTENCE, _FOR_A_SENTENCE), (Kind.CLAUSE, _FOR_A_CLAUSE)):
        for number in range(last, -1, -1):
            if ends[number].at < reach * (1 - given_up):
                break
            if ends[number].kind is kind and good(number):
                return ended(number)
    return ended(last)


def _without_dangling(text: str, bound: int, small: frozenset[str]) -> str:
    """`text` and "…", without what dangles at its end; nothing before `bound` is taken. Empty when nothing is left."""
    while True:
        kept = text[:bound] + text[bound:].rstrip(_DANGLING)
        word = _LAST_WORD.search(kept, bound)
        if word is None or word[0].rstrip("'’").casefold() not in small:
            return kept + ELLIPSIS if kept.strip() else ""
        text = kept[: word.start()]
