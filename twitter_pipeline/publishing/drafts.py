"""What the steps hand to each other: small, typed, JSON-safe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Captions(_Model):
    """A checked file of captions."""

    #: Relative to the project's folder.
    path: str
    #: As X wants it, two capital letters, and as viewers choose it: `EN`, `English`.
    language: str
    display_name: str
    #: X's names: `text/srt`, `text/vtt`.
    media_type: str
    #: What is uploaded, which is made of the file: bytes, and 64 hexadecimal digits over them.
    bytes: int
    sha256: str
    #: How many times words are shown.
    cues: int

    @property
    def category(self) -> str:
        """X's name."""
        return "subtitles"


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
    #: Of the whole file, 64 hexadecimal digits: other bytes are not uploaded. Empty where it was not read through.
    sha256: str = ""
    #: A video's, each in another language.
    captions: tuple[Captions, ...] = ()


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
    #: How many pictures or frames it was shown.
    seen: int = 0
    #: Mentions, links and cashtags that it added, which were taken out.
    removed: tuple[str, ...] = ()
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
    #: The files whose description they wrote.
    described: tuple[str, ...] = ()


class Way(_Model):
    """Other words for a post, where the account has posted its own not long ago."""

    #: How they differ, for people.
    said: str
    text: str
    weight: int
    gave_way: tuple[str, ...] = ()
    #: Of a thread those of the posts that follow.
    more: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each post, as of a draft."""
        return (self.text, *self.more)

    def of(self, draft: Draft) -> Draft:
        """The draft in these words."""
        words: dict[str, Any] = {name: getattr(self, name) for name in ("text", "weight", "gave_way", "more")}
        return draft.model_copy(update={**words, "was_cut": bool(self.gave_way), "varied": self.said})


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
    #: What no other item of the project may post, as `drafting.content_identity` has it; empty where it is not known.
    content: str = ""
    #: Where Gemini may improve it: what the text was made of, as `Metadata.to_dict` has it.
    words: dict[str, Any] | None = None
    #: What did, for people, in its order.
    gave_way: tuple[str, ...] = ()
    #: The texts of the posts that follow it in a thread, each a reply to the one before it.
    more: tuple[str, ...] = ()
    #: Whether and how Gemini did; None where it was not to.
    enhanced: Enhancement | None = None
    #: What of it a person wrote; None for nothing.
    edited: Edited | None = None
    #: Whether X labels it as made with AI; None: if the words that go out are Gemini's.
    made_with_ai: bool | None = False
    paid_partnership: bool = False
    #: What lies beside it or stands in its sidecar and is not used, with the reason, for people.
    unused: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """X's names of the labels that it goes out with."""
        by_gemini = self.enhanced is not None and self.enhanced.changed and self.text != self.enhanced.original_text
        made_with_ai = by_gemini if self.made_with_ai is None else self.made_with_ai
        wanted = (("made_with_ai", made_with_ai), ("paid_partnership", self.paid_partnership))
        return tuple(name for name, is_wanted in wanted if is_wanted)

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each of its posts: of one, unless it is a thread."""
        return (self.text, *self.more)

    def with_digests(self, digests: Sequence[str]) -> Draft:
        """The same with what its media's bytes must be when they are uploaded."""
        pairs = zip(self.media, digests, strict=True)
        media = tuple(medium.model_copy(update={"sha256": digest}) for medium, digest in pairs)
        return self.model_copy(update={"media": media})

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
