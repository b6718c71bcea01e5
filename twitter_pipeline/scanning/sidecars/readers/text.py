"""`a.txt`: a first line that is the title, a description, and lines of nothing but #tags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twitter_pipeline.content.tidy import clean
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, Malformed
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words
from twitter_pipeline.scanning.sidecars.readers.base_json import in_language

KIND = "text"
EXAMPLES: tuple[str, ...] = ("a.txt", "a.en.txt", "a_en.txt", "a-en.txt", "a.mp4.txt")
#: Of a file, in characters; a post has 25,000 at most.
MOST_CHARACTERS = 100_000
FIELDS: tuple[str, ...] = ("first line", "other lines", "lines of #tags")
#: How the last line begins that Stable Diffusion's programs write of a picture, below its prompt.
_SETTINGS = re.compile(r"^Steps: \d+, Sampler: ", re.MULTILINE)
#: A line of nothing but dots or dashes, which people put before their hashtags on Instagram.
_DOTS = re.compile(r"\s*[.…·•\u2800\-–—][\s.…·•\u2800\-–—]*")
SHARED = False
IN_LANGUAGES = True


def claims(name: str, /) -> bool:
    """Every text may be."""
    return name.endswith(".txt")


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's name; a text that is posted itself has none beside it."""
    if wanted.name.lower().endswith(".txt"):
        return
    yield from in_language(wanted, ".txt")
    if wanted.neutral:
        yield f"{wanted.name}.txt"


def understands(content: object, /) -> bool:
    """Any text."""
    return isinstance(content, str)


def read(document: Document, wanted: Wanted, /) -> Answer:
    """The words of its lines."""
    if not isinstance(document.content, str):
        raise Malformed("it is no text")
    if _SETTINGS.search(document.content):
        return Passed("it holds the settings that a picture was made with, not words")
    tags: list[object] = []
    lines: list[str] = []
    for line in clean(document.content[:MOST_CHARACTERS]).strip().split("\n"):
        words = line.split()
        if words and all(len(word) > 1 and word[0] in "#＃" for word in words):
            tags += words
            while lines and _DOTS.fullmatch(lines[-1]):
                lines.pop()
        else:
            lines.append(line.rstrip())
    first, *rest = fields.joined(lines).split("\n")
    return Words(fields.foreign(title=first, description=fields.joined(rest), tags=tags))
