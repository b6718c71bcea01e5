"""A text too long for one post as a thread: several posts that follow each other, with no word lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from twitter_pipeline.content.cutting import divide, shorten
from twitter_pipeline.content.weight import weighted_length


class Split(NamedTuple):
    """The texts of the posts."""

    texts: tuple[str, ...]
    #: Whether the end had to be left out, since there would have been too many.
    was_cut: bool


def split(text: str, limit: int, *, most: int, numbered: bool, languages: Sequence[str] = ()) -> Split:
    """The text in posts of at most `limit` by X's reckoning, `most` of them; `numbered`: each ends with " (1/3)".

    A text that fits stays as it is, without a number; posts that would be alike get theirs, since X refuses a
    repetition. A post ends where `cutting.shorten` would end it. `languages` are those that the text should be in.
    """
    if weighted_length(text) <= limit:
        return Split((text,), False)
    if not numbered:
        found = _split(text, limit, most, languages)
        if len(set(found.texts)) == len(found.texts):
            return found
    for digits in (1, 2):
        found = _split(text, limit - len(_number(10**digits - 1, 10**digits - 1)), most, languages)
        if len(found.texts) < 10**digits:
            break
    count = len(found.texts)
    return Split(tuple(f"{one}{_number(place, count)}" for place, one in enumerate(found.texts, 1)), found.was_cut)


def _number(place: int, count: int) -> str:
    return f" ({place}/{count})"


def _split(text: str, room: int, most: int, languages: Sequence[str]) -> Split:
    def fits(part: str) -> bool:
        return weighted_length(part) <= room

    texts: list[str] = []
    text = text.strip()
    while text and len(texts) < most - 1:
        at = len(text) if fits(text) else divide(text, fits, room, languages)
        texts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    if not text or fits(text):
        return Split((*texts, *([text] if text else [])), False)
    last = shorten(text, fits, room, languages)
    return Split((*texts, *([last] if last else [])), True)
