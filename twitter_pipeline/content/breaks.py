"""Where a text may end: after a sentence, a clause, a word; never within what belongs together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.data import words
from twitter_pipeline.content.languages import is_abbreviation
from twitter_pipeline.content.weight import weighted_length

_WORD = regex.compile(r"\S++")
# Scripts that put no space between words.
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}\p{Balinese}"
    r"\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f]"
)
# UAX #29: what is one word in them, such as a run of katakana. The flag w asks for Unicode's boundaries.
_WORD_PART = regex.compile(r"(?w)(?:\X(?!\b))*+\X")
_LETTER = regex.compile(r"\X")
# UAX #14: what cannot begin a line, and what cannot end one.
_NO_START = regex.compile(r"[\p{lb=CL}\p{lb=CP}\p{lb=EX}\p{lb=IS}\p{lb=SY}\p{lb=NS}\p{lb=CJ}\p{lb=PO}\p{lb=IN}\p{M}]")
_NO_END = regex.compile(r"[\p{lb=OP}\p{lb=PR}]\Z")

_TAG = regex.compile(r"[#＃@＠$][\w\u200c\u200d·・]++")
_UNITS = "|".join(sorted(map(regex.escape, words("units")), key=len, reverse=True))
# "10 000 km", "€ 5", "3.5 GB", "50 %", "10:30 pm", "No. 5"; also within a word, which may be too long to stay whole.
_NUMBER = regex.compile(
    rf"(?i)(?:[$€£¥₹₽№§]\s?)?\d++(?:[.,:/\u2013-]\d++|[ \u00a0\u202f]\d{{3}}\b)*+(?:\s?(?:{_UNITS})(?!\w))?"
)
_PAIRS = dict(zip("([{（［「『【《〈“„«‹", ")]}）］」』】》〉”“»›", strict=True))

_CLOSERS = r"[\"'”’“»)\]）］」』】》〉]*+"
_SENTENCE = regex.compile(rf"(?:[!?…。！？｡؟۔।॥։]++|\.++){_CLOSERS}\Z")
_FULL_STOP = regex.compile(r"(?:^|[\s(])((?:[^\W\d_]|\.(?=\w))++)\.\Z")
_NUMBER_FOLLOWS = regex.compile(r"\s++\d")
_CLAUSE = regex.compile(r"[,;:，、；：،؛–—]\Z")
_DASH_FOLLOWS = regex.compile(r"\s*+[–—(（「\-]\s?")
#: How much before an end is looked at to tell its kind.
_TAIL = 24
#: Sentences are looked for in so much of a text, by X's counting.
_LONGEST_TOLD = 5000
#: No word is longer, but for hostile ones.
_LONGEST_WORD = 5000


class Kind(IntEnum):
    """What ends there; the lesser the better."""

    SENTENCE = 0
    CLAUSE = 1
    WORD = 2
    LETTER = 3


class End(NamedTuple):
    """A place where a text may end."""

    at: int
    kind: Kind


class Breaks(NamedTuple):
    """The places, from left to right, and what is not to be touched before them."""

    ends: list[End]
    #: Where URLs, hashtags, mentions and numbers begin and end.
    whole: list[tuple[int, int]]


def within(text: str, room: int, language: str | None = None) -> Breaks:
    """Where the beginning of `text` that weighs at most about `room` may end: first by words, else by letters.

    `language` says which full stops end no sentence. Inside brackets or quotes only when there is no other place.
    """
    horizon = _horizon(text, room)
    text, beyond = text[:horizon], text[horizon : horizon + _LONGEST_WORD]
    whole = _whole(text)
    pairs = _joined(_pairs(text, beyond))
    places = [*_between_words(text, whole, language)]
    return Breaks([end for end in places if not _inside(end.at, pairs)] or places, whole)


def later_sentences(text: str, most: int = 4) -> list[str]:
    """The text from its second sentence on, its third, and so on, `most` of them."""
    horizon = _horizon(text, _LONGEST_TOLD)
    ends = [end.at for end in _between_words(text[:horizon], _whole(text[:horizon]), None)]
    sentences = [at for at in ends if at < len(text) and _kind(text, at, None) is Kind.SENTENCE]
    return [rest for at in sentences[:most] if any(map(str.isalnum, rest := text[at:].strip()))]


def by_letter(text: str, room: int, language: str | None = None) -> Breaks:
    """The same for a text that begins with a word too long: after each letter as a person sees it."""
    text = text[: _horizon(text, room)]
    whole = _whole(text)
    at = (letter.end() for letter in _LETTER.finditer(text))
    return Breaks([End(end, Kind.LETTER) for end in at if not _inside(end, whole)], whole)


def by_sign(text: str, room: int, language: str | None = None) -> Breaks:
    """The same where no word may be lost: after each code point but those of links.

    For a text that begins with a letter too heavy, under hundreds of marks, or with a hashtag that runs into a link.
    """
    text = text[: _horizon(text, room)]
    links = urls.find(text)
    return Breaks([End(at, Kind.LETTER) for at in range(1, len(text) + 1) if not _inside(at, links)], links)


def last_before(at: int, spans: list[tuple[int, int]]) -> int:
    """Where the last of `spans` ends that ends at `at` or before; 0 without one."""
    number = bisect_right(spans, at, key=lambda span: span[1]) - 1 if spans else -1
    return spans[number][1] if number >= 0 else 0


def _horizon(text: str, room: int) -> int:
    """Up to where it is worth looking: the end of the word in which `room` is used up."""
    weight = position = 0
    for word in _WORD.finditer(text):
        weight += word.start() - position + weighted_length(word[0][:_LONGEST_WORD])
        position = word.end()
        if weight > room:
            return min(position, word.start() + _LONGEST_WORD)
    return position


def _whole(text: str) -> list[tuple[int, int]]:
    links = urls.find(text)
    others = [found.span() for pattern in (_TAG, _NUMBER) for found in pattern.finditer(text)]
    return _joined([*links, *others])


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans from left to right, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    number = bisect_left(spans, (at,)) - 1
    return number >= 0 and spans[number][0] < at < spans[number][1]


def _pairs(text: str, beyond: str) -> list[tuple[int, int]]:
    """Where brackets and quotes open and close; what `beyond` closes reaches over the end."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    straight: int | None = None
    for at, char in enumerate(text):
        if char == '"':
            if straight is None:
                straight = at
            else:
                found.append((straight, at + 1))
                straight = None
        elif opened and char == _PAIRS[text[opened[-1]]]:
            found.append((opened.pop(), at + 1))
        elif char in _PAIRS:
            opened.append(at)
    still = [at for at in opened if _PAIRS[text[at]] in beyond]
    if straight is not None and '"' in beyond:
        still.append(straight)
    if still:
        found.append((min(still), len(text) + 1))
    return found


