"""What a medium says of itself: its size, who took it with what and when, its title. For templates that show it.

Where a picture was taken is never read. All of it is what a stranger may have written: short, and cleaned like any
metadata before it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twitter_pipeline.content import dates
from twitter_pipeline.content.placeholders import no_placeholder
from twitter_pipeline.media.info import MediaRefused
from twitter_pipeline.media.sniff import Format, sniff_file

if TYPE_CHECKING:
    from PIL import Image

#: Of each text, in characters.
_MOST = 500

_MAKE, _MODEL, _DESCRIPTION, _ARTIST, _CHANGED = 0x010F, 0x0110, 0x010E, 0x013B, 0x0132
_XP_TITLE, _XP_COMMENT, _XP_AUTHOR = 0x9C9B, 0x9C9C, 0x9C9D
_EXIF, _TAKEN, _DIGITIZED, _OFFSET, _LENS, _USER_COMMENT = 0x8769, 0x9003, 0x9004, 0x9011, 0xA434, 0x9286

#: Where clocks of files begin to count.
_UNKNOWN = {"1970-01-01 00:00:00", "1904-01-01 00:00:00"}
#: For each of ours what files call it, the first that is there; small letters.
_TAGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "com.apple.quicktime.title"),
    "artist": ("artist", "author", "com.apple.quicktime.author", "album_artist"),
    "album": ("album", "com.apple.quicktime.album"),
    "comment": ("comment", "description", "com.apple.quicktime.comment"),
}


def facts_of(path: Path) -> dict[str, Any]:
    """JSON-safe: width and height (pixels as stored), seconds (None for a picture), `exif` and `tags`.

    Every name is there, empty where the file says nothing or cannot be decoded. Only headers are read. Raises OSError
    when the file cannot be.
    """
    form = sniff_file(path)
    try:
        said = None if form is None else _of_video(path, form) if form.kind == "video" else _of_picture(path)
    except MediaRefused:
        said = None
    return said or nothing()


def nothing() -> dict[str, Any]:
    """The facts of no medium: of a text, for one."""
    exif = {"camera": "", "lens": "", "taken": ""}
    return {"width": 0, "height": 0, "seconds": None, "exif": exif, "tags": dict.fromkeys(_TAGS, "")}


def _of_video(path: Path, form: Format) -> dict[str, Any] | None:
    from twitter_pipeline.media import video

    if form.media_type is None:
        return None
    with video.opened(path, form.media_type) as (container, stream):
        said = {name.lower(): value for name, value in (*stream.metadata.items(), *container.metadata.items())}
        return {
            "width": stream.width,
            "height": stream.height,
            "seconds": video.seconds_of(container, stream),
            "exif": {
                "camera": _camera(said.get("com.apple.quicktime.make"), said.get("com.apple.quicktime.model")),
                "lens": "",
                "taken": _time(said.get("com.apple.quicktime.creationdate") or said.get("creation_time")),
            },
            "tags": _tags(said),
        }


def _of_picture(path: Path) -> dict[str, Any]:
    from twitter_pipeline.media import picture

    with picture.opened(path) as image:
        exif = image.getexif()
        shot = exif.get_ifd(_EXIF)
        taken = _text(shot.get(_TAKEN) or shot.get(_DIGITIZED) or exif.get(_CHANGED))
        offset = _text(shot.get(_OFFSET))
        said = {str(name).lower(): value for name, value in image.info.items() if isinstance(value, (str, bytes))}
        return {
            "width": image.width,
            "height": image.height,
            "seconds": None,
            "exif": {
                "camera": _camera(exif.get(_MAKE), exif.get(_MODEL)),
                "lens": _text(shot.get(_LENS)),
                "taken": _time(f"{taken}{offset}") or _time(taken),
            },
            "tags": _tags(_named(exif, shot) | said),
        }


def _named(exif: Image.Exif, shot: Mapping[int, Any]) -> dict[str, Any]:
    """EXIF's texts under the names that other files give them."""
    wide = {
        name: exif[number].decode("utf-16-le", "replace")
        for name, number in (("title", _XP_TITLE), ("comment", _XP_COMMENT), ("artist", _XP_AUTHOR))
        if isinstance(exif.get(number), bytes)
    }
    comment = shot.get(_USER_COMMENT)
    if isinstance(comment, bytes):  # eight bytes say how the rest is encoded
        coded = "utf-16-le" if comment.startswith(b"UNICODE") else "utf-8"
        comment = comment[8:].decode(coded, "replace")
    named = {"title": exif.get(_DESCRIPTION), "artist": exif.get(_ARTIST), "comment": comment}
    return {name: value for name, value in named.items() if _text(value)} | {
        name: value for name, value in wide.items() if _text(value) and not _text(named.get(name))
    }


def _tags(said: Mapping[str, Any]) -> dict[str, str]:
    return {
        ours: next(filter(None, (no_placeholder(_text(said.get(name))) for name in theirs)), "")
        for ours, theirs in _TAGS.items()
    }


def _camera(make: Any, model: Any) -> str:
    """The camera as people call it: makers often stand in its name already."""
    made, called = _text(make), _text(model)
    return called if called.casefold().startswith(made.casefold().split(" ")[0]) else f"{made} {called}".strip()


def _time(value: Any) -> str:
    """As ISO 8601, with an offset where there is one; empty for no time, and for what programs write of an unknown."""
    try:
        moment = dates.parse(_text(value))
    except ValueError:
        return ""
    written = "" if moment is None else moment.isoformat(sep=" ", timespec="seconds")
    return "" if written[:19] in _UNKNOWN else written


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.replace("\0", " ").strip()[:_MOST] if isinstance(value, str) else ""
