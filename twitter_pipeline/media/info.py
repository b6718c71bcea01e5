"""The words in which the other stages speak of media."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MediaKind = Literal["video", "image", "gif"]


class MediaRefused(Exception):
    """A file that cannot be posted as it is. `str()` gives the reason and the remedy, in plain words."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} {remedy}".strip())
        #: What is wrong with the file.
        self.reason = reason
        #: What a person can do about it.
        self.remedy = remedy


@dataclass(frozen=True)
class MediaInfo:
    """What the content of a file says about it (its name plays no part)."""

    #: "gif" is an animated GIF; a GIF that stands still is an "image".
    kind: MediaKind
    #: As X names it: "video/mp4", "image/jpeg", …
    media_type: str
    #: X's upload category: "tweet_video", "tweet_image" or "tweet_gif".
    category: str
    bytes: int
    #: Pixels, as stored; a phone's video may be shown turned.
    width: int
    height: int
    #: Length; None for a picture that stands still.
    seconds: float | None


def megabytes(count: int) -> str:
    """A size for people: "5.2 MB"."""
    return f"{count / 1_000_000:,.1f} MB"
