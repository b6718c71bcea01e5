"""What cameras put where a picture's words stand."""

from __future__ import annotations

import re
from functools import cache

from twitter_pipeline.content.data import lines

#: Where a camera stored the picture: DCIM\100GOPRO\GOPR0042.JPG.
_PLACE = re.compile(r"DCIM(?:[\\/][\w.-]*)+", re.IGNORECASE)


def no_placeholder(text: str) -> str:
    """`text`; empty where it is what a camera or a program put there by itself: OLYMPUS DIGITAL CAMERA."""
    said = " ".join(text.split())
    return "" if said.casefold() in _placeholders() or _PLACE.fullmatch(said) else text


@cache
def _placeholders() -> frozenset[str]:
    return frozenset(lines("placeholders"))
