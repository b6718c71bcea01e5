"""The length of a text as X counts it (twitter-text configuration v3)."""

from __future__ import annotations

import unicodedata

import regex

from twitter_pipeline.sandbox.entities import links

#: What a post may weigh.
LIMIT = 280
#: What a post of an account with X Premium may weigh.
LONG_LIMIT = 25_000
#: What a link weighs, whatever its length.
LINK_WEIGHT = 23
#: Code points that weigh 1; all others weigh 2.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

# A flag, a keycap, or a picture with what may follow it (presentation, skin tone, tags), joined by ZWJ. © and ® are
# pictures only with the emoji presentation behind them.
_PICTURE = r"(?:[©®]\ufe0f|(?![©®#*0-9])\p{Emoji}\ufe0f|(?![©®#*0-9])\p{Extended_Pictographic}|\p{Emoji_Presentation})"
_TRAIL = r"(?:\p{Emoji_Modifier}|\ufe0f)*(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = regex.compile(
    rf"\p{{Regional_Indicator}}{{2}}|[0-9#*]\ufe0f?\u20e3|{_PICTURE}{_TRAIL}(?:\u200d{_PICTURE}{_TRAIL})*"
)


def normalize(text: str) -> str:
    """NFC with plain line ends: what X counts and keeps."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def words_of(text: str) -> str:
    """What makes two posts of an account the same to X."""
    return normalize(text).strip()


def weighted_length(text: str) -> int:
    text = normalize(text)
    total = at = 0
    for link in links(text):
        total += _weight(text[at : link.start]) + LINK_WEIGHT
        at = link.end
    return total + _weight(text[at:])


def _weight(text: str) -> int:
    without, count = _EMOJI.subn("", text)
    return 2 * count + sum(1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in without)
