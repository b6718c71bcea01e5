"""Shortening a text as an editor does: at the end of a sentence if one is near, else of a clause, else of a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from twitter_pipeline.content.breaks import Breaks, Kind, by_letter, last_before, within
from twitter_pipeline.content.languages import function_words, is_whole, language_of

ELLIPSIS = "…"
# What looks wrong right before an ellipsis.
_DANGLING = " \t\n\u00a0\u3000.,:;…!?、。，：；،؛۔।॥–—-([{（「『【#@&+/\\|·•¿¡"
# A sign that is written over the letter behind it, such as the Arabic number sign, goes with its word.
_LAST_WORD = regex.compile(r"(?r)(?<!\p{GCB=Prepend})\b[^\W\d_]++(?:['’])?+\Z")
_UNSPACED_END = regex.compile(r"(?r)[\p{Han}\p{Hiragana}]\Z")
#: Signs of a particle, in Japanese or Chinese.
_LONGEST_PARTICLE = 3
#: How much of what fits may be given up to end with a sentence, or with a clause.
_FOR_A_SENTENCE = 0.5
_FOR_A_CLAUSE = 0.25


def shorten(text: str, fits: Callable[[str], bool], room: int, languages: Sequence[str] = ()) -> str | None:
    """The longest good beginning of `text` for which `fits` is true; None when there is none.

    After a whole sentence nothing is added; any other cut is marked with "…", and no punctuation, article,
    preposition or conjunction dangles before it. `room` is about what it may weigh. A word is only divided when it
    is the first and longer than all the room. `languages` are those that it should be in, the likelier first.
    """
    language = language_of(text, languages)
    small = function_words(language)
    for find in (within, by_letter):
        breaks = find(text, room, language)
        if (chosen := _best(text, breaks, fits, small)) is not None:
            return chosen
    return None


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
        if (at := _small_from(kept, bound, small)) is None:
            return kept + ELLIPSIS if kept.strip() else ""
        text = kept[:at]


def _small_from(text: str, bound: int, small: frozenset[str]) -> int | None:
    """Where the article, preposition or conjunction begins that `text` ends with; None without one."""
    word = _LAST_WORD.search(text, bound)
    if word is None:
        return None
    if word[0].rstrip("'’").casefold() in small:
        return word.start()
    if not _UNSPACED_END.search(text, bound) or is_whole(text[-_LONGEST_PARTICLE - 1 :]):
        return None
    # Of a script without spaces the last signs may be one; a word of nothing else is not taken apart.
    sizes = range(min(_LONGEST_PARTICLE, len(word[0]) - 1), 0, -1)
    return next((len(text) - size for size in sizes if text[-size:] in small), None)
