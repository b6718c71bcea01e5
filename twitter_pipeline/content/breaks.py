"""Where a text may end: after a sentence, a clause, a word; never within what belongs together."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.languages import beginnings, is_abbreviation, language_of, leads, months, ordinals
from twitter_pipeline.content.spans import Span, inside, pairs, whole
from twitter_pipeline.content.weight import URL_WEIGHT, normalize, weight_of_words, weighted_length

_WORD = regex.compile(r"\S++")
# Scripts that put no space between words.
_UNSPACED = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}\p{Balinese}"
    r"\u3000-\u303f\uff01-\uff0f\uff1a-\uff1f]"
)
# A flag. Told by hand: to see that one ends there \X and \b count all flags before it.
_FLAG = r"\p{RI}{2}[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+(?!(?<=\u200d)\p{Extended_Pictographic})"
# UAX #29: what is one word in them, such as a run of katakana. The flag w asks for Unicode's boundaries.
_WORD_PART = regex.compile(rf"(?w){_FLAG}|(?:\X(?!\b))*+\X")
_LETTER = regex.compile(rf"{_FLAG}|\X")
# UAX #14: what cannot begin a line, and what cannot end one.
_NO_START = regex.compile(r"[\p{lb=CL}\p{lb=CP}\p{lb=EX}\p{lb=IS}\p{lb=SY}\p{lb=NS}\p{lb=CJ}\p{lb=PO}\p{lb=IN}\p{M}]")
# Nor a sign that is spoken with the next one.
_NO_END = regex.compile(r"[\p{lb=OP}\p{lb=PR}っッ]\Z")
# Of these only a dictionary tells where a word ends. In Thai and Lao a syllable begins with a vowel written before it.
_COMPLEX = regex.compile(r"\p{lb=SA}{2}")
_THAI = regex.compile(r"[\p{Thai}\p{Lao}]{2}")
_VOWEL = regex.compile(r"[\u0e40-\u0e44\u0ec0-\u0ec4]")

_CLOSERS = r"[\"'”’“»)\]）］」』】》〉]*+"
_SENTENCE = regex.compile(rf"(?:[!?…。！？｡؟۔।॥։]++|\.++){_CLOSERS}\Z")
_CLOSED = regex.compile(r"[\"'”’“»)\]）］」』】》〉]\Z")
# Behind what was quoted: "he said".
_SENTENCE_GOES_ON = regex.compile(r"[^\S\n]*+\p{Ll}|[\p{Hiragana}\p{Hangul}]")
_FULL_STOP = regex.compile(r"(?:^|[\s(])((?:[^\W\d_]|\.(?=\w))++)\.\Z")
# "Dr.", "z. B.", and what may stand for a title without a full stop: "Mme".
_ABBREVIATION = regex.compile(r"(?r)(?<![\w.])((?:(?<!\w)\p{L}\.[ \u00a0\u202f]?)*+[\p{L}\p{M}]++)(\.?)\Z")
# Behind one of a single letter: "J. Smith", "h. c."
_NAME_FOLLOWS = regex.compile(r"\p{Lu}|\p{L}\.")
# Of one or two digits, or Roman.
_NUMBERED = regex.compile(r"(?:^|[\s(])(\d{1,2}|(?=[IVX]{2})X{0,3}(?:I[XV]|V?I{0,3}))([.)])\Z")
_AT_START = regex.compile(r"(?r)(?:\A|[\n.!?…:])[^\S\n]{0,4}\Z")
_DIGIT_STOP = regex.compile(r"\d\.\Z")
# Before a number: a word, and another such number before it, as in "der 2. und 3. Platz".
_LEADING = regex.compile(r"(?r)(\d\.[^\S\n]++)?+(?<!\w)([^\W\d_]++)[^\S\n]++\Z")
_FOLLOWING = regex.compile(r"[^\S\n]++[\"'“„«»‚‘(\[#]*+(?:\d|([^\W\d_]++))")
_SAME_LINE = regex.compile(r"[^\S\n]++(?=\S)")
_NUMBER_FOLLOWS = regex.compile(r"\s++\d")
_CLAUSE = regex.compile(r"[,;:，、；：،؛–—]\Z")
_DASH_FOLLOWS = regex.compile(r"\s*+[–—(（「\-]\s?")
#: How much before an end is looked at to tell its kind.
_TAIL = 24
#: And how much behind what is looked at, to tell what goes on.
_BEYOND = 64
#: Sentences are looked for in so much of a text, by X's counting.
_LONGEST_TOLD = 5000
#: No word is longer, but for hostile ones.
_LONGEST_WORD = 5000
# A longer one is weighed piece by piece: of a script without spaces, or hostile.
_LONG_WORD = 200
_LETTERS = regex.compile(rf"(?:{_FLAG}|\X){{1,100}}+")


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
    whole: list[Span]
    #: With those where a text ends only if it would lose much otherwise, where there are any: inside brackets, quotes,
    #: or what may be a word.
    every: list[End]


def within(text: str, room: int, language: str | None = None) -> Breaks:
    """Where the beginning of `text` that weighs at most about `room` may end: first by words, else by letters.

    `language`, guessed where it is None, says which full stops end no sentence. Inside brackets or quotes only when
    there is no other place.
    """
    language = language or language_of(text)
    horizon = _horizon(text, room)
    closed = pairs(text[: horizon + _LONGEST_WORD])
    text = text[: horizon + _BEYOND]
    parts = whole(text, language)
    places = list(_between_words(text, horizon, parts, language))
    ends = [end for end in places if not inside(end.at, closed) and not _COMPLEX.match(text, end.at - 1)]
    return Breaks(ends or places, parts, places if ends and len(ends) < len(places) else [])


def later_sentences(text: str, most: int = 4) -> list[str]:
    """The text from its second sentence on, its third, and so on, `most` of them."""
    horizon, language = _horizon(text, _LONGEST_TOLD), language_of(text)
    ends = _between_words(text, horizon, whole(text[:horizon], language), language)
    sentences = [end.at for end in ends if end.at < len(text) and end.kind is Kind.SENTENCE]
    return [rest for at in sentences[:most] if any(map(str.isalnum, rest := text[at:].strip()))]


def by_letter(text: str, room: int, language: str | None = None) -> Breaks:
    """The same for a text that begins with a word too long: after each letter as a person sees it."""
    text = text[: _horizon(text, room)]
    parts = whole(text, language)
    at = (letter.end() for letter in _LETTER.finditer(text))
    ends = [End(end, Kind.LETTER) for end in at if not inside(end, parts) and not _VOWEL.match(text, end - 1)]
    return Breaks(ends, parts, [])


def by_sign(text: str, room: int, language: str | None = None) -> Breaks:
    """The same where no word may be lost: after each code point but those of links.

    For a text that begins with a letter too heavy, under hundreds of marks, or with a hashtag that runs into a link.
    """
    text = text[: _horizon(text, room)]
    links = urls.find(text)
    return Breaks([End(at, Kind.LETTER) for at in range(1, len(text) + 1) if not inside(at, links)], links, [])


def goes_beyond(text: str, room: int) -> bool:
    """Whether `text` surely weighs more than `room`; looks no further than it must."""
    return _horizon(text, room) < len(text)


# A text is asked for its words and for its letters.
@lru_cache(maxsize=4)
def _horizon(text: str, room: int) -> int:
    """Up to where it is worth looking: the end of the word, or of a part of a long one, that uses `room` up."""
    weight = position = 0
    for word in _WORD.finditer(text):
        weight += word.start() - position
        position = word.end()
        if position - word.start() <= _LONG_WORD:
            weight += weighted_length(word[0])
        else:
            for at, more in _weighed(text, word.start(), min(position, word.start() + _LONGEST_WORD)):
                weight += more
                if weight > room:
                    return at
        if weight > room:
            return position
    return position


def _weighed(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where each of the parts of a long word ends, links among them, and what it weighs."""
    at = start
    for begin, end in [*urls.find(text[start:stop]), (stop - start, stop - start)]:
        while at < start + begin:
            piece, at = at, _LETTERS.match(text, at, start + begin).end()  # type: ignore[union-attr]
            yield at, weight_of_words(normalize(text[piece:at]))
        if end > begin:
            at = start + end
            yield at, URL_WEIGHT


