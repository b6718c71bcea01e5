"""How long a text is to X: weighted, not counted in characters.

The rules are those of twitter-text's configuration v3: normal form C; a URL is 23 and an emoji 2, whatever their
length; letters of European, Semitic and Indic scripts are 1, everything else (CJK, for one) is 2. Attached media
weigh nothing.
"""

from __future__ import annotations

import re
import unicodedata

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.regions import COUNTRIES, OTHER_FLAGS

URL_WEIGHT = 23
EMOJI_WEIGHT = 2
#: The heaviest a character on its own can be.
HEAVY = 2

# Stdlib's `re` is the faster one for a plain set.
_LIGHT = re.compile("[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]+")


def _regional(letters: str) -> str:
    """The regional indicators ("🇩🇪" is two of them) for letters a to z."""
    return "".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in letters)


_FLAGS = "|".join(map(_regional, sorted(COUNTRIES | OTHER_FLAGS)))
# England, Scotland and Wales are spelt in tag characters behind a black flag.
_NATIONS = "|".join("".join(chr(0xE0000 + ord(c)) for c in tag) for tag in ("gbeng", "gbsct", "gbwls"))
# A pictograph may take a skin tone; one that is text by itself the sign for "as a picture" (FE0F); FE0E says "as
# text". © and ® are text unless told otherwise; digits become pictures only as keycaps.
_PICTOGRAPH = (
    r"(?:\p{Emoji_Modifier_Base}\ufe0f?+\p{Emoji_Modifier}"
    r"|[\p{Emoji_Presentation}--\p{Regional_Indicator}](?!\ufe0e)(?:(?<=[\u2300-\u2bff])\ufe0f?+)?"
    r"|[\p{Emoji}--\p{Emoji_Presentation}--[0-9#*©®]](?!\ufe0e)\ufe0f?+|[©®]\ufe0f)"
)
# What every emoji begins with: only there more is tried.
_FIRST = re.compile("[#*0-9©®\u203c-\u2bff〰〽㊗㊙\U0001f000-\U0001ffff]")
# Joined by U+200D they are one: a family of four is the longest there is.
_EMOJI = regex.compile(
    rf"\U0001f3f4(?:{_NATIONS})\U000e007f|{_PICTOGRAPH}(?:\u200d{_PICTOGRAPH}){{0,3}}+"
    rf"|(?=\p{{Regional_Indicator}})(?:{_FLAGS})|[0-9#*]\ufe0f?+\u20e3",
    regex.VERSION1,
)

#: Characters.
_SHORT = 1000
# Marks of combining class 0 that come apart into marks of other classes are among them.
_LONG_MARKS = regex.compile(r"[\P{ccc=0}\u0f73\u0f75\u0f81]{32,}+")


def normalize(text: str) -> str:
    """`text` as X counts it and as it is to be sent: normal form C, CRLF as LF. In linear time."""
    # Asking is quick but for long runs of marks.
    if not text.isascii() and (len(text) > _SHORT or not unicodedata.is_normalized("NFC", text)):
        text = unicodedata.normalize("NFC", _LONG_MARKS.sub(_in_order, text))
    return text.replace("\r\n", "\n")


def _in_order(marks: regex.Match[str]) -> str:
    """Combining marks in canonical order. CPython's normalization takes quadratic time to sort them."""
    apart = "".join(unicodedata.normalize("NFD", mark) for mark in marks[0])
    return "".join(sorted(apart, key=unicodedata.combining))


def weighted_length(text: str) -> int:
    """The length of `text` by X's reckoning, to hold against the limit of 280 (25,000 for some accounts).

    Bare domains count as URLs when their top-level domain is one X knows. Emoji are those of the
    newest Unicode the `regex` package knows; up to four pictographs joined by U+200D count as one even where
    Unicode does not recommend the combination. The time it takes grows linearly with the text, whatever it holds.
    """
    text = normalize(text)
    weight = position = 0
    for start, end in urls.find(text):
        weight += weight_of_words(text[position:start]) + URL_WEIGHT
        position = end
    return weight + weight_of_words(text[position:])


def weight_of_words(text: str) -> int:
    """The weight of a normalized text as if nothing in it were a link."""
    if text.isascii():
        return len(text)
    emoji = position = 0
    words: list[str] = []
    while first := _FIRST.search(text, position):
        at = first.start()
        # Most digits are no keycaps.
        is_plain = text[at] < "\u00a9" and not text.startswith(("\ufe0f", "\u20e3"), at + 1)
        found = None if is_plain else _EMOJI.match(text, at)
        words.append(text[position : at + 1 if found is None else at])
        position = at + 1 if found is None else found.end()
        emoji += found is not None
    if emoji:
        text = "".join(words) + text[position:]
    return emoji * EMOJI_WEIGHT + HEAVY * len(text) - (HEAVY - 1) * (len(text) - len(_LIGHT.sub("", text)))
