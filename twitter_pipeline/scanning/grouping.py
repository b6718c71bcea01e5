"""Which pictures of a folder go out together, and in which order: names in, lists out."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence

#: X's limit for one post.
MOST_PICTURES = 4

#: trip_1, trip-1, trip 1, trip (1): a name, and a number of one or two digits set off from it.
_NUMBERED = re.compile(r"(.*[^\s_-])(?:[ _-]+(\d{1,2})| *\((\d{1,2})\))", re.DOTALL)
#: 2026-11-24 ends in no number, but in a day.
_YEAR_AND_MONTH = re.compile(r"(?<!\d)\d{4}[-_. ]\d{1,2}$")
_DIGITS = re.compile(r"(\d+)")
_PART = re.compile(r"(.*)#(\d+)", re.DOTALL)


def group_of(name: str) -> str | None:
    """What numbered files belong to: `trip` for `trip_1.jpg`; None for a name without such a number."""
    found = _numbered(name)
    return None if found is None else found[0]


def order_in_group(name: str) -> tuple[int, str]:
    """Sorts the files of a group by their numbers."""
    found = _numbered(name)
    return (0 if found is None else found[1], name)


def natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts names as people count: 2.jpg before 10.jpg, whatever their letter case."""
    pieces = _DIGITS.split(unicodedata.normalize("NFC", name).casefold())
    # Every other piece is a number; a text never meets a number in the same place.
    return [(1, int(piece), "") if at % 2 else (0, 0, piece) for at, piece in enumerate(pieces)], name


def arrange(
    items: Sequence[tuple[str, Sequence[str]]], present: Sequence[str]
) -> list[tuple[str | None, tuple[str, ...]]]:
    """The items (key, files) that the files `present`, in their order, make up; a new one has no key yet.

    `items` are those there are, which may still change: what is gone is taken out, what is new fills them up to four
    pictures, and the rest becomes new items of four. One that would be left with nothing is left as it is.
    """
    place = {file: number for number, file in enumerate(present)}
    held = {file for _, files in items for file in files}
    fresh = [file for file in present if file not in held]
    made: list[tuple[str | None, tuple[str, ...]]] = []
    for key, files in items:
        kept = [file for file in files if file in place]
        room = MOST_PICTURES - len(kept)
        kept, fresh = kept + fresh[:room], fresh[room:]
        if kept:
            made.append((key, tuple(sorted(kept, key=place.__getitem__))))
    begins = range(0, len(fresh), MOST_PICTURES)
    return made + [(None, tuple(fresh[begin : begin + MOST_PICTURES])) for begin in begins]


def part_of(key: str, files: Sequence[str]) -> tuple[str, int]:
    """What an album's item is a part of, and which, from 1: `trip` and `trip#2` are the first two of `trip`."""
    found = _PART.fullmatch(key)
    if found is None or (files and files[0].rpartition("/")[0] == key):  # a folder may be called so
        return key, 1
    return found[1], int(found[2])


def _numbered(name: str) -> tuple[str, int] | None:
    stem = os.path.splitext(unicodedata.normalize("NFC", name))[0]  # noqa: PTH122 - pathlib takes ten times as long
    found = _NUMBERED.fullmatch(stem)
    if found is None or _YEAR_AND_MONTH.search(found[1]):
        return None
    return found[1], int(found[2] or found[3])
