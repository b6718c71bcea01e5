"""Taking the signs of Markdown out of what programs wrote: X shows `**bold**` as it is written.

Only what hardly means anything else counts: "5 * 3 * 2", "f**k", "C#", "snake_case", "(*^_^*)" and "# cat # dog" stay,
and so do lists with "-", which may be sums, dialogue or pros and cons, and quotes with ">".
"""

from __future__ import annotations

import re

import regex

from twitter_pipeline.content import urls
from twitter_pipeline.content.markup import without_html

# Where there is none of these, nothing more is tried.
_SIGNS = re.compile(r"[*`#~]|__|---|\]\(|\][^\S\n]?\[|<[a-zA-Z!/]|&[a-zA-Z#]")
#: Stands for a link, whose inside is nobody's Markdown. No text has it: a database refuses it.
_HIDDEN = "\0"

# A letter of a script with spaces between its words; in one without, a sign may stand right beside a letter.
_LETTER = r"(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\w"
_APART, _AND_APART = rf"(?<!{_LETTER})", rf"(?!{_LETTER})"
# What stands around a weaker sign: space and punctuation, but no round brackets, of which faces are made.
_OUTSIDE = r"\s\"'“”‘’„«»「」『』《》\[\].,:;!?…、。，：；！？—–\-"
# What words begin and end with.
_BEGIN = r"(?=[\0\p{L}\p{N}\p{Extended_Pictographic}\"'“‘„«「『《（(\[¿¡#@$€£])"
_END = r"(?<=[\0\p{L}\p{M}\p{N}\p{Extended_Pictographic}\"'”’“»」』》）)\].,:;!?…、。，：；！？%#+])"

_ADDRESS = (
    r"\(((?:[^()\s]|\([^()\s]{0,200}+\)){1,2000}+)"
    r"(?:[^\S\n]++(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'|\([^()\n]{0,300}+\)))?\)"
)
_PICTURE = regex.compile(rf"{_APART}!\[([^\[\]\n]{{0,300}}+)\]{_ADDRESS}")
_LINK = regex.compile(rf"{_APART}\[([^\[\]\n]{{0,300}}+)\]{_ADDRESS}")
# "[name][1]", and what it refers to: "[1]: https://a.com".
_REFERRING = regex.compile(r"(!?)(?<![\w\]]!?)\[([^\[\]\n]{1,300}+)\][^\S\n]?+\[([^\[\]\n]{0,100}+)\](?![(\[:])")
_REFERRED = regex.compile(
    r"^[^\S\n]{0,3}+\[([^\[\]\n]{1,100}+)\]:[^\S\n]*+(?|<([^\s<>]{1,2000}+)>|([^\s<>]{1,2000}+))"
    r"(?:[^\S\n]++(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'|\([^()\n]{0,300}+\)))?+[^\S\n]*+(?:\n|\Z)",
    regex.MULTILINE,
)
_BARE_LINK = regex.compile(r"<(https?://[^\s<>]{1,2000}+)>")
_WEB = re.compile(r"https?://|www\.", re.IGNORECASE)
_MAIL = re.compile(r"mailto:", re.IGNORECASE)
_PICTURE_FILE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)\Z", re.IGNORECASE)

_FENCE = regex.compile(r"^[^\S\n]*+```[\w+-]*+[^\S\n]*+(?:\n|\Z)", regex.MULTILINE)
_RULE = regex.compile(r"^[^\S\n]*+([-*_])\1{2,}+[^\S\n]*+(?:\n|\Z)", regex.MULTILINE)
# "# 1 hit" is a number, "# cat # dog" and "# cat #dog" are hashtags that somebody wrote with a space.
_HEADING = regex.compile(
    r"^[^\S\n]*+(?:#{2,6}+[^\S\n]++|#[^\S\n]++(?!\d))(?![^\s#]++(?:[^\S\n]++#[^\s#]++)++[^\S\n]*+$)"
    r"((?:[^#\n]|#(?![^\S\n]+[^\s#]))++)$",
    regex.MULTILINE,
)
_CLOSING = regex.compile(r"[^\S\n]++#*+[^\S\n]*+\Z")
_BULLET = regex.compile(r"^([^\S\n]*+)\*(?=[^\S\n]++(?!\*(?:\s|\Z))\S)", regex.MULTILINE)
# One alone may be a footnote.
_LIST = regex.compile(
    r"^[^\S\n]*+\*[^\S\n]++(?!\*(?:\s|\Z))\S.*+(?:\n\s*+\*[^\S\n]++(?!\*(?:\s|\Z))\S.*+)++", regex.MULTILINE
)
#: So often signs may stand within others: "*very **bold** words*".
_DEEPEST = 3
# Bounded, so that what only opens takes no time.
_AROUND = tuple(
    regex.compile(pattern)
    for pattern in (
        rf"(?<![^{_OUTSIDE}\p{{Han}}*~_])(`{{1,3}}+)(?=[\0\p{{L}}\p{{N}}/.$@#<{{_~-])([^`\n]{{1,300}}+)(?<=[^\s(\[{{])\1"
        rf"(?![^{_OUTSIDE}\p{{Han}}*~_])",
        rf"(?<![^{_OUTSIDE}_~])(\*){_BEGIN}([^*\n]{{1,300}}+){_END}\1(?![^{_OUTSIDE}_~])",
        rf"{_APART}(?<![*])(\*{{2,3}}+){_BEGIN}([^*\n]{{1,300}}+){_END}\1(?![*]){_AND_APART}",
        rf"(?<![^{_OUTSIDE}])(~~){_BEGIN}([^~\n]{{1,300}}+){_END}\1(?![^{_OUTSIDE}])",
        rf"(?<!\w)(__)(?![a-z0-9]++__|\(){_BEGIN}([^_\n]{{1,300}}+){_END}\1(?!\w)",
    )
)


