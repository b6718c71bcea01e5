"""A project: a folder, what to take from it, and how it is posted."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from twitter_pipeline.clock import in_utc
from twitter_pipeline.config.base import Section
from twitter_pipeline.config.duration import Duration, format_duration
from twitter_pipeline.config.fields import (
    AfterPost,
    Hashtag,
    Language,
    Moment,
    ProjectId,
    RelativeFolder,
    Site,
    Suffix,
    TimeZone,
    absolute,
)
from twitter_pipeline.config.services import GeminiSettings

#: A project that was not looked after for longer was down. A tick takes a minute at most, but waits for others.
DOWN_AFTER = timedelta(minutes=10)

#: Those of `scanning.sidecars.readers`, in their order; a test compares them.
SidecarKind = Literal[
    "json",
    "yt-dlp",
    "takeout",
    "gallery-dl",
    "instaloader",
    "tiktok",
    "batch",
    "table",
    "generator",
    "text",
    "xmp",
]


class Source(Section):
    """A folder of a project and what is taken from it."""

    type: Literal["video", "image", "album", "text"] = Field(
        "video",
        description="What is taken: each video; each image; up to four images of a folder, or of files name_1 … name_4,"
        " as one album; or each .txt file and each entry of a batch file without media.",
    )
    path: RelativeFolder = Field(
        ".", description="Folder with the media, relative to the project's path; folders below it count."
    )
    metadata: RelativeFolder | None = Field(
        None,
        description="Folder with the metadata files, relative to the project's path. Without it: beside the media.",
    )
    language: Language = Field(
        "en", description="Language of the metadata to post, as in the names of batch files (en_…)."
    )
    fallback_languages: tuple[Language, ...] = Field(
        (), description="Languages to take, in this order, where there is no metadata in `language`."
    )
    sidecars: tuple[SidecarKind, ...] = Field(
        (), description="The kinds of metadata files that count (docs/sidecars.md). Without it: all of them."
    )
    account: str | None = Field(None, description="The account this source posts as. Without it: the project's.")
    repeat: bool = Field(
        False,
        description="Whether to post what another source of the project has posted with the same account, such as the"
        " same clip with words in another language.",
    )
    gemini: bool = Field(False, description="Whether Gemini may improve the words; `gemini` says how.")
    see_media: bool | None = Field(
        None, description="Whether Gemini sees the media. Without it: as `gemini.see_media` says."
    )
    captions: bool = Field(
        True,
        description="Whether the captions beside a video go out with it: clip.srt, clip.vtt, clip.en.srt, clip_de.vtt.",
    )
    made_with_ai: bool | Literal["when_enhanced"] = Field(
        False,
        description="Whether X labels the posts as made with AI; `when_enhanced`: those whose words are Gemini's. A"
        " sidecar's field of this name goes before.",
    )
    paid_partnership: bool = Field(
        False,
        description="Whether X labels the posts as a paid partnership. A sidecar's field of this name goes before.",
    )
    template: str | None = Field(
        None, description="Jinja2 template of the text. Without it: title, description, hashtags."
    )
    hashtags: tuple[Hashtag, ...] = Field((), description="Hashtags added to every post, with or without #.")

    max_hashtags: int | None = Field(
        None, ge=0, le=30, description="Most hashtags of a post. Without it: as many as fit."
    )
    keep_hashtags: int = Field(
        0, ge=0, le=30, description="How many hashtags stay, the first ones, as long as words can be shortened instead."
    )
    hashtags_at: Literal["text", "end"] | None = Field(
        None,
        description="Whether the hashtags that a title or description ends with stay there (text) or join the others at"
        " `{{ hashtags }}` (end). Without it: end, but text for type `text`.",
    )
    give_way: tuple[Literal["hashtags", "description", "title"], ...] = Field(
        ("hashtags", "description", "title"), description="What gives way first in a post that is too long, what next."
    )
    overflow: Literal["cut", "thread"] = Field(
        "cut",
        description="What becomes of a text that is too long for one post: parts of it give way, or it goes on in"
        " further posts, each a reply to the one before it and paid for like any other; Gemini is not asked about"
        " those.",
    )
    thread_posts: int = Field(10, ge=2, le=25, description="Most posts of a thread; then the end of the text is cut.")
    thread_numbers: bool = Field(True, description='Whether each post of a thread ends with its number: "(1/3)".')
    mentions: Literal["keep", "strip"] | None = Field(
        None,
        description="Whether @name in title and description stays and tells that account, or loses its @."
        " Without it: strip, but keep for type `text`.",
    )
    accidental_links: Literal["keep", "defuse", "remove"] = Field(
        "defuse",
        description="What becomes of links nobody meant, such as vs.me where a space is missing: X shortens them, and a"
        " post with a link costs more.",
    )
    markdown: Literal["keep", "strip"] | None = Field(
        None,
        description="What becomes of the signs of Markdown in title and description, which X shows as they are:"
        " `**bold**`, `# Heading`, `[name](link)`. Without it: strip, but keep for type `text`.",
    )

    links: Literal["keep", "strip", "only_own"] | None = Field(
        None,
        description="What becomes of links in title and description: keep, strip, or strip all but those to"
        " `own_sites`. `{{ link }}` stays whole. Without it: strip, but keep for type `text`.",
    )
    own_sites: tuple[Site, ...] = Field(
        (), description="Sites whose links stay under `links: only_own`, such as example.com; their subdomains too."
    )
    hashtags_to_leave_out: tuple[Hashtag, ...] = Field(
        (),
        description="Hashtags that no post gets, wherever they come from, such as fyp; in a sentence the word stays.",
    )
    same_words: Literal["wait", "vary", "post"] = Field(
        "wait",
        description="What becomes of an item whose words the account has posted within `x.repeat_window`: it waits;"
        " goes out in other words where there are some; or goes out all the same, and X refuses it.",
    )
    suffixes: tuple[Suffix, ...] = Field(
        (), description="What may stand behind the words of an item under `same_words: vary`: the first that is new."
    )

    @field_validator("give_way")
    @classmethod
    def _gives_way_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("must name each part once")
        return value

    @model_validator(mode="after")
    def _own_sites_are_meant(self) -> Source:
        if (self.links == "only_own") != bool(self.own_sites):
            raise ValueError("`links: only_own` and `own_sites` belong together; set both, or neither")
        if self.suffixes and self.same_words != "vary":
            raise ValueError("`suffixes` are for `same_words: vary`; set it, or leave them out")
        return self

    @property
    def moves_hashtags(self) -> bool:
        """Whether the hashtags that title and description end with join the others."""
        return self.hashtags_at == "end" if self.hashtags_at is not None else self.type != "text"

    @property
    def keeps_links(self) -> bool:
        """Whether links of title and description stay, whatever they lead to."""
        return self.links == "keep" if self.links is not None else self.type == "text"

    @property
    def keeps_markdown(self) -> bool:
        """Whether the signs of Markdown in title and description stay."""
        return self.markdown == "keep" if self.markdown is not None else self.type == "text"

    @property
    def keeps_mentions(self) -> bool:
        """Whether "@name" of title and description reaches that account."""
        return self.mentions == "keep" if self.mentions is not None else self.type == "text"

    def sees_media(self, gemini: GeminiSettings) -> bool:
        """Whether Gemini is shown the media with the words."""
        return self.gemini and (gemini.see_media if self.see_media is None else self.see_media)

    @property
    def key(self) -> str:
        """What a source is known by inside its project: `video:clips:en`, or with an account `video:clips:en@cats`."""
        account = "" if self.account is None else f"@{self.account}"
        return f"{self.type}:{self.path}:{self.language}{account}"


class Project(Section):
    """A folder whose media go out as posts of one account."""

    id: ProjectId = Field(
        description="Stable short name, unique; never change it: Dagster's asset keys and the database hold it."
    )
    name: str = Field("", max_length=200, description="Name for people. Without it: the id.")
    description: str = Field("", max_length=2000, description="What the project is about.")
    path: Path = Field(description="The project's folder, relative to the configuration file's folder.")
    owner: str = Field("", description="The user who owns it. Without it: the first user.")
    account: str = Field("", description="The account it posts as. Without it: the first account.")
    time_zone: TimeZone = Field("UTC", description="IANA time zone of its days and hours, such as Europe/Berlin.")
    min_interval: Duration | None = Field(
        None, description="Shortest time between two posts. Without it: none in sandbox mode, 30 min in live mode."
    )
    max_per_day: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="Most posts in a day of its time zone. Without it: no limit in sandbox mode, 10 in live mode.",
    )
    catch_up: Literal["spread", "skip"] = Field(
        "spread",
        description="What becomes of items whose time passed while the pipeline did not run: spread them over the time"
        " that follows, or skip those that are more than `max_lateness` late.",
    )
    max_lateness: Duration = Field(
        timedelta(hours=6),
        description=f"How late an item still goes out under `catch_up: skip`, {format_duration(DOWN_AFTER)} at least.",
    )
    max_retries: int = Field(
        5,
        ge=0,
        le=100,
        description="How many later runs an item gets that failed (after 1, 4, 16, 64, 256 minutes, then every 6 h);"
        " then it is `failed`.",
    )
    metadata_wait: Duration = Field(timedelta(minutes=15), description="How long media without metadata wait for it.")
    without_metadata: Literal["post", "skip"] = Field(
        "skip",
        description="What then happens to media still without it: post with the words of the file name, or skip.",
    )
    stable_for: Duration = Field(
        timedelta(seconds=4), description="How long a file must stay unchanged before it is taken."
    )
    ignore_before: Moment | None = Field(
        None,
        description="Files last changed before this date (2026-11-24) or time (2026-11-24 18:00, in the project's time"
        " zone) are not posted.",
    )
    after_post: AfterPost = Field(
        "keep",
        description="What becomes of a file after its post: keep, or move FOLDER, relative to the project's path.",
    )
    canary: bool | None = Field(
        None,
        description="Whether the first post goes out alone and the rest waits for `twitter-pipeline approve ID`."
        " Without it: yes in live mode, no in sandbox mode.",
    )
    canary_wait: Duration | None = Field(
        None, description="After this time the rest goes out without approval. Without it: it waits for a person."
    )
    sources: tuple[Source, ...] = Field(
        (Source(),),
        description="What to take from the folder. Without it: every video in it.",
        json_schema_extra={"minItems": 1},
    )

    @model_validator(mode="before")
    @classmethod
    def _name_is_id(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("name") and isinstance(data.get("id"), str):
            return {**data, "name": data["id"]}
        return data

    @field_validator("path", mode="before")
    @classmethod
    def _path(cls, value: object, info: ValidationInfo) -> object:
        return absolute(value, info)

    @field_validator("max_lateness")
    @classmethod
    def _longer_than_no_stop(cls, value: timedelta) -> timedelta:
        if value < DOWN_AFTER:
            raise ValueError(f"must be {format_duration(DOWN_AFTER)} or longer")
        return value

    @field_validator("sources")
    @classmethod
    def _sources_differ(cls, value: tuple[Source, ...]) -> tuple[Source, ...]:
        if not value:
            raise ValueError("must not be empty; leave it out to take every video")
        keys = [source.key for source in value]
        for index, key in enumerate(keys):
            if (first := keys.index(key)) != index:
                raise ValueError(
                    f"sources {first} and {index} have the same type, path, language and account; remove one"
                )
        return value

    @model_validator(mode="after")
    def _posted_folder_is_no_source(self) -> Project:
        posted = self.posted_folder
        for index, source in enumerate(self.sources):
            if posted is not None and (source.path == posted or source.path.startswith(f"{posted}/")):
                raise ValueError(f"after_post: files would be moved to where source {index} takes them from")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object for dates."""
        return ZoneInfo(self.time_zone)

    @property
    def ignores_before(self) -> datetime | None:
        """`ignore_before` as aware UTC: what was written without an offset is meant in the project's time zone."""
        moment = self.ignore_before
        if moment is None:
            return None
        return in_utc(moment, self.zone)

    @property
    def posted_folder(self) -> str | None:
        """Where files are moved after their post, relative to the project's path; None where they stay."""
        return None if self.after_post == "keep" else self.after_post.removeprefix("move ")
