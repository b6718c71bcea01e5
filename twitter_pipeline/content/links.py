"""Taking links out of what others wrote, so that the rest reads as if there had been none."""

from __future__ import annotations

from collections.abc import Collection

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.data import words

#: Characters no one writes: where a link was, and where one in brackets.
_GONE, _ASIDE = "\ue002", "\ue003"
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
_BEFORE_LINK = ":：=→➜➡⇒►▶»"
# No emoji but those that point: any other is a word of its sentence. None is a part of a longer one, as of "🏃‍➡️".
_POINTER = r"(?<!\u200d)[→➜➡➔➞➤⇒⇨►▶▸▼↓⬇⤵↘☞⏩⏬🔽👉👇🔗](?:\ufe0f|\p{Emoji_Modifier})?"
#: What leads to a link: "Watch: …", "Shop → …", "👉 …".
LEADS = regex.compile(rf"(?r)(?:[:：=»>\-–—~|\s]|{_POINTER})++\Z")
_LEADS_BELOW = regex.compile(rf"(?r)(?:[{_BEFORE_LINK}]|{_POINTER})\s*+\Z")
_POINTS = regex.compile(rf"\s*+(?:[{_BEFORE_LINK}]|{_POINTER})")
_ENDS_LABEL = regex.compile(rf"(?r)(?<!\u200d)[{_BEFORE_LINK}]\ufe0f?+\s*+\Z")
_TAGS = ("#", "＃")
_WORD = regex.compile(r"[\p{L}\p{M}\p{Nd}]++(?:['’][\p{L}]++)?")
_SAID = regex.compile(r"[\p{L}\p{M}\p{Nd}\p{Extended_Pictographic}\p{Regional_Indicator}]")
_LAST_WORD = regex.compile(r"(?r)\b[^\W\d_]++['’]?+\Z")
_BETWEEN = regex.compile(r"(?:\s*+[|•·]\s*+){2,}")
_AT_ENDS = " \t\u3000|•·,;:：–—-"
_SPACES = regex.compile(r"[ \t\u3000]{2,}")
_BEFORE_STOP = regex.compile(r"[ \t]++(?=[.,;:!?…。、！？](?:\s|$)|[)\]}])")


def without_links(text: str, small: frozenset[str], own_sites: Collection[str] = ()) -> tuple[str, int]:
    """`text` without links but to `own_sites`, and how many are gone.

    What led to a link goes with it: "Watch: …", "(via …)", "read more at …", but for words that say something where
    nothing else is left: "New video: …". A bare domain within a sentence only loses its ending: "Booking.com has it" is
    "Booking has it". `small` are the articles, prepositions and conjunctions of its language. Takes linear time.
    """
    sites = tuple(own_sites)
    left, gone = _stripped(text, small, sites, _LABEL_WORDS)
    # Several lines of labels and links are a list of links, which says nothing.
    if gone and not _SAID.search(left) and _SEVERAL.sub(_GONE, _marked(text, sites, _GONE)[0]).count(_GONE) == 1:
        kept, _ = _stripped(text, small, sites, 0)
        if not _WORD.search(kept) or not _is_label(kept, small | words("link_places"), 0):
            return kept, gone
    return left, gone


def _stripped(text: str, small: frozenset[str], sites: tuple[str, ...], labels: int) -> tuple[str, int]:
    """See `without_links`. Any words are a label, so many of them at most; with 0 a line may be an emoji only."""
    gone = 0
    for _ in range(_ROUNDS):
        if not any(not _is_own(text[start:end], sites) for start, end in urls.find(text)):
            return text, gone
        text, number = _lines(text, small, sites, labels)
        gone += number
    text, number = _marked(text, sites, " ")
    return text, gone + number


def _marked(text: str, sites: tuple[str, ...], mark: str) -> tuple[str, int]:
    """`text` with `mark` for each link, and how many."""
    pieces, position, gone = [], 0, 0
    for start, end in urls.find(text):
        if not _is_own(text[start:end], sites):
            pieces += [text[position:start], mark]
            position, gone = end, gone + 1
    return "".join([*pieces, text[position:]]), gone


def _is_own(link: str, sites: tuple[str, ...]) -> bool:
    host = _HOST.match(link)
    name = host[1].lower() if host else ""
    return any(name == site or name.endswith(f".{site}") for site in sites)


def _lines(text: str, small: frozenset[str], sites: tuple[str, ...], labels: int) -> tuple[str, int]:
    """The lines of which something is left, and how many links are gone.

    A line that leads to lines that are gone ("Watch the whole film:", "▼Shop", and a link below) ends as at a link. It
    may be the heading of what stays right below those; then it goes only if it says nothing.
    """
    left: list[str | None] = []
    gone, heading, below_is_gone = 0, None, False
    for line in [*text.split("\n"), ""]:
        said, number = _line(line, small, sites, labels)
        gone += number
        if said is None:
            below_is_gone = True
            continue
        if below_is_gone and heading is not None:
            stays = bool(said.strip()) and not _is_heading(said)
            left[heading] = _heading(left[heading] or "", small, labels, stays=stays)
            heading = None
        below_is_gone = False
        if said.strip():
            heading = len(left)
        left.append(said)
    return "\n".join(line for line in left[:-1] if line is not None), gone