def _between_words(text: str, horizon: int, parts: list[Span], language: str | None) -> Iterator[End]:
    for word in _WORD.finditer(text, 0, horizon):
        if _UNSPACED.search(word[0]):
            for part in _WORD_PART.finditer(text, word.start(), word.end()):
                end = part.end()
                if end < word.end() and not inside(end, parts) and _may_divide(text, end):
                    yield End(end, _kind(text, end, language))
        # Not in the midst of a long word.
        if text[word.end() : word.end() + 1].strip():
            return
        if not inside(word.end(), parts) and not _leads_on(text, word.end(), language):
            yield End(word.end(), _kind(text, word.end(), language))


def _may_divide(text: str, at: int) -> bool:
    beside = text[at - 1 : at + 1]
    if not _UNSPACED.search(beside) or _NO_START.match(text, at) or _NO_END.search(text, at - 1, at):
        return False
    return not _VOWEL.match(text, at - 1) and (not _THAI.match(text, at - 1) or bool(_VOWEL.match(text, at)))


def _leads_on(text: str, at: int, language: str | None) -> bool:
    """Whether a title or the number of a row ends there, which does not stay alone: "Dr. Jones", "3. Mai"."""
    if not (behind := _SAME_LINE.match(text, at)):
        return False
    if (numbered := _NUMBERED.search(text, max(0, at - _TAIL), at)) is not None:
        return _goes_on(text, numbered, language)
    return _leading(text, at, behind.end(), language) is not None


