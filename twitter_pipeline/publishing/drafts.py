"""What the steps hand to each other: small, typed, JSON-safe."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaFile(_Model):
    """A checked media file."""

    #: Relative to the project's folder.
    path: str
    #: X's names: `video/mp4`, `tweet_video`.
    media_type: str
    category: str
    bytes: int
    width: int
    height: int
    #: Length of a video; None for a picture.
    seconds: float | None


class Draft(_Model):
    """A post ready to be sent, before its media is uploaded."""

    text: str
    #: By X's counting.
    weight: int
    #: Whether words were cut to fit.
    was_cut: bool
    alt_text: str
    media: MediaFile
    #: The metadata file, relative to the project's folder; None when the file's name had to do.
    sidecar: str | None


class UploadedMedia(_Model):
    """The draft, with what X calls its media."""

    draft: Draft
    media_ids: tuple[str, ...]
    #: Aware UTC: X forgets the media then, and it must be uploaded again.
    expires_at: datetime
