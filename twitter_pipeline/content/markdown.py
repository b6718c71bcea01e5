"""Taking the signs of Markdown out of what programs wrote: X shows `**bold**` as it is written.

Only what hardly means anything else counts: "5 * 3 * 2", "f**k", "C#", "snake_case", "(*^_^*)" and "# cat # dog" stay.
"""

from __future__ import annotations

import re

import regex

# Where there is none of these, nothing more is tried.
_SIGNS = re.compile(r"[*`>#~+-]|__|\]\(")

# A letter of a script with spaces between its words; in one without, a sign may stand right beside a letter.
_LETTER = r"(?![\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])\w"
_APART, _AND_APART = rf"(?<!{_LETTER})", rf"(?!{_LETTER})"
# What stands around a weaker sign: space and punctuation, but no round brackets, of which faces are made.
_OUTSIDE = r"\s\"'“”‘’„«»「」『』《》\[\].,:;!?…、。，：；！？—–\-"
# What words begin and end with.
_BEGIN = r"(?=[\p{L}\p{N}\p{Extended_Pictographic}\"'“‘„«「『《（(\[¿¡#@$€£])"
_END = r"(?<=[\p{L}\p{M}\p{N}\p{Extended_Pictographic}\"'”’“»」』》）)\].,:;!?…、。，：；！？%#+])"

_PICTURE = regex.compile(r"!\[([^\[\]\n]{0,300}+)\]\([^()\s]{1,2000}+\)")
_LINK = regex.compile(
    r"\[([^\[\]\n]{1,300}+)\]\(((?:[^()\s]|\([^()\s]{0,200}+\)){1,2000}+)(?:[^\S\n]++\"[^\"\n]{0,300}+\")?\)"
)
_BARE_LINK = regex.compile(r"<(https?://[^\s<>]{1,2000}+)>")
_TARGET = re.compile(r"[/.:#]")
_WEB = re.compile(r"https?://|www\.", re.IGNORECASE)

_FENCE = regex.compile(r"^[^\S\n]*+```[\w+-]*+[^\S\n]*+(?:\n|\Z)", regex.MULTILINE)
# "# cat # dog" are hashtags that somebody wrote with a space.
_HEADING = regex.compile(r"^[^\S\n]*+#{1,6}+[^\S\n]++((?:[^#\n]|#(?![^\S\n]+[^\s#]))++)$", regex.MULTILINE)
_CLOSING = regex.compile(r"[^\S\n]++#*+[^\S\n]*+\Z")
_QUOTED = regex.compile(r"^[^\S\n]*+>[^\S\n]++(?=[\p{L}*_\"'“‘„«「『《])", regex.MULTILINE)
_BULLET = regex.compile(r"^[^\S\n]*+[-*+][^\S\n]++(?:\[[ xX]\][^\S\n]++)?(?=\S)", regex.MULTILINE)
# One alone may be a dash before a name, or a footnote.
_LIST = regex.compile(
    r"^[^\S\n]*+[-*+][^\S\n]++(?![-*+](?:\s|\Z))(?:\S.*+(?:\n\s*+[-*+][^\S\n]++\S.*+)++|\*\*\S.*+)", regex.MULTILINE
)
# Bounded, so that what only opens takes no time.
_AROUND = tuple(
    regex.compile(pattern)
    for pattern in (
        rf"(?<![^{_OUTSIDE}\p{{Han}}*~_])(`{{1,3}}+)(?=[\p{{L}}\p{{N}}/.$@#<{{_~-])([^`\n]{{1,300}}+)(?<=[^\s(\[{{])\1"
        rf"(?![^{_OUTSIDE}\p{{Han}}*~_])",
        rf"(?<![^{_OUTSIDE}_~])(\*){_BEGIN}([^*\n]{{1,300}}+){_END}\1(?![^{_OUTSIDE}_~])",
        rf"{_APART}(?<![*])(\*{{2,3}}+){_BEGIN}([^*\n]{{1,300}}+){_END}\1(?![*]){_AND_APART}",
        rf"(?<![^{_OUTSIDE}])(~~){_BEGIN}([^~\n]{{1,300}}+){_END}\1(?![^{_OUTSIDE}])",
        rf"(?<!\w)(__)(?![a-z0-9]++__|\(){_BEGIN}([^_\n]{{1,300}}+){_END}\1(?!\w)",
    )
)


def without_markdown(text: str, *, targets: bool = False) -> str:
    """`text` without the signs of Markdown: emphasis, headings, lists, quotes, code, links.

    "[name](link)" is "name"; with `targets` it is "name (link)", so that no link is lost. Takes linear time.
    """
    if _SIGNS.search(text) is None:
        return text
    text = _FENCE.sub("", text)
    text = _BARE_LINK.sub(r"\1", _LINK.sub(lambda found: _named(found, targets), _PICTURE.sub(r"\1", text)))
    text = _LIST.sub(lambda found: _BULLET.sub("", found[0]), text)
    text = _QUOTED.sub("", _HEADING.sub(lambda found: _CLOSING.sub("", found[1]), text))
    for pattern in _AROUND:
        text = pattern.sub(r"\2", text)
    return text


def _named(found: regex.Match[str], targets: bool) -> str:
    name, target = found[1], found[2]
    if not _TARGET.search(target):
        return found[0]  # "[sighs](quietly)"
    return f"{name} ({target})" if targets and _WEB.match(target) and name != target else name
