"""What the steps hand to each other: small, typed, JSON-safe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


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
    #: What a picture shows, for people who cannot see it; empty for a video, of which X keeps none.
    alt_text: str = ""
    #: Of the whole file, 64 hexadecimal digits: other bytes are not uploaded. Empty in a preview.
    sha256: str = ""


class Enhancement(_Model):
    """What Gemini made of a draft, or why the original words go out."""

    #: As `enhancing.answer.Outcome` has it, or `budget` or `template`: not asked at all.
    outcome: str
    #: In one sentence, for people.
    said: str
    model: str
    #: The post as it would have gone out without it.
    original_text: str
    original_weight: int
    original_alt_text: str
    #: What the answer cost; None where nothing is known.
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def changed(self) -> bool:
        """Whether the words that go out are Gemini's."""
        return self.outcome == "answered"


class Edited(_Model):
    """Which words of a draft a person wrote, in place of its files'."""

    actor: str
    #: Aware UTC.
    at: datetime
    text: bool
    alt_text: bool


class Way(_Model):
    """Other words for a post, where the account has posted its own not long ago."""

    #: How they differ, for people.
    said: str
    text: str
    weight: int
    gave_way: tuple[str, ...] = ()


class Draft(_Model):
    """A post ready to be sent, before its media is uploaded."""

    text: str
    #: By X's counting.
    weight: int
    #: Whether something had to give way, or was left out.
    was_cut: bool
    #: In their order: up to four pictures, or one GIF, or one video; none for a text.
    media: tuple[MediaFile, ...]
    #: The file that the words are from, relative to the project's folder; None when a file's name had to do.
    sidecar: str | None
    #: Where Gemini may improve it: what the text was made of, as `Metadata.to_dict` has it.
    words: dict[str, Any] | None = None
    #: What did, for people, in its order.
    gave_way: tuple[str, ...] = ()
    #: Whether and how Gemini did; None where it was not to.
    enhanced: Enhancement | None = None
    #: What of it a person wrote; None for nothing.
    edited: Edited | None = None
    #: Other words for it, in their order; none once it is settled that these go out (`publishing.repeats`).
    ways: tuple[Way, ...] = ()
    #: What they would be known by on a timeline (`publishing.matching`): a post that has them may be this item's.
    other_words: tuple[str, ...] = ()
    #: How the words were changed, since the account had posted the same; None for not at all.
    varied: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_version_1(cls, data: Any) -> Any:
        """Read what the first release kept: one medium, and its description beside it."""
        if not isinstance(data, dict) or not isinstance(data.get("media"), dict):
            return data
        medium = {**data["media"]}
        described = data.get("alt_text", "")
        if described and medium.get("seconds") is None:
            medium["alt_text"] = described
        return {**{name: value for name, value in data.items() if name != "alt_text"}, "media": [medium]}


#: Of what was posted before, elsewhere: its words are not known here.
ELSEWHERE = Draft(text="", weight=0, was_cut=False, media=(), sidecar=None)


class UploadedMedia(_Model):
    """The draft, with what X calls its media."""

    draft: Draft
    #: In the order of the draft's media.
    media_ids: tuple[str, ...]
    #: Aware UTC: X forgets the media then, and it must be uploaded again; None without media.
    expires_at: datetime | None
    #: What the timeline calls them, in the same order; empty where X gave none.
    media_keys: tuple[str, ...] = ()
