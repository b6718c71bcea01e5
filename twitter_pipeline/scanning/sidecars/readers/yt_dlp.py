"""`{base}.info.json`, as yt-dlp and youtube-dl write it with --write-info-json."""

from __future__ import annotations

from collections.abc import Iterable

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Passed, Wanted, Words

KIND = "yt-dlp"
EXAMPLES: tuple[str, ...] = ("a.info.json",)
FIELDS: tuple[str, ...] = (
    *("title", "fulltitle", "description", "tags", "categories", "webpage_url", "uploader", "channel", "creator"),
    *("timestamp", "upload_date"),
)
SHARED = False
IN_LANGUAGES = False


def claims(name: str, /) -> bool:
    """Names that end in .info.json."""
    return name.endswith(".info.json")


def names(wanted: Wanted, /) -> Iterable[str]:
    """The medium's name with .info.json."""
    return (f"{wanted.base}.info.json",)


def understands(content: object, /) -> bool:
    """It names the extractor, or the page and the formats it had."""
    return isinstance(content, dict) and (
        isinstance(content.get("extractor") or content.get("extractor_key"), str)
        or ("webpage_url" in content and ("upload_date" in content or isinstance(content.get("formats"), list)))
    )


def read(document: Document, wanted: Wanted, /) -> Answer:
    """A video's; that of a playlist or channel lies beside its videos, too."""
    info = as_object(document.content, "it")
    if info.get("_type") in ("playlist", "multi_video"):
        return Passed("it is about a playlist, not a video")
    return Words(
        fields.foreign(
            title=fields.first(info, "title", "fulltitle"),
            description=info.get("description"),
            tags=info.get("tags"),
            keywords=info.get("categories"),
            author=fields.first(info, "uploader", "channel", "creator"),
            date=fields.first(info, "timestamp", "upload_date"),
            source_url=info.get("webpage_url"),
        )
    )
