"""`tiktok_metadata_{id}.json`, as TikTok-Content-Scraper writes it; its media have the same id in their names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from twitter_pipeline.scanning.sidecars import fields
from twitter_pipeline.scanning.sidecars.document import Document, as_object
from twitter_pipeline.scanning.sidecars.reader import Answer, Wanted, Words

KIND = "tiktok"
EXAMPLES: tuple[str, ...] = ("tiktok_metadata_7255667916601855259.json",)
FIELDS: tuple[str, ...] = ("video_metadata", "author_metadata")
SHARED = False
IN_LANGUAGES = False

_ID = re.compile(r"(?<!\d)\d{17,20}(?!\d)")


def claims(name: str, /) -> bool:
    """tiktok_metadata_ and a number."""
    return re.fullmatch(r"tiktok_metadata_\d+\.json", name) is not None


def names(wanted: Wanted, /) -> Iterable[str]:
    """Named after the id in the medium's name: tiktok_video_7255667916601855259.mp4."""
    return [f"tiktok_metadata_{id}.json" for id in _ID.findall(wanted.base)]


def understands(content: object, /) -> bool:
    """It speaks of a video and of what else belongs to it."""
    return isinstance(content, dict) and isinstance(content.get("video_metadata"), dict)


def read(document: Document, wanted: Wanted, /) -> Answer:
    """The description, which holds its hashtags most of the time."""
    about = as_object(document.content, "it")
    video = fields.first(about, "video_metadata")
    return Words(
        fields.foreign(
            description=fields.within(video, "description"),
            tags=video.get("hashtags") if isinstance(video, dict) else None,
            author=fields.author(about, "author_metadata"),
            date=fields.within(video, "time_created"),
        )
    )
