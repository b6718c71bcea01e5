"""`{base}.info.json`, as yt-dlp and youtube-dl write it with --write-info-json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

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

#: Where a site has no titles, yt-dlp makes one: of who posted it, or the beginning of the description without links.
_MADE_UP = re.compile(r"(?:Video|Post|Photo|Reel|Story) by (\S.*)")
#: What Facebook puts before: "1.2M views · 20K reactions | My cat sleeps | Ann".
_COUNTS = re.compile(r"\d[^|｜·]{0,40}(?:\sviews|·[^|｜·]{0,20}\d[^|｜·]{0,40})\s[|｜]\s")
_UPLOADERS = ("uploader", "uploader_id", "channel", "creator")
_LINK = re.compile(r"https?://\S+")


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
            title=_title(info),
            description=info.get("description"),
            tags=info.get("tags"),
            keywords=info.get("categories"),
            author=fields.author(info, "uploader", "channel", "creator"),
            date=fields.first(info, "timestamp", "upload_date", usable=fields.day),
            source_url=info.get("webpage_url"),
        )
    )


def _title(info: Mapping[str, object]) -> str:
    """The title that somebody gave the video; empty for one that says again what the description begins with."""
    title = fields.text(fields.first(info, "title", "fulltitle", usable=fields.text))
    uploaders = {text for name in _UPLOADERS if (text := fields.text(info.get(name)))}
    extractor, number = (fields.text(info.get(name)) for name in ("extractor", "id"))
    # Of a file that is no site's, the name is both: "Sunset at sea".
    if number and title in (f"{extractor} video #{number}", number if extractor != "generic" else ""):
        return ""
    if extractor.startswith("facebook") and (counts := _COUNTS.match(title)) is not None:
        title = title[counts.end() :]
        title = next((title.removesuffix(f" | {name}") for name in uploaders if title.endswith(f" | {name}")), title)
        title = "" if title in uploaders else title
    made_up = _MADE_UP.fullmatch(title)
    if made_up is not None and (made_up[1] in uploaders or extractor.lower().startswith("instagram")):
        return ""
    begin = next((title.removeprefix(f"{name} - ") for name in uploaders if title.startswith(f"{name} - ")), title)
    begin = begin.removesuffix("...").removesuffix("…")
    said, description = (
        " ".join(_LINK.sub("", text).split()) for text in (begin, fields.text(info.get("description")))
    )
    # Of one that was not cut the last word is whole: "Cat" begins no "Catalonia".
    goes_on = title.endswith(begin) and description[len(said) : len(said) + 1].isalnum()
    return "" if said and description.startswith(said) and not goes_on else title
