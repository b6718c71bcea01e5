"""What belongs together in a text: links, hashtags, a number and its unit, what stands in brackets or quotes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cache
from typing import NamedTuple

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.languages import before_numbers, months, units

Span = tuple[int, int]

_TAG = regex.compile(r"[#＃@＠$][\w\u200c\u200d·・]++")
# Words of these go on behind a unit, or behind a quote, without a space.
_GOES_ON = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
_GAP = r"[ \u00a0\u202f]"
_UNIT_GOES_ON = regex.compile(rf"{_GOES_ON}\Z")
#: How far before a number what leads to it may begin.
_LEADING = 24
_NO_GAP = regex.compile(rf"{_GAP}?")
# Between two numbers of one unit: "5 to 10 euros".
_RANGE = regex.compile(rf"{_GAP}(?:to|or|bis|oder|à|a|ou|o|até|tot|of|till|til|eller|do|lub|до|или|або|–|—){_GAP}")
#: What numbers with units that follow each other are one: "2026年12月24日", "24 tháng 12 năm 2026"; not "5 km 10 km".
_LONGEST_DATE = 40
_UNIT = regex.compile(r"(?r)[^\d\s]*+\Z")

#: What closes each opening bracket or quote. Straight, Swedish and German quotes open and close with the same signs.
_PAIRS = {
    **dict(zip("([{（［「『【《〈", ")]}）］」』】》〉", strict=True)),
    **{"“": "”", "„": '“”"', "”": "”", '"': '"', "«": "»", "»": "«", "‹": "›", "›": "‹", "‘": "’", "‚": "‘’"},
}
_SIGNS = regex.compile("[" + regex.escape("".join({*_PAIRS, *"".join(_PAIRS.values())})) + "]")
# A sign that closes too opens only at the beginning of a word; one that opens only, not within one.
_OPENS = regex.compile(rf"(?:\A|[\s\p{{Ps}}\p{{Pi}}\p{{Pd}}、。，：！？]|{_GOES_ON})\Z")
_OPENS_ONLY = "“„«‹‚‘"
_WITHIN_WORD = regex.compile(rf"(?!{_GOES_ON})[\p{{L}}\p{{N}}]")
#: So many brackets within each other are looked at.
_DEPTH = 4


class _Numbers(NamedTuple):
    #: A number with what is behind it, and what leads to it.
    behind: regex.Pattern[str]
    before: regex.Pattern[str]


@cache
def _numbers(language: str | None) -> _Numbers:
    """ "10 000 km", "3.5 GB", "50 %", "8 h 30", "10:30 pm", "24. Dezember", "$5 million"; "€ 5", "No. 5", "May 3"."""
    every, names = units(language), months(language)
    # One at least, since an empty list is found everywhere.
    free = [unit for unit in every if _UNIT_GOES_ON.search(unit)] or ["公里"]
    no_letter = rf"(?!(?!{_GOES_ON})\w)"
    behind = regex.compile(
        # Also within a word, which may be too long to stay whole.
        rf"(?i)\d++(?:[.,:/\u2013-]\d++|{_GAP}\d{{3}}\b|[\"″”'’]?{_GAP}?[x×]{_GAP}?\d++)*+"
        rf"(?:{_GAP}?h{_GAP}?\d\d(?!\d)"
        rf"|(?:\.|er|[ºª]|st|nd|rd|th)?{_GAP}?+(?:de{_GAP})?\L<months>(?!\w)(?:{_GAP}\d{{4}}(?!\d))?"
        rf"|(?:{_GAP}?(?:\L<free>|\L<spaced>{no_letter})){{1,2}}+)?+",
        months=sorted(names),
        free=free,
        spaced=sorted(every.difference(free)),
    )
    before = regex.compile(
        rf"(?ir)(?:[$€£¥₹₽№§]{_GAP}?|(?<!\w)(?:n[°º]{_GAP}?|{_one_of(before_numbers(language))}\.{_GAP}?"
        rf"|{_one_of(names)}{_GAP}))\Z"
    )
    return _Numbers(behind, before)


def _one_of(words: frozenset[str]) -> str:
    return f"(?:{'|'.join(map(regex.escape, sorted(words)))})" if words else "(?!)"


def whole(text: str, language: str | None) -> list[Span]:
    """Where URLs, hashtags, mentions, and numbers with what belongs to them begin and end, from left to right."""
    numbers = _numbers(language)
    found = [*urls.find(text), *(tag.span() for tag in _TAG.finditer(text))]
    last = (0, 0)
    for number in numbers.behind.finditer(text):
        leading = numbers.before.search(text, max(0, number.start() - _LEADING), number.start())
        start, (before, end) = leading.start() if leading else number.start(), last
        unit, unit_before = _unit(text, number.end()), _unit(text, end)
        if unit_before:
            is_one = bool(unit != unit_before and _NO_GAP.fullmatch(text, end, start))
        else:
            is_one = bool(unit and _RANGE.fullmatch(text, end, start))
        if is_one and number.end() - before <= _LONGEST_DATE:
            start = before
        last = (start, number.end())
        found.append(last)
    return joined(found)


def _unit(text: str, end: int) -> str:
    """What stands behind a number that ends with it at `end`: "km"; empty for none."""
    found = _UNIT.search(text, max(0, end - _LEADING), end)
    return found[0].casefold() if found else ""


def pairs(text: str) -> list[Span]:
    """Where brackets and quotes open and close, those within others not for themselves."""
    found: list[Span] = []
    opened: list[int] = []
    for sign in _SIGNS.finditer(text):
        at, char = sign.start(), sign[0]
        beside = range(len(opened) - 1, max(-1, len(opened) - 1 - _DEPTH), -1)
        place = next((place for place in beside if char in _PAIRS[text[opened[place]]]), None)
        if place is not None and _may_close(text, at):
            found.append((opened[place], at + 1))
            del opened[place:]
        elif char in _PAIRS and _may_open(text, at):
            opened.append(at)
    return joined(found)


def _may_open(text: str, at: int) -> bool:
    if text[at] in _OPENS_ONLY:
        return at == 0 or not _WITHIN_WORD.match(text, at - 1)
    if text[at] in '"”»›':
        return bool(_OPENS.search(text, max(0, at - 1), at)) and not text[at + 1 : at + 2].isspace()
    return True


def _may_close(text: str, at: int) -> bool:
    """An apostrophe, or a sign for inches, closes nothing."""
    if text[at] not in '"’':
        return True
    return not _WITHIN_WORD.match(text, at + 1) and not text[at - 1 : at].isspace()


def joined(spans: list[Span]) -> list[Span]:
    """The spans from left to right, those that overlap as one."""
    together: list[Span] = []
    for start, end in sorted(spans):
        if together and start < together[-1][1]:
            together[-1] = (together[-1][0], max(end, together[-1][1]))
        else:
            together.append((start, end))
    return together


def inside(at: int, spans: list[Span]) -> bool:
    """Whether `at` is in the midst of one of the joined `spans`."""
    number = bisect_left(spans, (at,)) - 1
    return number >= 0 and spans[number][0] < at < spans[number][1]


def last_before(at: int, spans: list[Span]) -> int:
    """Where the last of `spans` ends that ends at `at` or before; 0 without one."""
    number = bisect_right(spans, at, key=lambda span: span[1]) - 1 if spans else -1
    return spans[number][1] if number >= 0 else 0