def without_markdown(text: str, *, targets: bool = False) -> str:
    """`text` without the signs of Markdown: emphasis, headings, rules, code, links, pictures; "* a" is "• a" in a list.

    What it takes from HTML, too: "&amp;" and the like, line breaks, links. "[name](link)" is "name"; with `targets` it
    is "name (link)", so that no link is lost. Takes linear time.
    """
    if _SIGNS.search(text) is None:
        return text
    text = without_html(text.replace(_HIDDEN, ""), lambda name, target: _named(name, target, targets))
    text = _without_pictures(_without_references(text))
    text = _BARE_LINK.sub(r"\1", _LINK.sub(lambda found: _linked(found, targets), text))
    # X takes the signs behind "__https://a.com/x__" for its end.
    links = [
        (start, end - 2 if text[max(0, start - 2) : start] == text[end - 2 : end] == "__" else end)
        for start, end in urls.find(text)
    ]
    inside = iter([text[start:end] for start, end in links])
    return re.sub(_HIDDEN, lambda _: next(inside), _without_signs(_with_hidden(text, links)))


def _without_references(text: str) -> str:
    """`text` with "[name][1]" as "[name](link)", as its name when used again, without the lines of these links."""
    if _REFERRING.search(text) is None:
        return text
    targets: dict[str, str] = {}
    for found in _REFERRED.finditer(text):
        if _is_link(found[2]) and _LINK.fullmatch(f"[name]({found[2]})"):
            targets.setdefault(_label(found[1]), found[2])
    used = set[str]()

    def inline(found: regex.Match[str]) -> str:
        label = _label(found[3] or found[2])
        if label not in targets:
            return found[0]
        first = label not in used
        used.add(label)
        return f"{found[1]}[{found[2]}]({targets[label]})" if first else "" if found[1] else found[2]

    text = _REFERRING.sub(inline, text)
    return _REFERRED.sub(lambda found: "" if _label(found[1]) in used else found[0], text) if used else text


def _label(name: str) -> str:
    return " ".join(name.split()).casefold()


def _with_hidden(text: str, links: list[tuple[int, int]]) -> str:
    pieces, position = [], 0
    for start, end in links:
        pieces += [text[position:start], _HIDDEN]
        position = end
    return "".join([*pieces, text[position:]])


def _without_signs(text: str) -> str:
    text = _FENCE.sub("", text)
    if (bare := _RULE.sub("", text)).strip():
        text = bare
    text = _LIST.sub(lambda found: _BULLET.sub(r"\1•", found[0]), text)
    text = _HEADING.sub(lambda found: _CLOSING.sub("", found[1]), text)
    for _ in range(_DEEPEST):
        before = text
        for pattern in _AROUND:
            text = pattern.sub(r"\2", text)
        if text == before:
            break
    return text


def _without_pictures(text: str) -> str:
    """`text` without pictures, whose names are no words of it; with these where there is nothing else."""
    bare = _PICTURE.sub(lambda found: "" if _is_picture(found[2]) else found[0], text)
    return bare if bare.strip() else _PICTURE.sub(r"\1", text)


def _is_picture(target: str) -> bool:
    return bool(_is_link(target) or _PICTURE_FILE.search(target))


def _is_link(target: str) -> bool:
    return bool(_WEB.match(target)) or urls.find(target) == [(0, len(target))]


def _linked(found: regex.Match[str], targets: bool) -> str:
    said = _named(found[1], found[2], targets)
    return found[0] if said is None else said


def _named(name: str, target: str, targets: bool) -> str | None:
    """What stays of a link; None where it is none."""
    if _MAIL.match(target):
        return name
    if not _is_link(target):
        return None  # "[sighs](quietly)", "[Intro](0:15)"
    if not targets:
        return name
    return target if not name.strip() or _is_link(name) else f"{name} ({target})"
