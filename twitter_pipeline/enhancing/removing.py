"""Taking the people and links that a model added out of its text as an editor would: by sentences, leaving no holes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import regex

from twitter_pipeline.content import foreign
from twitter_pipeline.content.breaks import Kind, within
from twitter_pipeline.content.cutting import without_dangling
from twitter_pipeline.content.tidy import single_spaced
from twitter_pipeline.content.weight import normalize
from twitter_pipeline.enhancing.guard import spans

#: What must be left to be worth posting: letters, of more than one word where words are told apart by spaces, and
#: their share of those that stood beside what goes.
_LEAST_LETTERS = 4
_LEAST_SHARE = 1 / 3
#: A last clause of no more words only led up to what goes: "see …", "more at …".
_MOST_LEADING = 3

_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"[\p{L}\p{N}]++")
# Scripts that put no space between words.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
# A sentence that begins right after the full stop looks like a domain: "evening.Then".
_SLIP = regex.compile(r"([\w-]*[^\W_])\.(\p{Lu}\p{Ll}++)")
# What belongs to a name or an address besides: "me" of "me@evil.example", the path of a domain that X does not know.
_BEFORE = regex.compile(r"(?r)[A-Za-z0-9._+-]*+")
_BEHIND = regex.compile(r"[/?:#]\S++")
_PUNCTUATION = ".,:;!?…)]}'\"“”»）】。、，"
#: In the place of each while the rest is judged: no letter and no space.
_MARK = "\ue002"
_BRACKETS = regex.compile(rf"(?<!\s)\s*+[(\[（【][^()\[\]（）【】{_MARK}]*+{_MARK}[^()\[\]（）【】]*+[)\]）】]")
_AT_START = regex.compile(rf"(?<=\A\s*+)(?:{_MARK}[\s,;:–—|·、，：-]*+)++")
_CLAUSES = regex.compile(r"[,;:，、；：–—](?=\s|\p{Han}|\p{Hiragana}|\p{Katakana})")
_END = regex.compile(r"[.!?…。！？]*+(\s*+)\Z")
_GAP = regex.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Kept:
    """What is left of a text."""

    text: str
    #: What was taken out, as it stood there.
    removed: tuple[str, ...] = ()


def without_added(text: str, original: str) -> Kept | None:
    """`text`, cleaned, without mentions and links that `original` does not have; None when nothing sensible is left.

    What stands in brackets or begins a sentence goes alone. Else its sentence goes as a whole, if enough others stay,
    or the end of it. No word is added, and none changes its place.
    """
    text = normalize(foreign.plain(text.replace(_MARK, "")))
    text = _changed(text, original, lambda token: _SLIP.sub(r"\1. \2", token) if _SLIP.fullmatch(token) else token)
    removed: dict[str, None] = {}

    def mark(token: str) -> str:
        removed[token] = None
        return _MARK

    marked = _changed(text, original, mark)
    if not removed:
        return Kept(text)
    enough = max(_LEAST_LETTERS, _letters(marked) * _LEAST_SHARE)
    sentences = [_without_start(one) for one in _sentences(_BRACKETS.sub("", marked))]
    shorten: Callable[[str], str]
    for shorten in (_nothing, _without_end):
        left = "".join(shorten(one) if _MARK in one else one for one in sentences)
        left = normalize(single_spaced(_GAP.sub(" ", left)))
        says = len(_WORD.findall(left)) > 1 or _UNSPACED.search(left)
        if says and _letters(left) >= enough and not spans(left, original):
            return Kept(left, tuple(removed))
    return None


def _changed(text: str, original: str, change: Callable[[str], str]) -> str:
    """`text` with each name and address that was added changed."""
    pieces, position = [], 0
    for start, end in _whole(text, spans(text, original)):
        pieces += [text[position:start], change(text[start:end])]
        position = end
    return "".join([*pieces, text[position:]])


def _whole(text: str, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans with what belongs to them, those that overlap as one."""
    whole: list[tuple[int, int]] = []
    for start, end in found:
        if text[start] in "@＠" and (before := _BEFORE.match(text, 0, start)):
            start = before.start()
        if behind := _BEHIND.match(text, end):
            end += len(behind[0].rstrip(_PUNCTUATION))
        if whole and start < whole[-1][1]:
            start, end = min(start, whole[-1][0]), max(end, whole.pop()[1])
        whole.append((start, end))
    return whole


def _sentences(text: str) -> list[str]:
    """The sentences and lines of a text, each with the space around it."""
    ends = {end.at for end in within(text, 2 * len(text) + 2).ends if end.kind is Kind.SENTENCE}
    ends |= {at + 1 for at, char in enumerate(text) if char == "\n"}
    cuts = [0, *sorted(ends - {0, len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _nothing(_sentence: str) -> str:
    return ""


def _without_start(sentence: str) -> str:
    """Without the marks it begins with; empty when it was nothing else."""
    rest = _AT_START.sub("", sentence)
    return rest if rest == sentence or _WORD.search(rest) else ""


def _without_end(sentence: str) -> str:
    """Up to its mark, or to the clause before; empty when what follows belongs to what goes before."""
    at = sentence.index(_MARK)
    head, behind = sentence[:at], sentence[at:].replace(_MARK, " ")
    goes_on = bool(_WORD.search(behind))
    if goes_on and _CLAUSES.search(behind):
        return ""
    clauses = list(_CLAUSES.finditer(head))
    clause = clauses[-1].start() if clauses else None
    if clause is not None and (goes_on or len(_WORD.findall(head, clause)) <= _MOST_LEADING):
        head = head[:clause]
    elif goes_on:
        return ""
    kept = without_dangling(head)
    if _letters(kept) < _LEAST_LETTERS:
        return ""
    end = _END.search(sentence)
    return kept + (end[0] if end else "")


def _letters(text: str) -> int:
    return len(_LETTER.findall(text))
