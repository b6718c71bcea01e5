"""`{base}.json`: one file for one medium, called like it. With a language, `{base}_{language}.json`, it goes before.

Instead of "_" there may be "." or "-". Without a language in its name it is in the source's own, whichever that is.
"""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words

KIND = "json"
EXAMPLES: tuple[str, ...] = ("a.json", "a.en.json", "a_en.json", "a-en.json")
FIELDS: tuple[str, ...] = fields.FIELDS
SHARED = False
IN_LANGUAGES = True

#: What may stand between a medium's name and the language.
LANGUAGE_MARKS = "_.-"


def claims(name: str, /) -> bool:
    """Every JSON file may be."""
    return name.endswith(".json")


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's name, at first with the language."""
    return in_language(wanted, ".json")


def in_language(wanted: Wanted, ending: str) -> Iterable[str]:
    """Names made of the medium's and the language, then without a language where that counts."""
    for mark in LANGUAGE_MARKS:
        base = f"{wanted.base}{mark}{wanted.language}"
        if base not in wanted.beside.media_bases:  # there is a medium "clip_en.mp4", too: "clip_en.json" is its own
            yield f"{base}{ending}"
    if wanted.neutral:
        yield f"{wanted.base}{ending}"


def understands(content: object, /) -> bool:
    """Its content has no mark of its own: the name tells."""
    return False


def read(document: Document, wanted: Wanted, /) -> Answer:
    """All of it is about the medium."""
    entry = as_object(document.content, "it")
    return Words(fields.read(entry))
