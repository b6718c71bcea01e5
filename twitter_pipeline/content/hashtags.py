"""Hashtags: what X takes for one, and merging several lists without repeating any."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.breaks import ends_sentence
from twitter_pipeline.content.languages import ends_with_function_word, language_of

# Letters, marks, digits and the few signs X allows within a tag; at least one character must be a letter or mark.
_SIGNS = "_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7"
_CHARACTER = rf"[\p{{L}}\p{{M}}\p{{Nd}}{_SIGNS}]"
_NOT_CHARACTERS = regex.compile(rf"[^\p{{L}}\p{{M}}\p{{Nd}}{_SIGNS}]++")
_LETTER = regex.compile(r"[\p{L}\p{M}]")
# Not within a word, and not "&#...": that is an HTML entity. A variation selector is no letter, though a mark.
_TAG = regex.compile(rf"(?<!(?![\ufe0e\ufe0f])(?:{_CHARACTER}|&))[#＃](?![\ufe0f\u20e3])({_CHARACTER}++)(?![#＃]|://)")

# Lines of nothing but dots or dashes, which people put before hashtags on Instagram, are space.
_DOTS = r"[.…·•\u2800\p{Pd}]"
# Sign by sign: a run of them within a run takes quadratic time.
_SPACE = rf"(?:\s|(?<=(?:\A|\n)[^\S\n]{{0,3}}{_DOTS}{{0,20}}){_DOTS}(?={_DOTS}{{0,20}}[^\S\n]{{0,3}}\n))"
_LAST_TAG = regex.compile(rf"(?r)({_SPACE}++|^)[#＃]({_CHARACTER}++)\s*+")
_SPACE_BEFORE = regex.compile(r"\A[^#＃]++")
# Behind these a sentence goes on with hashtags, on the next line too, or on the same one only: "Winners: #a #b".
_LEADS_ON = (":", "：", ",", "，", "、")
_LEADS_ON_BESIDE = regex.compile(r"[\p{Pd}\p{Ps}\p{Pi}\p{Sm};；،؛&/👉👇➡⬇]\ufe0f?\Z")
_EMOJI = regex.compile(r"(?r)[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}\s\ufe0f\u200d]++\Z")
#: How much of what stands before hashtags is looked at.
_BEFORE = 40


def found_in(text: str) -> Iterator[str]:
    """The hashtags X will find in `text`, without "#". A URL's "#part" is none."""
    return (text[start + 1 : end] for start, end in spans(text))


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where the hashtags of `text` begin, with "#", and end, from left to right."""
    return (found.span() for found in _matches(text, urls.find(text)))


def _matches(text: str, links: Iterable[tuple[int, int]]) -> Iterator[regex.Match[str]]:
    """The hashtags of a text with these links, as `_TAG` finds them. Of two that overlap X takes the first."""
    left = iter([*links, (len(text), len(text))])
    start, end = next(left)
    for found in _TAG.finditer(text):
        while end <= found.start():
            start, end = next(left)
        if found.start() < start and _LETTER.search(found[1]):
            yield found


def alone(tag: str) -> str:
    """A hashtag without the space before it, as `at_end` gives them."""
    return _SPACE_BEFORE.sub("", tag).rstrip()


def as_tag(words: str) -> str:
    """`words` as one hashtag with its "#": "paper airplane" is "#paperairplane". Empty when no letter is left."""
    # "#" before one of these is a keycap.
    tag = _NOT_CHARACTERS.sub("", words).lstrip("\ufe0f\u20e3")
    return f"#{tag}" if _LETTER.search(tag) else ""


def key(tag: str) -> str:
    """What two spellings of a hashtag share: X takes no notice of letter case or width. With or without its "#"."""
    return unicodedata.normalize("NFKC", tag).casefold().lstrip("#")


def merge(tags: Iterable[str], already: Collection[str]) -> list[str]:
    """`tags` as hashtags in their order, each once, without those of `already`; case and width do not count."""
    seen = set(map(key, already))
    merged = []
    for tag in filter(None, map(as_tag, tags)):
        if key(tag) not in seen:
            seen.add(key(tag))
            merged.append(tag)
    return merged


def without(text: str, left_out: Collection[str]) -> tuple[str, int]:
    """`text` in which the hashtags with these keys (see `key`) are words without "#", and how many they were.

    Where such a word would be part of a link ("#fyp.com") it goes.
    """
    links = urls.find(text)
    bare, gone = _barely(text, links, left_out, keep=True)
    if gone and len(urls.find(bare)) > len(links):
        bare, gone = _barely(text, links, left_out, keep=False)
    return bare, gone


def _barely(text: str, links: list[tuple[int, int]], left_out: Collection[str], *, keep: bool) -> tuple[str, int]:
    pieces, position, gone = [], 0, 0
    for tag in _matches(text, links):
        if key(tag[1]) in left_out:
            pieces += [text[position : tag.start()], tag[1] if keep else ""]
            position, gone = tag.end(), gone + 1
    return "".join([*pieces, text[position:]]), gone


def at_end(text: str, unwanted: Collection[str] = (), languages: Sequence[str] = ()) -> tuple[str, list[str]]:
    """`text` without the hashtags it ends with, and these, each with the space before it.

    What a sentence needs stays: one right behind a word, those behind a colon or a comma, the first behind a function
    word. Those that are `unwanted` (see `key`) go even so, but for one behind a function word, which would dangle.
    `languages` are those that it should be in, the likelier first: they say which full stops end no sentence.
    """
    at, gap = len(text), ""
    tags: list[str] = []
    while found := _LAST_TAG.match(text, 0, at):
        if not _LETTER.search(found[2]):
            break
        tags.append(found[0])
        at, gap = found.start(), found[1]
    tags.reverse()
    before, own_line = text[max(0, at - _BEFORE) : at], "\n" in gap
    if not tags or not before:
        return text[:at], tags
    if not own_line and ends_with_function_word(before):
        return text[:at] + tags[0], tags[1:]
    if not _is_tail(text[:at], len(tags), own_line, languages):
        kept = [tag for tag in tags if key(as_tag(tag)) not in unwanted]
        return text[:at] + "".join(kept), [tag for tag in tags if key(as_tag(tag)) in unwanted]
    return text[:at], tags


def _is_tail(text: str, number: int, own_line: bool, languages: Sequence[str]) -> bool:
    """Whether no sentence needs so many hashtags behind the last words of `text`."""
    before = text[-_BEFORE:]
    if before.endswith(_LEADS_ON) or (not own_line and _LEADS_ON_BESIDE.search(before)):
        return False
    words = _EMOJI.sub("", before)
    if own_line or number > 1:
        return True
    return not words.endswith(("…", "..")) and ends_sentence(words, language_of(text, languages))
