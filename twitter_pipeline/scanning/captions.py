"""Which texts of a folder are the words of a medium beside them, and no posts of their own."""

from __future__ import annotations

import re
from collections.abc import Collection

from twitter_pipeline.config import Project
from twitter_pipeline.scanning.kinds import covers, is_a, type_of
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of
from twitter_pipeline.scanning.sidecars.readers.base_json import LANGUAGE_MARKS
from twitter_pipeline.scanning.sidecars.readers.instaloader import post_of

_LANGUAGE = re.compile(rf"[{LANGUAGE_MARKS}][A-Za-z]{{2,3}}(?:[-_][A-Za-z0-9]{{2,8}})?$")


def types(project: Project, folder: str) -> set[str]:
    """The types of media in a folder (relative to the project) for which a text there may hold the words."""
    return {
        "video" if source.type == "video" else "image"
        for source in project.sources
        if source.type != "text" and covers(source, folder) and (not source.sidecars or "text" in source.sidecars)
    }


def among(names: Collection[str], listing: Listing, types: Collection[str]) -> set[str]:
    """Those of the texts called `names` that hold the words of a medium of one of these types in their folder.

    `a.txt`, `a.en.txt` and `a.mp4.txt` do for `a.mp4`, and Instaloader's `…_UTC.txt` for `…_UTC_1.jpg`.
    """
    media = listing.bases_of(types)
    media |= {post for base in media if (post := post_of(base)) is not None}

    def is_one(name: str) -> bool:
        base = base_of(name)
        if base in media or _LANGUAGE.sub("", base) in media:
            return True
        return type_of(base) in types and base in listing.others

    return {name for name in names if is_a("text", name) and is_one(name)}
