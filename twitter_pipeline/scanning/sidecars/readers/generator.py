"""`seo_metadata.json` or `metadata.json`: what AI video generators leave in the folder of a video.

Such a file names its video, in `video_file`, or speaks of the only one that lies in its folder. In a folder of metadata
apart from the videos it must name it: it may be any one's.
"""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.scanning.kinds import type_of
from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.listing import base_of, last_part
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words
from twitter_pipeline.scanning.sidecars.readers import takeout

KIND = "generator"
EXAMPLES: tuple[str, ...] = ("seo_metadata.json", "metadata.json")
_FILES = ("video_file", "video_path", "output_file")
FIELDS: tuple[str, ...] = ("title", "titles", "description", "tags", "hashtags", "keywords", "status", *_FILES)
SHARED = True
IN_LANGUAGES = False


def claims(name: str, /) -> bool:
    """The two names."""
    return name in EXAMPLES


def names(wanted: Wanted, /) -> Iterable[str]:
    """The same for every medium."""
    return EXAMPLES


def understands(content: object, /) -> bool:
    """It names a video file or has several titles to choose from."""
    return isinstance(content, dict) and (
        any(isinstance(content.get(name), str) for name in _FILES) or isinstance(content.get("titles"), list)
    )


def read(document: Document, wanted: Wanted, /) -> Answer:
    """Its first title, unless it speaks of another video."""
    about = as_object(document.content, "it")
    file = next((fields.text(path) for name in _FILES if isinstance(path := about.get(name), str)), "")
    if claims(document.name) and (why := _why_not_of(file, wanted)) is not None:
        return Passed(why)
    if document.name.lower() == "metadata.json" and takeout.may_be_album(about, wanted.beside):
        return Passed("it is about an album of Google Photos")
    return Words(
        fields.foreign(
            title=_title(fields.first(about, "title", "titles", usable=_title)),
            description=about.get("description"),
            tags=about.get("hashtags") or about.get("tags"),
            keywords=about.get("keywords"),
        )
    )


def _title(said: object) -> str:
    return fields.text(fields.first(said, "title", "text", usable=fields.text) or said)


def _why_not_of(file: str, wanted: Wanted) -> str | None:
    if file:
        named = last_part(file)
        return None if wanted.name == named or wanted.base == base_of(named) else f"it speaks of {named}"
    if type_of(wanted.name) == "image" and wanted.beside.types["video"]:
        return "it is a video's, and there is one in its folder"
    if wanted.is_alone:
        return None
    return f"it names no video, and {'its folder holds several media' if wanted.near else 'lies apart from them'}"
