"""Which texts of a folder are the words of a medium beside them, and no posts of their own."""

from __future__ import annotations

from collections.abc import Collection

from twitter_pipeline.config import Project
from twitter_pipeline.scanning.kinds import covers, is_a, type_of
from twitter_pipeline.scanning.sidecars.listing import Listing, base_of, name_key
from twitter_pipeline.scanning.sidecars.readers.base_json import LANGUAGE_MARKS
from twitter_pipeline.scanning.sidecars.readers.instaloader import post_of


def among(names: Collection[str], listing: Listing, project: Project, folder: str) -> set[str]:
    """Those of the texts called `names` in a folder (relative to the project) that hold the words of a medium there.

    That is a medium which some source posts with such words. `a.txt` and `a.mp4.txt` do for `a.mp4`, `a.en.txt` where
    that is a language of the source, and Instaloader's `…_UTC.txt` for `…_UTC_1.jpg`. No other text may be left out:
    nobody would ever see it.
    """
    types: set[str] = set()
    languages: set[str] = set()
    for source in project.sources:
        if source.type != "text" and covers(source, folder) and (not source.sidecars or "text" in source.sidecars):
            types.add("video" if source.type == "video" else "image")
            languages.update((source.language, *source.fallback_languages))
    media = listing.bases_of(types)
    media |= {post for base in media if (post := post_of(base)) is not None}
    others = set(listing.others)
    endings = [f"{mark}{language}" for mark in LANGUAGE_MARKS for language in languages]

    def is_one(name: str) -> bool:
        base = base_of(name)
        if base in media or (type_of(base) in types and base in others):
            return True
        return any(base.endswith(ending) and base.removesuffix(ending) in media for ending in endings)

    return {name for name in names if is_a("text", name) and types and is_one(name_key(name))}
