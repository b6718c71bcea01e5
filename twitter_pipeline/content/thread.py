"""A text too long for one post as a thread: several posts that follow each other, with no word lost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from twitter_pipeline.content.breaks import Kind, goes_beyond
from twitter_pipeline.content.cutting import divide, shorten
from twitter_pipeline.content.weight import weighted_length

#: A last post of less than this share of the room is made longer,
_SHORT = 0.25
#: by dividing it and the one before it after such a share of the two.
_SHARES = (0.5, 0.65, 0.8)


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
        # With so many posts the numbers have more digits, however many they are.
        least = min(most, 10**digits + 1) if digits == 1 else most
        found = _split(text, limit - len(_number(10**digits - 1, 10**digits - 1)), least, languages)
        if len(found.texts) < 10**digits:
            break
    count = len(found.texts)
    return Split(tuple(f"{one}{_number(place, count)}" for place, one in enumerate(found.texts, 1)), found.was_cut)


def _number(place: int, count: int) -> str:
    return f" ({place}/{count})"


def _split(text: str, room: int, most: int, languages: Sequence[str]) -> Split:
    fits = partial(_fits, room)
    texts: list[str] = []
    rest, last_two, kind = text.strip(), "", Kind.SENTENCE
    while rest and len(texts) < most - 1 and (goes_beyond(rest, room) or not fits(rest)):
        at, kind = divide(rest, fits, room, languages)
        if not fits(rest[:at].rstrip()):
            break  # a link, say, that is heavier than the room
        texts.append(rest[:at].rstrip())
        last_two, rest = rest, rest[at:].lstrip()
    if not fits(rest):
        last = shorten(rest, fits, room, languages)
        return Split((*texts, *([last] if last else [])), True)
    if rest:
        texts.append(rest)
    if rest and kind is not Kind.SENTENCE and weighted_length(rest) < room * _SHORT:
        texts[-2:] = _evened(last_two, room, languages) or texts[-2:]
    return Split(tuple(texts), False)


def _fits(room: int, text: str) -> bool:
    return weighted_length(text) <= room


def _evened(text: str, room: int, languages: Sequence[str]) -> list[str] | None:
    """The words of two posts divided so that neither is a word or two; None where that cannot be."""
    weight = weighted_length(text)
    for share in _SHARES:
        most = int(weight * share)
        at, kind = divide(text, partial(_fits, most), most, languages)
        two = [text[:at].rstrip(), text[at:].lstrip()]
        if kind is not Kind.LETTER and all(room * _SHORT <= weighted_length(one) <= room for one in two):
            return two
    return None
