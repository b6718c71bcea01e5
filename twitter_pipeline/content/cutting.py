"""Shortening a text as an editor does: at the end of a sentence if one is near, else of a clause, else of a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import regex

from twitter_pipeline.content.breaks import Breaks, End, Kind, by_letter, by_sign, last_before, within
from twitter_pipeline.content.languages import function_words, is_whole, language_of
from twitter_pipeline.content.weight import HEAVY

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

    def marked(breaks: Breaks, end: End) -> str:
        if end.kind is Kind.SENTENCE and end.at < len(text):
            return text[: end.at]
        return _without_dangling(text[: end.at], last_before(end.at, breaks.whole), small)

    for find in (within, by_letter):
        breaks = find(text, room, language)
        if (chosen := _best(text, breaks, fits, partial(marked, breaks))) is not None:
            return marked(breaks, chosen)
    return None


def without_dangling(text: str) -> str:
    """`text` without punctuation, articles, prepositions and conjunctions at its end; empty when it is no more."""
    language = language_of(text, ())
    whole = within(text, len(text) * HEAVY, language).whole
    return _without_dangling(text, last_before(len(text), whole), function_words(language)).removesuffix(ELLIPSIS)


def divide(text: str, fits: Callable[[str], bool], room: int, languages: Sequence[str] = ()) -> int:
    """Where the first part of a text ends that is too long for one: as in `shorten`, but nothing is left out.

    The end of the text when there is no place for which `fits` is true.
    """
    language = language_of(text, languages)
    for find in (within, by_letter, by_sign):
        breaks = find(text, room, language)
        if (chosen := _best(text, breaks, fits, lambda end: text[: end.at].rstrip())) is not None:
            return chosen.at
    return len(text)


def first_words(text: str, number: int) -> str:
    """The first `number` words, marked and without what dangles as in `shorten`; the whole where there are no more."""
    language = language_of(text, ())
    breaks = within(text, len(text) * HEAVY, language)
    if not 0 < number < len(breaks.ends):
        return text if number > 0 else ""
    at, kind = breaks.ends[number - 1]
    if kind is Kind.SENTENCE:
        return text[:at]
    return _without_dangling(text[:at], last_before(at, breaks.whole), function_words(language))


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