def leading_from(text: str, at: int, language: str | None) -> int | None:
    """Where the title or abbreviation begins that ends at `at` and leads to what follows: "Dr."; None without one."""
    return _leading(text, at, behind.end(), language) if (behind := _SAME_LINE.match(text, at)) else None


def _leading(text: str, at: int, following: int, language: str | None) -> int | None:
    word = _ABBREVIATION.search(text, max(0, at - _TAIL), at)
    if word is None or not (word[2] or (len(word[1]) > 1 and word[1][0].isupper() and text[following].isupper())):
        return None
    letters = "".join(word[1].split())
    is_initial = letters[-2:-1] in ("", ".") and (letters[-1].isupper() or not text[following].isupper())
    # Also behind another one: "z. B. Dr."
    if leads(letters, language) or leads(letters.rpartition(".")[2], language):
        return word.start()
    is_initial = is_initial and bool(_NAME_FOLLOWS.match(text, following)) and not _begins(text, at, language)
    return word.start() if is_initial else None


def _begins(text: str, at: int, language: str | None) -> bool:
    """Whether the word behind `at` begins a sentence, and is no name: "in the U.S. The", "Hepatitis B. Der"."""
    following = _FOLLOWING.match(text, at)
    word = (following[1] or "") if following else ""
    return word[:1].isupper() and word.casefold() in beginnings(language)


def _goes_on(text: str, numbered: regex.Match[str], language: str | None) -> bool:
    """Whether a number of one or two digits with a full stop, or a bracket, ends nothing: "1. Milk", "am 24. Mai"."""
    start = numbered.start(1)
    if (first := _AT_START.search(text, max(0, start - _TAIL), start)) is not None:
        return not _is_abbreviation(text, first.start() + 1, language)
    return numbered[2] == "." and _is_ordinal(text, start, numbered.end(), language)


def _is_ordinal(text: str, start: int, end: int, language: str | None) -> bool:
    """Whether a number with a full stop counts what follows: "der 24. Mai", "3. Platz"; not so in "Er ist 24. Dann"."""
    following, known = _FOLLOWING.match(text, end), ordinals(language)
    if following is None:
        return False
    word = following[1] or ""
    if word[:1].islower() or known is None:
        return word[:1].islower()
    if not word:
        return language is not None  # "am 3. 5. 2026"
    word, before = word.casefold(), _LEADING.search(text, max(0, start - _TAIL), start)
    if word in known.nouns or word in months(language):
        # "Platz 3. Platz 2" are two.
        return before is None or bool(before[1]) or before[2].casefold() != word
    if before is None or word in beginnings(language):
        return False
    return before[2].casefold() in known.leading or bool(before[1] and known.leading)


def ends_sentence(text: str, language: str | None) -> bool:
    """Whether `text` ends with a sentence, and with no abbreviation of `language`, of any where that is None."""
    return _kind(text, len(text), language) is Kind.SENTENCE


def _kind(text: str, at: int, language: str | None) -> Kind:
    before = text[max(0, at - _TAIL) : at]
    if _SENTENCE.search(before) and not _is_within_sentence(text, at, language):
        return Kind.SENTENCE
    if text.startswith("\n\n", at) and not before.endswith((":", "：")):
        return Kind.SENTENCE
    if _CLAUSE.search(before) or text.startswith("\n", at) or _DASH_FOLLOWS.match(text, at):
        return Kind.CLAUSE
    return Kind.WORD


def _is_within_sentence(text: str, at: int, language: str | None) -> bool:
    """Whether what looks like the end of a sentence is none."""
    if _CLOSED.search(text, at - 1, at):
        return bool(_SENTENCE_GOES_ON.match(text, at))
    if (numbered := _NUMBERED.search(text, max(0, at - _TAIL), at)) is not None:
        return _goes_on(text, numbered, language)
    if _DIGIT_STOP.search(text, max(0, at - _TAIL), at):
        return (behind := _SAME_LINE.match(text, at)) is not None and text[behind.end()].islower()
    return _is_abbreviation(text, at, language)


def _is_abbreviation(text: str, at: int, language: str | None) -> bool:
    stop = _FULL_STOP.search(text, max(0, at - _TAIL), at)
    if stop is None:
        return False
    if len(stop[1]) == 1:
        return not _begins(text, at, language)
    if is_abbreviation(stop[1], language, before_number=bool(_NUMBER_FOLLOWS.match(text, at))):
        return True
    # "N.Y. is", but not "it sleeps. then it eats."
    return "." in stop[1] and (behind := _SAME_LINE.match(text, at)) is not None and text[behind.end()].islower()
