"""Taking HTML out of what was written for the web: X shows `<b>` and `&amp;` as they are written.

Only what is surely markup counts: "<3", "a < b", "x<y>z", "<unknown>", "List<i>" and "use <b>" stay.
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterator

import regex

_INLINE = (
    *("a", "abbr", "b", "bdi", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "mark", "nobr", "q", "s"),
    *("small", "span", "strike", "strong", "sub", "sup", "tt", "u", "wbr"),
)
#: What begins and ends a line, and what a paragraph.
_LINES = (
    *("body", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "head", "html", "li", "tbody", "tfoot"),
    *("thead", "tr", "article", "section", "header", "footer"),
)
_PARAGRAPHS = ("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "pre", "table", "ul")
_CELLS = ("td", "th")
#: What is within these is not read.
_UNREAD = ("iframe", "noscript", "script", "style")
_NAMES = "|".join(sorted((*_INLINE, *_LINES, *_PARAGRAPHS, *_CELLS, *_UNREAD, "img"), reverse=True))

_VALUE = r"\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>]++)"
# "<b and c>" is none: the first attribute has a value. Nor is one in backticks.
_TAG = regex.compile(
    rf"(?i)(?<!`)<(?:({_NAMES})(\s++[a-z][\w:.-]*+{_VALUE}(?:\s*+[a-z][\w:.-]*+(?:{_VALUE})?+)*+)?+\s*+/?|/({_NAMES})\s*+)>(?!`)"
)
# Ends at the next one, so that those without an end take no time.
_COMMENT = regex.compile(r"(?i)<!--(?:(?!-->|<!--)[\s\S])*+-->|<!doctype[^<>]{0,300}+>")
_BREAK = regex.compile(r"(?i)[^\S\n]*+<(?:br[^\S\n]*+/?|/br)>[^\S\n]*+\n?+")
_RAISED = regex.compile(r"(?i)<(su[pb])>([0-9+\u2212-]{1,20}+)</\1>")
_DIGITS = {
    "sup": str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻"),
    "sub": str.maketrans("0123456789+-\u2212", "₀₁₂₃₄₅₆₇₈₉₊₋₋"),
}
# An entity may have been written as one again, by the next program.
_ENTITY = regex.compile(r"&(?:amp;)*+(?:(#0*+[0-9]{1,7}|#[xX]0*+[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30}+);)?+(?<=;)")
_TARGET = regex.compile(r"(?i)(?<![\w:.-])href\s*+=\s*+(?|\"([^\"]*+)\"|'([^']*+)'|([^\s\"']++))")
_SPACE = regex.compile(r"\s++")
#: So much of what is between two tags tells whether they belong together.
_BETWEEN = 60


def without_html(text: str, named: Callable[[str, str], str | None], *, folds: bool = False) -> str:
    """`text` without HTML, in linear time: entities are the signs they stand for, blocks and "<br>" new lines.

    Of a link stays what `named` makes of its name and its target; its name where that is None. With `folds` new lines
    of the text itself are spaces, as a browser shows them, where its tags make the lines.
    """
    if "<" in text:
        text = _without_tags(text, named, folds)
    if (said := without_entities(text)) != text:
        text = _without_tags(said, named, folds=False) if "<" in said else said
    return text


def without_entities(text: str) -> str:
    """`text` with the signs that entities stand for: "&amp;", but nothing of "love&regret"."""
    return _ENTITY.sub(_sign, text) if "&" in text else text


def _sign(entity: regex.Match[str]) -> str:
    if entity[1] is None:
        return "&"
    # Of those without an end of its own none is known here: "&copying;".
    sign = html.unescape(f"&{entity[1]};")
    return entity[0] if sign.endswith(";") and len(sign) > 1 else sign.replace("\u00a0", " ")


def _without_tags(text: str, named: Callable[[str, str], str | None], folds: bool) -> str:
    text = _RAISED.sub(lambda found: found[2].translate(_DIGITS[found[1].lower()]), _COMMENT.sub("", text))
    tags = _tags(text)
    folds = folds and _make_lines(text, tags)
    if tags or folds:
        text = _Reading(named, folds).whole(text, tags)
    return _BREAK.sub("\n", text)


def _make_lines(text: str, tags: list[regex.Match[str]]) -> bool:
    """Whether the lines of a text are those its tags make; a poem may have one "<br>" and other lines."""
    if any(_name(tag) in _LINES or _name(tag) in _PARAGRAPHS for tag in tags):
        return True
    ending = sum(text[found.end() - 1] == "\n" for found in _BREAK.finditer(text))
    return 2 * ending > text.strip().count("\n")


def _name(tag: regex.Match[str]) -> str:
    return (tag[1] or tag[3]).lower()


def _tags(text: str) -> list[regex.Match[str]]:
    """What is a tag, since it has attributes, or is one of two that belong together, or others of the text are."""
    found = list(_TAG.finditer(text))
    sure = {number for number, tag in enumerate(found) if _is_one(text, tag)}
    paired = set[int]()
    opened: dict[str, list[int]] = {}
    for number, tag in enumerate(found):
        if tag[1]:
            opened.setdefault(_name(tag), []).append(number)
        elif before := opened.get(_name(tag)):
            pair = (before.pop(), number)
            paired.update(pair)
            if not sure.isdisjoint(pair) or _is_pair(text, found[pair[0]], tag):
                sure.update(pair)
    # "List<i>" and "Press <s>" are no tags among others either.
    likely = {number for number, tag in enumerate(found) if not _is_letter(tag)} | paired if sure else set[int]()
    return [tag for number, tag in enumerate(found) if number in likely]


def _is_one(text: str, tag: regex.Match[str]) -> bool:
    """Whether it is one by itself: with attributes, "Fog</div>", or "<p>Fog" at the beginning of a line."""
    before, behind = text[max(0, tag.start() - 1) : tag.start()], text[tag.end() : tag.end() + 1]
    if tag[2]:
        return '"' in tag[2] or "'" in tag[2] or not before.isalnum()
    if _is_letter(tag):
        return False
    if tag[3]:
        return bool(before.strip())
    return _name(tag) == "hr" or (before in ("", "\n") and behind.isalnum())


def _is_pair(text: str, begin: regex.Match[str], end: regex.Match[str]) -> bool:
    """Whether two tags have something between them: not in "write <b> and </b>"."""
    between = text[begin.end() : min(end.start(), begin.end() + _BETWEEN)]
    spaced = between[:1].isspace() and text[end.start() - 1].isspace() and "\n" not in between
    return len(between.split()) > spaced


def _is_letter(tag: regex.Match[str]) -> bool:
    """Whether it is one that may be much else: "<b>", "<i>", "</s>"."""
    return len(_name(tag)) == 1 and _name(tag) in _INLINE and not tag[2]


class _Reading:
    """A text as a browser would show it, put together piece by piece."""

    def __init__(self, named: Callable[[str, str], str | None], folds: bool) -> None:
        self._named = named
        self._folds = folds
        self._pieces: list[str] = []
        #: New lines before what comes next, and what begins it.
        self._lines = 0
        self._bullet = ""
        #: The lists it is in: those with numbers have a counter.
        self._lists: list[Iterator[int] | None] = []
        #: Where the link leads to that it is in, and the piece its name begins with.
        self._target: str | None = None
        self._name_at: int | None = None

    def whole(self, text: str, tags: list[regex.Match[str]]) -> str:
        """`text` without these tags."""
        ends = {_name(tag): tag.start() for tag in tags if tag[3]}
        position, unread = 0, ""
        for tag in tags:
            name = _name(tag)
            if unread not in ("", name):
                continue
            if not unread:
                self._say(text[position : tag.start()])
                self._tag(name, tag)
            unread = name if tag[1] and name in _UNREAD and ends.get(name, 0) > tag.start() else ""
            position = tag.end()
        self._say(text[position:])
        return "".join(self._pieces)

    def _say(self, said: str) -> None:
        if self._folds:
            said = _SPACE.sub(" ", said)
        words = said.lstrip() if self._lines else said
        if not words:
            return
        if self._lines:
            lines = max(self._lines, min(2, said.count("\n", 0, len(said) - len(words))))
            self._pieces += ["\n" * lines if self._pieces else "", self._bullet]
            self._lines, self._bullet = 0, ""
        elif self._pieces and self._pieces[-1].endswith(" "):
            words = words.lstrip(" ")
        if self._target is not None and self._name_at is None and words.strip():
            self._name_at = len(self._pieces)
        self._pieces.append(words)

    def _tag(self, name: str, tag: regex.Match[str]) -> None:
        opens = tag[1] is not None
        if name == "a":
            self._end_link()
            if target := _TARGET.search(tag[2] or ""):
                self._target = without_entities(target[1].strip())
        elif name in _CELLS and opens and not self._lines:
            self._pieces.append(" ")
        elif name in _LINES or name in _PARAGRAPHS:
            self._end_line(1 if name in _LINES else 2)
        if name in ("ol", "ul"):
            if opens:
                self._lists.append(itertools.count(1) if name == "ol" else None)
            elif self._lists:
                self._lists.pop()
        if name in ("li", "ol", "ul"):
            self._bullet = ""
        if name == "li" and opens:
            counter = self._lists[-1] if self._lists else None
            self._bullet = "• " if counter is None else f"{next(counter)}. "

    def _end_line(self, lines: int) -> None:
        while not self._lines and self._pieces:
            last = self._pieces.pop()
            if kept := last.rstrip():
                self._pieces.append(kept)
                lines = max(lines, min(2, last.count("\n", len(kept))))
                break
        self._lines = max(self._lines, lines if not self._bullet else 1)

    def _end_link(self) -> None:
        """Of a link without a name, which nobody sees, nothing stays."""
        if self._target is not None and self._name_at is not None:
            name = "".join(self._pieces[self._name_at :])
            if (said := self._named(name.strip(), self._target)) is not None:
                self._pieces[self._name_at :] = [said, name[len(name.rstrip()) :]]
        self._target = self._name_at = None
