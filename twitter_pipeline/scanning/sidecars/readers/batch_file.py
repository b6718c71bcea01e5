"""Batch files: one file for many media, `{language}_prompt_results_{date}_{time}.json`.

Recognised by the language its name begins with; what follows is free, but files with a date and time at the end are
ordered by them, others by when they were changed. The newest that speaks of a medium wins. Two shapes are read:

    {"clip.mp4": {"title": …}, …}
    {"videos": [{"filename": "clip.mp4", "title": …}, …]}

The name may have folders before it (then only its last part counts) and may lack its ending.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, File, as_object
from twitter_pipeline.scanning.sidecars.listing import Listing, last_part
from twitter_pipeline.scanning.sidecars.opening import open_document
from twitter_pipeline.scanning.sidecars.reader import Answer, ByName, Refused, Wanted, Words

KIND = "batch"
EXAMPLES: tuple[str, ...] = ("en_prompt_results_20260131_120000.json", "en_week.json")
FIELDS: tuple[str, ...] = fields.FIELDS
SHARED = True
IN_LANGUAGES = True

#: The name of a medium as the file has it, and what it says.
Index = ByName[tuple[str, object]]

_LANGUAGE_FIRST = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*_.*\.json")


def claims(name: str, /) -> bool:
    """A name that begins with a language."""
    return _LANGUAGE_FIRST.fullmatch(name) is not None


def names(wanted: Wanted, /) -> Iterable[str]:
    """Names that begin with the language wanted."""
    return (f"{wanted.language}_*.json",)


def understands(content: object, /) -> bool:
    """An object of objects may be anything: the name tells."""
    return False


def read(document: Document, wanted: Wanted, /) -> Answer:
    """What its entry for the medium says."""
    as_object(document.content, "it")
    found = document.once(by_medium).of(wanted)
    if found is None:
        return None
    key, value = found
    entry = as_object(value, f"its entry {key!r}")
    if (why := fields.refusal(entry)) is not None:
        return Refused(f"its entry {key!r}: {why}")
    return Words(fields.read(entry), key)


def batches(listing: Listing, language: str) -> list[os.DirEntry[str]]:
    """The batch files of a folder in that language."""
    return listing.matching(f"{language}_*.json")


def document_of(file: File) -> Mapping[str, object]:
    """What a batch file holds, as it is. Raises Unreadable."""
    return as_object(open_document(file, shared=True).content, "it")


def by_medium(document: object) -> Index:
    """What a batch file says, by medium."""
    if not isinstance(document, dict):
        return ByName({})
    # A medium of which it has but null is one that it does not know.
    index = {last_part(key): (key, value) for key, value in document.items() if value is not None}
    videos = document.get("videos")
    if isinstance(videos, list):
        for video in videos:
            if isinstance(video, dict) and isinstance(key := video.get("filename"), str):
                index[last_part(key)] = (key, {name: value for name, value in video.items() if name != "filename"})
    return ByName(index)
