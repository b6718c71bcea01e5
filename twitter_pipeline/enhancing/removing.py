"""Taking people, links and cashtags that a model added out of its text as an editor would, leaving no holes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import regex

from twitter_pipeline.content import foreign
from twitter_pipeline.content.breaks import Kind, within
from twitter_pipeline.content.cutting import without_dangling
from twitter_pipeline.content.links import LEADS
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
_WITHOUT_SPACES = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNSPACED = regex.compile(f"[{_WITHOUT_SPACES}]")
# A sentence that begins right after the full stop looks like a domain: "evening.Then".
_SLIP = regex.compile(r"([\w-]*[^\W_])\.(\p{Lu}\p{Ll}++)")
# What belongs to a name or an address besides: "me" of "me@evil.example"; letters that a domain cannot have, such as
# those that only look like its own; the path of a domain that X does not know.
_BEFORE_NAME = regex.compile(r"(?r)[A-Za-z0-9._+-]*+")
_BEFORE_LINK = regex.compile(rf"(?rV1)[[\w.\-]--[{_WITHOUT_SPACES}]]*+")
_BEHIND = regex.compile(rf"(?V1)[\w--[{_WITHOUT_SPACES}]]*+(?:[/?:#]\S++)?+")
_PUNCTUATION = ".,:;!?…)]}'\"“”»）】。、，"
#: In the place of each while the rest is judged: no letter and no space.
_MARK = "\ue002"
_BRACKETS = regex.compile(rf"(?<!\s)\s*+[(\[（【<][^()\[\]（）【】<>{_MARK}]*+{_MARK}[^()\[\]（）【】<>]*+[)\]）】>]")
# "[name](link)" of Markdown.
_NAMED = regex.compile(rf"!?\[[^\[\]\n]{{0,300}}+\]\([^()\n{_MARK}]*+{_MARK}[^()\n]*+\)")
# What begins a sentence, unless that goes on with it: "@evil's cat", "@evilの猫", "@evil loves cats".
_AT_START = regex.compile(
    rf"(?<=\A\s*+)(?:{_MARK}[\s,;:–—|·、，：-]*+)++(?!(?<={_MARK})[\p{{L}}'’]|(?<={_MARK}\s{{0,20}})\p{{Ll}})"
)
_CLAUSES = regex.compile(r"[,;:，、；：–—](?=\s|\p{Han}|\p{Hiragana}|\p{Katakana})")
# The number of an item in a list, or its sign.
_ITEM = regex.compile(r"(?m)^[^\S\n]*+(?:([0-9]{1,3}+[.)])|[-*•·–—])(?=\s)\s*+")
_END = regex.compile(r"[.!?…。！？]*+(\s*+)\Z")
_GAP = regex.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Kept:
    """What is left of a text."""

    text: str
    #: What was taken out, as it stood there.
    removed: tuple[str, ...] = ()


def without_added(text: str, original: str) -> Kept | None:
    """`text`, cleaned, without what `original` does not have (see `guard`); None when nothing sensible is left.

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
    sentences = _sentences(_BRACKETS.sub("", _NAMED.sub(_MARK, marked)))
    for shorten in (_nothing, _without_end):
        left = "".join(_shortened(sentences, shorten))
        left = normalize(single_spaced(_GAP.sub(" ", left)))
        is_whole = _is_even(left) or not _is_even(text)
        if _says(left) and is_whole and _letters(left) >= enough and not spans(left, original):
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
        if text[start] != "$":
            before = _BEFORE_NAME if text[start] in "@＠" else _BEFORE_LINK
            start = before.match(text, min(start, whole[-1][1] if whole else 0), start).start()  # type: ignore[union-attr]
        if behind := _BEHIND.match(text, end):
            end += len(behind[0].rstrip(_PUNCTUATION))
        if whole and start < whole[-1][1]:
            start, end = min(start, whole[-1][0]), max(end, whole.pop()[1])
        whole.append((start, end))
    return whole


def _sentences(text: str) -> list[str]:
    """The sentences and lines of a text, each with the space around it."""
    ends = {end.at for end in within(text, 2 * len(text) + 2).ends if end.kind is Kind.SENTENCE}
    ends -= {item.end(1) for item in _ITEM.finditer(text)}
    ends |= {at + 1 for at, char in enumerate(text) if char == "\n"}
    cuts = [0, *sorted(ends - {0, len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(cuts)]


def _shortened(sentences: list[str], shorten: Callable[[str], str]) -> Iterator[str]:
    """What is left of each; one that ends a line and goes takes the line's end only where it is all of the line."""
    begins_line = True
    for sentence in sentences:
        left = _without_start(sentence)
        left = shorten(left) if _MARK in left else left
        if not left and sentence.endswith("\n") and not begins_line:
            left = "\n"
        yield left
        begins_line = left.endswith("\n") if left else begins_line


def _nothing(_sentence: str) -> str:
    return ""


def _without_start(sentence: str) -> str:
    """Without the marks it begins with; empty where no words follow them. The number of an item is none."""
    item = _ITEM.match(sentence)
    at = item.end() if item else 0
    rest = _AT_START.sub("", sentence[at:])
    return sentence if rest == sentence[at:] else f"{sentence[:at]}{rest}" if _says(rest) else ""


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
    kept = LEADS.sub("", without_dangling(LEADS.sub("", head)))
    if _letters(kept) < _LEAST_LETTERS:
        return ""
    end = _END.search(sentence)
    return kept + (end[0] if end else "")


def _says(text: str) -> bool:
    """Whether it is more than a word."""
    return len(_WORD.findall(text)) > 1 or bool(_UNSPACED.search(text))


def _is_even(text: str) -> bool:
    """Whether as many brackets are closed as are opened."""
    return all(text.count(opened) == text.count(closed) for opened, closed in ("()", "[]", "（）", "【】"))


def _letters(text: str) -> int:
    return len(_LETTER.findall(text))
