"""Shortening a text as an editor does: at the end of a sentence if one is near, else of a clause, else of a word."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import regex

from twitter_pipeline.content.breaks import Breaks, End, Kind, by_letter, by_sign, leading_from, within
from twitter_pipeline.content.languages import function_words, is_whole, language_of
from twitter_pipeline.content.spans import last_before
from twitter_pipeline.content.weight import HEAVY, weighted_length

ELLIPSIS = "…"
# What looks wrong right before an ellipsis.
_DANGLING = " \t\n\u00a0\u3000.,:;…!?、。，：；،؛۔।॥–—-([{（「『【《〈#@&+=→/\\|·•¿¡"
# What opens a quote, or stands alone; behind a word the same signs close one, or are of it.
_OPENING = regex.compile(r"(?r)(?<![^\s(\[{])[\"“”„«»‘‚‹›'*~_<>]++\Z")
_GOES_ON = (*"([{（「『【《〈#@&+=→/\\|·•¿¡",)
_CLOSES_BEHIND_SPACE = ("»", "›")
# A sign that is written over the letter behind it, such as the Arabic number sign, goes with its word.
_LAST_WORD = regex.compile(r"(?r)(?<!\p{GCB=Prepend})\b[^\W\d_]++(?:['’])?+\Z")
# What an apostrophe joins to the word behind it: "c" of "c'est", but also "Ankara" of "Ankara'da".
_ELIDED = regex.compile(r"(?r)(?<![\w'’])\w++['’]\Z")
_UNSPACED_END = regex.compile(r"(?r)[\p{Han}\p{Hiragana}]\Z")
_WORD_BEFORE, _WORD_BEHIND = regex.compile(r"(?r)\S++\Z"), regex.compile(r"\S++")
#: Signs of a particle, in Japanese or Chinese.
_LONGEST_PARTICLE = 3
#: More than an article, a preposition or a conjunction has letters.
_LONGEST_SMALL = 40
#: How much of what fits may be given up to end with a sentence, or with a clause.
_FOR_A_SENTENCE = 0.5
_FOR_A_CLAUSE = 0.25
#: And to end before a bracket or a quote; so many characters always.
_FOR_A_PAIR = 0.5
_FEW = 20
#: Of the ends before the last that may do, so many are tried: more are bad in hostile text only.
_MOST_TRIED = 500
#: A text that ends with more small words and quotes says nothing.
_MOST_DANGLING = 50
_NONE: frozenset[str] = frozenset()


def shorten(text: str, fits: Callable[[str], bool], room: int, languages: Sequence[str] = ()) -> str | None:
    """The longest good beginning of `text` for which `fits` is true; None when there is none.

    After a whole sentence nothing is added; any other cut is marked with "…", and no punctuation, article,
    preposition or conjunction dangles before it. `room` is about what it may weigh. A word is only divided when it
    is the first and longer than all the room. `languages` are those that it should be in, the likelier first.
    """
    language = language_of(text, languages)
    small = function_words(language)
    # A small word dangles rather than that a word is divided which has room in another place.
    for find, dropped in ((within, small), (by_letter, small), (within, _NONE), (by_letter, _NONE)):
        breaks = find(text, room, language)

        def marked(end: End, breaks: Breaks = breaks, dropped: frozenset[str] = dropped) -> str:
            if end.kind is Kind.SENTENCE and end.at < len(text):
                return text[: end.at]
            return _without_dangling(text, end.at, last_before(end.at, breaks.whole), dropped, language)

        chosen = _best_of(text, breaks, fits, marked)
        if chosen is not None and not (find is by_letter and dropped and _has_room(text, chosen.at, room)):
            return marked(chosen)
    return None


def _has_room(text: str, at: int, room: int) -> bool:
    """Whether the word around `at` weighs no more than `room`."""
    begins, ends = _WORD_BEFORE.search(text, 0, at), _WORD_BEHIND.match(text, at)
    word = (begins[0] if begins else "") + (ends[0] if ends else "")
    return len(word) <= room and weighted_length(word) <= room


def without_dangling(text: str) -> str:
    """`text` without punctuation, articles, prepositions and conjunctions at its end; empty when it is no more."""
    language = language_of(text, ())
    whole = within(text, len(text) * HEAVY, language).whole
    bound = last_before(len(text), whole)
    return _without_dangling(text, len(text), bound, function_words(language), language).removesuffix(ELLIPSIS)


def divide(text: str, fits: Callable[[str], bool], room: int, languages: Sequence[str] = ()) -> End:
    """Where the first part of a text ends that is too long for one: as in `shorten`, but nothing is left out.

    The end of the text when there is no place for which `fits` is true.
    """
    language = language_of(text, languages)
    small = function_words(language)

    for find in (within, by_letter, by_sign):
        breaks = find(text, room, language)
        for steady in (True, False):

            def may_end(end: End, breaks: Breaks = breaks, steady: bool = steady) -> bool:
                return not (steady and _dangles(text, end, breaks, small))

            if (chosen := _best_of(text, breaks, fits, lambda end: text[: end.at].rstrip(), may_end)) is not None:
                return chosen
    return End(len(text), Kind.LETTER)


def first_words(text: str, number: int) -> str:
    """The first `number` words, marked and without what dangles as in `shorten`; the whole where there are no more."""
    language = language_of(text, ())
    breaks = within(text, len(text) * HEAVY, language)
    if not 0 < number < len(breaks.ends):
        return text if number > 0 else ""
    at, kind = breaks.ends[number - 1]
    if kind is Kind.SENTENCE:
        return text[:at]
    return _without_dangling(text, at, last_before(at, breaks.whole), function_words(language), language)


def _best_of(
    text: str,
    breaks: Breaks,
    fits: Callable[[str], bool],
    made: Callable[[End], str],
    may_end: Callable[[End], bool] = lambda _: True,
) -> End | None:
    """The best end; inside of brackets or quotes where much would be lost before them."""
    best = _best(text, breaks.ends, fits, made, may_end)
    wider = _best(text, breaks.every, fits, made, may_end) if breaks.every else None
    if best is None or wider is None:
        return best or wider
    return wider if wider.at - best.at > max(_FEW, wider.at * _FOR_A_PAIR) else best


def _best(
    text: str,
    ends: Sequence[End],
    fits: Callable[[str], bool],
    made: Callable[[End], str],
    may_end: Callable[[End], bool],
) -> End | None:
    """The best end at which the text may end and for which what is `made` of the text up to it fits."""

    def ended(number: int) -> str:
        return made(ends[number])

    def good(number: int) -> bool:
        if not may_end(ends[number]):
            return False
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
    last = next((number for number in range(low - 1, max(-1, low - _MOST_TRIED), -1) if good(number)), None)
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


def _without_dangling(text: str, at: int, bound: int, small: frozenset[str], language: str | None) -> str:
    """`text` up to `at` and "…", without what dangles there; nothing before `bound` is taken. Empty if none is left."""
    for _ in range(_MOST_DANGLING):
        kept = text[:bound] + text[bound:at].rstrip(_DANGLING)
        begins = _small_from(kept, bound, small)
        if begins is None and (begins := _opening_from(text, len(kept), bound)) is None:
            begins = leading_from(text, len(text[:at].rstrip()), language)
            if begins is None or begins < bound:
                return kept + ELLIPSIS if kept.strip() else ""
        at = begins
    return ""


def _dangles(text: str, end: End, breaks: Breaks, small: frozenset[str]) -> bool:
    """Whether the text should rather go on there: behind a small word, or what opens something."""
    if end.kind is not Kind.WORD:
        return False
    before, bound = text[: end.at], last_before(end.at, breaks.whole)
    return (
        before.endswith(_GOES_ON)
        or _small_from(before, bound, small) is not None
        or _opening_from(text, end.at, bound) is not None
    )


def _opening_from(text: str, at: int, bound: int) -> int | None:
    """Where the quotes begin that open at `at`; None without one."""
    found = _OPENING.search(text, bound, at)
    if found is None or (found[0].endswith(_CLOSES_BEHIND_SPACE) and not text[at : at + 1].strip()):
        return None
    return found.start()


def _is_small(word: str, small: frozenset[str]) -> bool:
    bare = word.rstrip("'’").casefold()
    return bare in small or (bare != word.casefold() and f"{bare}'" in small)


def _small_from(text: str, bound: int, small: frozenset[str]) -> int | None:
    """Where the article, preposition or conjunction begins that `text` ends with; None without one."""
    word = _LAST_WORD.search(text, max(bound, len(text) - _LONGEST_SMALL))
    if word is not None:
        elided = _ELIDED.search(text, max(0, word.start() - _LONGEST_SMALL), word.start())
        if _is_small(word[0], small) and (elided is None or _is_small(elided[0], small)):
            start = word.start() if elided is None else elided.start()
            return start if start >= bound else None
    if not _UNSPACED_END.search(text, bound) or is_whole(text[-_LONGEST_PARTICLE - 1 :]):
        return None
    # Of a script without spaces the last signs may be one; a word of nothing else is not taken apart.
    letters = len(word[0]) if word is not None else _LONGEST_SMALL
    sizes = range(min(_LONGEST_PARTICLE, letters - 1), 0, -1)
    return next((len(text) - size for size in sizes if text[-size:] in small), None)