def _between_words(text: str, whole: list[tuple[int, int]], language: str | None) -> Iterator[End]:
    for word in _WORD.finditer(text):
        if _UNSPACED.search(word[0]):
            for part in _WORD_PART.finditer(text, word.start(), word.end()):
                end = part.end()
                if end < word.end() and not _inside(end, whole) and _may_divide(text, end):
                    yield End(end, _kind(text, end, language))
        if not _inside(word.end(), whole):
            yield End(word.end(), _kind(text, word.end(), language))


def _may_divide(text: str, at: int) -> bool:
    beside = text[at - 1 : at + 1]
    return bool(_UNSPACED.search(beside)) and not _NO_START.match(text, at) and not _NO_END.search(text, at - 1, at)


def ends_sentence(text: str) -> bool:
    """Whether `text` ends with a sentence, and with no abbreviation of any language."""
    return _kind(text, len(text), None) is Kind.SENTENCE


def _kind(text: str, at: int, language: str | None) -> Kind:
    before = text[max(0, at - _TAIL) : at]
    if _SENTENCE.search(before):
        stop = _FULL_STOP.search(before)
        if stop is None or not (
            len(stop[1]) == 1 or is_abbreviation(stop[1], language, before_number=bool(_NUMBER_FOLLOWS.match(text, at)))
        ):
            return Kind.SENTENCE
    if text.startswith("\n\n", at) and not before.endswith((":", "：")):
        return Kind.SENTENCE
    if _CLAUSE.search(before) or text.startswith("\n", at) or _DASH_FOLLOWS.match(text, at):
        return Kind.CLAUSE
    return Kind.WORD
