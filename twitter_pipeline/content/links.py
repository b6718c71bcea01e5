"""Taking links out of what others wrote, so that the rest reads as if there had been none."""

from __future__ import annotations

from collections.abc import Collection

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.data import words

#: A character no one writes: where a link was.
_GONE = "\ue002"
#: How often the whole is looked through: a link that is gone may leave another one.
_ROUNDS = 3
#: A label before a link has so many words at most: "Watch the whole film:".
_LABEL_WORDS = 4

_BARE = regex.compile(r"([\w-]++)\.\w++")
_HOST = regex.compile(r"(?i)(?:https?://)?([^/?:#]++)")
_OPEN, _CLOSE = r"(\[{<（［【「『«“", r")\]}>）］】」』»”"
_STOPS = ".!?…。！？"
_END = rf"{_STOPS}|•·"
# "URL, URL | URL" is one.
_SEVERAL = regex.compile(rf"{_GONE}(?:[\s,;|/·•&+–—-]*+{_GONE})++")
_INSIDE = rf"[^{_OPEN}{_CLOSE}{_GONE}]{{0,60}}+"
_IN_BRACKETS = regex.compile(rf"[{_OPEN}]({_INSIDE}){_GONE}({_INSIDE})[{_CLOSE}]")
_CLAUSE = regex.compile(rf"[^{_END}]++[{_STOPS}]*+|[{_END}]++")
#: What leads to a link: "Watch: …", "Shop → …", "👉 …".
LEADS = regex.compile(r"(?r)(?:[:：=→➜➡⇒►▶»>\-–—~|\s\ufe0f]|\p{Extended_Pictographic}|\p{Emoji_Modifier})++\Z")
_WORD = regex.compile(r"[\p{L}\p{M}\p{Nd}]++(?:['’][\p{L}]++)?")
_LAST_WORD = regex.compile(r"(?r)\b[^\W\d_]++['’]?+\Z")
_BETWEEN = regex.compile(r"(?:\s*+[|•·]\s*+){2,}")
_AT_ENDS = " \t\u3000|•·,;:：–—-"
_SPACES = regex.compile(r"[ \t\u3000]{2,}")
_BEFORE_STOP = regex.compile(r"[ \t]++(?=[.,;:!?…。、！？](?:\s|$)|[)\]}])")


def without_links(text: str, small: frozenset[str], own_sites: Collection[str] = ()) -> tuple[str, int]:
    """`text` without links but to `own_sites`, and how many are gone.

    What led to a link goes with it: "Watch: …", "(via …)", "read more at …". A bare domain within a sentence only
    loses its ending: "Booking.com has it" is "Booking has it". `small` are the articles, prepositions and conjunctions
    of its language. Takes linear time.
    """
    sites, gone = tuple(own_sites), 0
    for _ in range(_ROUNDS):
        if not any(not _is_own(text[start:end], sites) for start, end in urls.find(text)):
            return text, gone
        lines = [_line(line, small, sites) for line in text.split("\n")]
        gone += sum(number for _, number in lines)
        text = "\n".join(line for line, _ in lines if line is not None)
    pieces, position = [], 0
    for start, end in urls.find(text):
        if not _is_own(text[start:end], sites):
            pieces += [text[position:start], " "]
            position, gone = end, gone + 1
    return "".join([*pieces, text[position:]]), gone


def _is_own(link: str, sites: tuple[str, ...]) -> bool:
    host = _HOST.match(link)
    name = host[1].lower() if host else ""
    return any(name == site or name.endswith(f".{site}") for site in sites)


def _line(line: str, small: frozenset[str], sites: tuple[str, ...]) -> tuple[str | None, int]:
    """The line without its links, and how many are gone; None for a line of which nothing is left."""
    pieces, position, gone = [], 0, 0
    for start, end in urls.find(line):
        if _is_own(line[start:end], sites):
            continue
        before, after = line[position:start], line[end : end + 2]
        pieces += [before, _in_place(line[start:end], before, after)]
        position, gone = end, gone + 1
    if not gone:
        return line, 0
    text = "".join([*pieces, line[position:]])
    if _GONE not in text:
        return text, gone
    text = _SEVERAL.sub(_GONE, text)
    text = _IN_BRACKETS.sub(lambda found: _bracketed(found, small), text)
    clauses = (found[0] for found in _CLAUSE.finditer(text))
    text = "".join(_clause(clause, small) if _GONE in clause else clause for clause in clauses)
    text = _SPACES.sub(" ", text).strip(_AT_ENDS)
    text = _BEFORE_STOP.sub("", _BETWEEN.sub(" | ", text))
    return (text, gone) if _WORD.search(text) else (None, gone)


def _in_place(link: str, before: str, after: str) -> str:
    """The name of a bare domain that is a word of its sentence; else the mark of a link that is gone."""
    bare = _BARE.fullmatch(link)
    leads = not before.strip() or before.rstrip()[-1] in f"{_OPEN}:：=→➜➡⇒►▶»|-–—"
    if bare is None or (leads and not after.strip()[:1].isalnum()):
        return _GONE
    return bare[1]


def _bracketed(found: regex.Match[str], small: frozenset[str]) -> str:
    return _GONE if _is_label(found[1], small) and _is_label(found[2], small, named=True) else found[0]


def _clause(clause: str, small: frozenset[str]) -> str:
    """A clause in which links are gone, without the words that only made sense with them."""
    said = clause.rstrip(_STOPS)
    *led, last = said.split(_GONE)
    kept = ["" if _is_label(before, small) else _without_end(before, small) for before in led]
    last = "" if _is_label(last, small, named=True) else last
    if not any(kept):
        last = _after_label(last, small)
    text = " ".join([*kept, last]) if last.strip() else " ".join(kept).rstrip()
    if not any(kept):
        text = _begun(text, clause)
    # A space: what divides the sentences around it.
    return f"{text}{clause[len(said) :]}" if _WORD.search(text) else " "


def _after_label(said: str, small: frozenset[str]) -> str:
    """What follows a link that began its sentence, which begins it now: "See … for more of it, and enjoy"."""
    label, comma, rest = said.partition(",")
    if comma and _is_label(label, small, named=True):
        said = rest
    first = _WORD.search(said)
    if first and first[0].casefold() in words("link_labels") & small:
        said = said[first.end() :]
    return said


def _begun(said: str, before: str) -> str:
    """With a capital first letter, where the clause `before` had one and has lost its beginning; hashtags stay."""
    was, first = _WORD.search(before), _WORD.search(said)
    if was is None or first is None or not was[0][0].isupper() or was[0] == first[0]:
        return said
    at = first.start()
    if said[:at].endswith(("#", "＃", "@", "＠", "$")):
        return said
    return f"{said[:at]}{said[at].upper()}{said[at + 1 :]}"


def _is_label(said: str, small: frozenset[str], *, named: bool = False) -> bool:
    """Whether words only lead to a link. With `named` only those that always do: "here", "for more"."""
    found = [word.casefold() for word in _WORD.findall(said)]
    if all(word in words("link_labels") or word in small for word in found):
        return True
    return not named and len(found) <= _LABEL_WORDS and said.rstrip()[-1:] in ":：=→➜➡⇒►▶»"


def _without_end(said: str, small: frozenset[str]) -> str:
    """Without "👉", ":" and "at" at its end."""
    while True:
        kept = LEADS.sub("", said)
        word = _LAST_WORD.search(kept)
        if word is None or word[0].rstrip("'’").casefold() not in small or not kept[: word.start()].strip():
            return kept
        said = kept[: word.start()]
