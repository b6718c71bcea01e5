"""Which language a text is in, where that decides how it is shortened, and that language's lists of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

import regex

from twitter_pipeline.content import dates
from twitter_pipeline.content.data import lines, words

_WORDS = regex.compile(r"[^\W\d_]++")
_LAST_WORD = regex.compile(r"(?r)[^\W\d_]++(?=['’]?\Z)")
_UNSPACED_END = regex.compile(r"(?r)[\p{Han}\p{Hiragana}]\Z")
# Enough to tell a language by its small words.
_ENOUGH = 200
#: Another language must have so many times as many of its small words in a text to be taken for the source's.
_SURELY = 2
#: And so many at least.
_SOME = 3
_LETTER = regex.compile(r"\p{L}")
_SCRIPTS = {
    "Latin": regex.compile(r"\p{Latin}"),
    "Cyrillic": regex.compile(r"\p{Cyrillic}"),
    "Arabic": regex.compile(r"\p{Arabic}"),
    "Hebrew": regex.compile(r"\p{Hebrew}"),
    "Devanagari": regex.compile(r"\p{Devanagari}"),
    "Greek": regex.compile(r"\p{Greek}"),
    "Hangul": regex.compile(r"\p{Hangul}"),
    "Kana": regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    "Han": regex.compile(r"\p{Han}"),
}
#: What a language is written in, where that is not Latin.
_WRITTEN_IN = {
    **dict.fromkeys(("ru", "uk"), "Cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur"), "Arabic"),
    **{"he": "Hebrew", "hi": "Devanagari", "el": "Greek", "ko": "Hangul", "ja": "Kana", "zh": "Han"},
}
#: Behind an abbreviation, in their list: it leads to what follows; it is one before a number only.
_LEADS, _BEFORE_NUMBER = "+", "#"
_OLD_CODES = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}


@cache
def _lists(name: str) -> dict[str, frozenset[str]]:
    pairs = (line.split(":", 1) for line in lines(name))
    return {language: frozenset(words.casefold().split()) for language, words in pairs}


def language_of(text: str, languages: Sequence[str] = ()) -> str | None:
    """The language by whose rules `text` is shortened; None for one that we have no rules for.

    The first of `languages` (codes such as `en` or `pt-BR`) that is written as the text is, unless the text is surely
    in another. Without such a one, that most of whose small words are in the text.
    """
    script = _script_of(text)
    possible = [language for language in _lists("function_words") if _WRITTEN_IN.get(language, "Latin") == script]
    named = next((code for code in map(_plain, languages) if code in possible), None)
    if len(possible) < 2:
        return possible[0] if possible else None
    found = Counter(word[0].casefold() for word in islice(_WORDS.finditer(text), _ENOUGH))
    points = {language: sum(found[word] for word in _lists("function_words")[language]) for language in possible}
    best = max(possible, key=lambda language: (points[language], language == named))
    if named is not None and not (points[best] >= _SOME and points[best] >= _SURELY * points[named]):
        return named
    return best if points[best] else None


@lru_cache(maxsize=64)
def _plain(code: str) -> str:
    language = code.replace("_", "-").split("-")[0].lower()
    return _OLD_CODES.get(language, language)


def _script_of(text: str) -> str | None:
    """What most letters at the beginning of `text` are; with kana among Chinese signs it is Japanese."""
    letters = "".join(letter[0] for letter in islice(_LETTER.finditer(text), _ENOUGH))
    if not letters:
        return None
    if letters.isascii():
        return "Latin"
    count = {name: len(pattern.findall(letters)) for name, pattern in _SCRIPTS.items()}
    if count["Kana"] and count["Kana"] + count["Han"] >= max(count.values()):
        return "Kana"
    best = max(count, key=lambda name: count[name])
    return best if count[best] else None


def function_words(language: str | None) -> frozenset[str]:
    """The articles, prepositions and conjunctions of a language, in small letters; empty for an unknown one."""
    return _lists("function_words").get(language or "", frozenset())


def ends_with_function_word(text: str) -> bool:
    """Whether `text` ends with an article, a preposition or a conjunction of some language."""
    last = _LAST_WORD.search(text)
    return last is not None and not _every_function_word().isdisjoint(
        # Of a script without spaces the last signs may be one.
        [last[0].casefold(), *([last[0][-size:] for size in (1, 2, 3)] if _UNSPACED_END.search(last[0]) else [])]
    )


@cache
def _every_function_word() -> frozenset[str]:
    return frozenset().union(*_lists("function_words").values())


def is_abbreviation(word: str, language: str | None, *, before_number: bool) -> bool:
    """Whether the full stop behind `word` belongs to it. In an unknown language whatever is one in some language."""
    word = word.casefold()
    marked = [word, f"{word}{_LEADS}", *([f"{word}{_BEFORE_NUMBER}"] if before_number else [])]
    return not _known("abbreviations", language).isdisjoint(marked)


def leads(word: str, language: str | None) -> bool:
    """Whether `word`, an abbreviation without its last full stop, is one that leads to what follows: "Dr", "z.B"."""
    return f"{word.casefold()}{_LEADS}" in _known("abbreviations", language)


def before_numbers(language: str | None) -> frozenset[str]:
    """The abbreviations that stand before a number, without their last full stop: "no", "fig"."""
    known = _known("abbreviations", language)
    return frozenset(word.removesuffix(_BEFORE_NUMBER) for word in known if word.endswith(_BEFORE_NUMBER))


@cache
def units(language: str | None) -> frozenset[str]:
    """What stays with the number before it, in small letters."""
    return _known("units", language) | _lists("units")["all"]


@cache
def months(language: str | None) -> frozenset[str]:
    """The months, in small letters, as they stand behind a number."""
    lists = {**_lists("months"), **{code: _folded(dates.months(code)) for code in dates.languages()}}
    return lists.get(language or "", frozenset().union(*lists.values()))


def _folded(words: list[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


class Ordinals(NamedTuple):
    """Words in small letters that tell "3." as "third" from a number that ends a sentence, before a capital."""

    #: What is counted: "3. Platz".
    nouns: frozenset[str]
    #: Behind these it is one: "der 3. Versuch".
    leading: frozenset[str]


@cache
def ordinals(language: str | None) -> Ordinals | None:
    """Those of a language that writes ordinals with a full stop; None for another. Of an unknown one all nouns."""
    lists = _ordinals()
    if language is None:
        return Ordinals(frozenset().union(*(one.nouns for one in lists.values())), frozenset())
    return lists.get(language)


@cache
def _ordinals() -> dict[str, Ordinals]:
    pairs = (line.split(":", 1) for line in lines("ordinals"))
    parts = ((code, [frozenset(part.split()) for part in f"{words}|".casefold().split("|")]) for code, words in pairs)
    return {code: Ordinals(nouns, leading) for code, (nouns, leading, *_) in parts}


@cache
def beginnings(language: str | None) -> frozenset[str]:
    """What begins a sentence, in small letters, and is no name, nor what is counted: "am 24. Dann"."""
    return function_words(language) | _lists("beginnings").get(language or "", frozenset())


@cache
def _known(name: str, language: str | None) -> frozenset[str]:
    """A language's list; for one that has none, or is not known, those of all."""
    lists = _lists(name)
    return lists[language] if language in lists else frozenset().union(*lists.values())


def is_whole(ending: str) -> bool:
    """Whether a text without spaces ends with a whole word here that only looks as if it ended with a particle."""
    return ending.endswith(_whole_words())


@cache
def _whole_words() -> tuple[str, ...]:
    return tuple(words("whole_words"))
