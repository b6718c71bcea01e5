"""Shortening a text as an editor does: at the end of a sentence if one is near, else of a clause, else of a word."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import regex

from twitter_pipeline.content.breaks import Breaks, End, Kind, by_letter, last_before, within
from twitter_pipeline.content.languages import function_words
from twitter_pipeline.content.weight import HEAVY

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

    def marked(breaks: Breaks, end: End) -> str:
        if end.kind is Kind.SENTENCE and end.at < len(text):
            return text[: end.at]
        return _without_dangling(text[: end.at], last_before(end.at, breaks.whole), small)

    for find in (within, by_letter):
        breaks = find(text, room)
        if (chosen := _best(text, breaks, fits, partial(marked, breaks))) is not None:
            return marked(breaks, chosen)
    return None


def without_dangling(text: str) -> str:
    """`text` without punctuation, articles, prepositions and conjunctions at its end; empty when it is no more."""
    whole = within(text, len(text) * 2).whole
    return _without_dangling(text, last_before(len(text), whole), function_words(text)).removesuffix(ELLIPSIS)


def divide(text: str, fits: Callable[[str], bool], room: int) -> int:
    """Where the first part of a text ends that is too long for one: as in `shorten`, but nothing is left out.

    The end of the text when there is no place for which `fits` is true.
    """
    for find in (within, by_letter):
        breaks = find(text, room)
        if (chosen := _best(text, breaks, fits, lambda end: text[: end.at].rstrip())) is not None:
            return chosen.at
    return len(text)


def first_words(text: str, number: int) -> str:
    """The first `number` words, marked and without what dangles as in `shorten`; the whole where there are no more."""
    breaks = within(text, len(text) * HEAVY)
    if not 0 < number < len(breaks.ends):
        return text if number > 0 else ""
    at, kind = breaks.ends[number - 1]
    if kind is Kind.SENTENCE:
        return text[:at]
    return _without_dangling(text[:at], last_before(at, breaks.whole), function_words(text))


def _best(text: str, breaks: Breaks, fits: Callable[[str], bool], made: Callable[[End], str]) -> End | None:
    """The best end for which what is `made` of the text up to it fits."""
    ends = breaks.ends

    def ended(number: int) -> str:
        return made(ends[number])

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
                return ends[number]
    return ends[last]


def _without_dangling(text: str, bound: int, small: frozenset[str]) -> str:
    """`text` and "…", without what dangles at its end; nothing before `bound` is taken. Empty when nothing is left."""
    while True:
        kept = text[:bound] + text[bound:].rstrip(_DANGLING)
        word = _LAST_WORD.search(kept, bound)
        if word is None or word[0].rstrip("'’").casefold() not in small:
            return kept + ELLIPSIS if kept.strip() else ""
        text = kept[: word.start()]