def _heading(line: str, small: frozenset[str], labels: int, *, stays: bool) -> str | None:
    """What stays of a line below which all is gone, or, with `stays`, below which something stays; None for nothing."""
    if labels and _says_nothing(line, small):
        return None
    if not _is_heading(line) or (stays and _is_label(f"{line}:", small, labels)):
        return line
    if _LEADS_BELOW.search(line):
        return _without_marks(f"{line} {_GONE}", small, labels)
    return None if _is_label(f"{line}:", small, labels) else line


def _is_heading(line: str) -> bool:
    return bool(_LEADS_BELOW.search(line) or _POINTS.match(line))


def _line(line: str, small: frozenset[str], sites: tuple[str, ...], labels: int) -> tuple[str | None, int]:
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
    return _without_marks(text, small, labels), gone


def _without_marks(text: str, small: frozenset[str], labels: int) -> str | None:
    """A line with marks of links that are gone, without them and what led to them; None if nothing is left."""
    text = _SEVERAL.sub(_GONE, text)
    text = _IN_BRACKETS.sub(lambda found: _bracketed(found, small, labels), text)
    is_led_to = _GONE in text
    clauses = (found[0] for found in _CLAUSE.finditer(text))
    text = "".join(_clause(_without_asides(clause, small), small, labels) for clause in clauses)
    text = _SPACES.sub(" ", text).strip(_AT_ENDS)
    text = _BEFORE_STOP.sub("", _BETWEEN.sub(" | ", text))
    if labels and is_led_to and _says_nothing(text, small):
        return None
    return text if (_WORD if labels else _SAID).search(text) else None


def _in_place(link: str, before: str, after: str) -> str:
    """The name of a bare domain that is a word of its sentence; else the mark of a link that is gone."""
    bare = _BARE.fullmatch(link)
    leads = not before.strip() or before.rstrip()[-1] in f"{_OPEN}|-–—" or _ENDS_LABEL.search(before)
    if bare is None or (leads and not after.strip()[:1].isalnum()):
        return _GONE
    return bare[1]


def _bracketed(found: regex.Match[str], small: frozenset[str], labels: int) -> str:
    if not (_is_label(found[1], small, labels) and _is_label(found[2], small, 0)):
        return found[0]
    before = found.string[max(0, found.start() - 2) : found.start()].rstrip()
    return _GONE if before and before[-1] in _BEFORE_LINK else _ASIDE


def _without_asides(clause: str, small: frozenset[str]) -> str:
    """A clause without links in brackets, which leave its other words as they are; of a mere label all is gone."""
    if _ASIDE not in clause:
        return clause
    return _GONE if _is_label(clause, small, 0) else clause.replace(_ASIDE, "")


def _clause(clause: str, small: frozenset[str], labels: int) -> str:
    """A clause in which links may be gone, without the words that only made sense with them."""
    if _GONE not in clause:
        return clause
    said = clause.rstrip(_STOPS)
    *led, last = said.split(_GONE)
    kept = [
        "" if _WORD.search(before) and _is_label(before, small, labels) else _without_end(before, small)
        for before in led
    ]
    last = "" if _is_label(last, small, 0) else last
    begins = not any(map(_WORD.search, kept))
    if begins:
        last = _after_label(last, small)
    text = " ".join([*kept, last]) if last.strip() else " ".join(kept).rstrip()
    if begins:
        text = _begun(text, clause)
    # A space: what divides the sentences around it.
    return f"{text}{clause[len(said) :]}" if _SAID.search(text) else " "


def _after_label(said: str, small: frozenset[str]) -> str:
    """What follows a link that began its sentence, which begins it now: "See … for more of it, and enjoy"."""
    label, comma, rest = said.partition(",")
    if comma and _is_label(label, small, 0):
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


def _says_nothing(line: str, small: frozenset[str]) -> bool:
    """Whether a line that led to a link has no words but those that do, or that say where: "Instagram"."""
    return not any(tag in line for tag in _TAGS) and _is_label(line, small | words("link_places"), 0)


def _is_label(said: str, small: frozenset[str], most: int) -> bool:
    """Whether words only lead to a link: those that always do ("here", "for more"), or at most so many and a colon."""
    found = [word.casefold() for word in _WORD.findall(said)]
    if all(word in words("link_labels") or word in small for word in found):
        return True
    return len(found) <= most and bool(_ENDS_LABEL.search(said))


def _without_end(said: str, small: frozenset[str]) -> str:
    """Without "👉", ":" and "at" at its end."""
    while True:
        kept = LEADS.sub("", said)
        word = _LAST_WORD.search(kept)
        if word is None or word[0].rstrip("'’").casefold() not in small or not kept[: word.start()].strip():
            return kept
        said = kept[: word.start()]
