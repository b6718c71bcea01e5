"""Settings of the services a run talks to: X, the sandbox, Dagster."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from twitter_pipeline.config.base import Section
from twitter_pipeline.config.duration import Duration, SomeDuration
from twitter_pipeline.config.fields import BaseUrl, Host, Name, Port, Secret

STRICT = "strict"


class MediaLimits(Section):
    """What X takes. The defaults are the strict set of X's documentation (2026-08): what every account may post."""

    image_max_bytes: int = Field(5_000_000, ge=1, description="Largest image, in bytes.")
    gif_max_bytes: int = Field(15_000_000, ge=1, description="Largest animated GIF, in bytes.")
    gif_max_width: int = Field(1280, ge=1, description="Widest GIF, in pixels.")
    gif_max_height: int = Field(1080, ge=1, description="Highest GIF, in pixels.")
    gif_max_frames: int = Field(350, ge=1, description="Most frames of a GIF.")
    gif_max_pixels: int = Field(300_000_000, ge=1, description="Most pixels of a GIF: width × height × frames.")
    video_max_bytes: int = Field(512_000_000, ge=1, description="Largest video, in bytes.")
    video_min_seconds: float = Field(0.5, ge=0, le=86_400, description="Shortest video, in seconds.")
    video_max_seconds: float = Field(140.0, gt=0, le=86_400, description="Longest video, in seconds.")
    video_min_side: int = Field(32, ge=1, description="Smallest width and height of a video, in pixels.")
    video_max_width: int = Field(1280, ge=1, description="Widest video, in pixels; an upright one may be as high.")
    video_max_height: int = Field(1024, ge=1, description="Highest video, in pixels; an upright one may be as wide.")
    video_max_aspect: float = Field(3.0, ge=1, le=100, description="Longer side over shorter side of a video, at most.")
    video_max_fps: float = Field(60.0, gt=0, le=1000, description="Most frames per second of a video.")


class XPrices(Section):
    """What X charges, in dollars: only for the estimates of cost. The defaults are X's prices of 2026-11."""

    post: float = Field(0.015, ge=0, le=1000, description="A post, in dollars.")
    post_with_link: float = Field(0.2, ge=0, le=1000, description="A post whose text holds a link, in dollars.")
    post_read: float = Field(0.001, ge=0, le=1000, description="Each post that a reading of a timeline lists.")


class XSettings(Section):
    """How X's API is reached, and its limits."""

    base_url: BaseUrl | None = Field(
        None, description="Address of X's API. Without it: the sandbox in sandbox mode, https://api.x.com in live mode."
    )
    connect_timeout: SomeDuration = Field(timedelta(seconds=5), description="How long connecting may take.")
    read_timeout: SomeDuration = Field(
        timedelta(seconds=60), description="How long X may stay silent before a request is given up."
    )
    chunk_bytes: int = Field(
        1024 * 1024,
        ge=1,
        le=5 * 1024 * 1024,
        description="Size of one piece of an upload, in bytes. X has refused 5 MB pieces; 1 MiB works everywhere.",
    )
    processing_timeout: SomeDuration = Field(
        timedelta(minutes=10), description="How long X may take to process a video after its upload."
    )
    read_timeline: bool = Field(
        True,
        description="Whether the account's timeline may be read to find a post whose answer was lost. X charges for"
        " each post it lists ($0.001 in 2026-11); `no` leaves such posts to a person.",
    )
    settle_time: SomeDuration | None = Field(
        None,
        description="How long a post may take to appear on the timeline: one that is not there after it was not made."
        " Without it: 10 min in live mode, 5 s in sandbox mode.",
    )
    text_limit: int = Field(
        280,
        ge=1,
        le=25_000,
        description="Longest text of accounts that do not say `text_limit` themselves, in X's weighted characters. More"
        " than 280 needs X Premium.",
    )
    repeat_window: Duration = Field(
        timedelta(hours=24),
        description="How long X refuses the words of an account's post in another one. X does not say: half an hour to"
        " some hours have been seen. 0: nobody looks.",
    )
    prices: XPrices = Field(default_factory=XPrices, description="What X charges, for the estimates of cost.")
    media_profile: str = Field(
        STRICT, description="The set of media limits in use: strict, or a name from media_profiles."
    )
    media_profiles: dict[Name, MediaLimits] = Field(
        default_factory=dict, description="Sets of media limits by name. What a set leaves out is as in strict."
    )

    @field_validator("media_profiles")
    @classmethod
    def _strict_stays(cls, value: dict[str, MediaLimits]) -> dict[str, MediaLimits]:
        if STRICT in value:
            raise ValueError("'strict' is built in; give your set another name and choose it with media_profile")
        return value

    @property
    def media_limits(self) -> MediaLimits:
        """The limits of the chosen profile."""
        return {STRICT: MediaLimits(), **self.media_profiles}[self.media_profile]


class GeminiSettings(Section):
    """How Gemini improves the words of the sources that say `gemini: yes`."""

    sdk: Literal["google-genai", "google-generativeai"] = Field(
        "google-genai",
        description="The library Gemini is called with. google-generativeai has had no support since 2025-11.",
    )
    api_key: Secret | None = Field(
        None, description="Key of the Gemini API, from Google AI Studio. The sandbox needs none."
    )
    base_url: BaseUrl | None = Field(
        None, description="Address of the Gemini API. Without it: the sandbox in sandbox mode, Google's in live mode."
    )
    model: str = Field("gemini-3.8-flash", min_length=1, max_length=100, description="The model that is asked.")
    voice: str = Field(
        "", max_length=4000, description="How the posts should sound, in a few sentences: who speaks, to whom, how."
    )
    see_media: bool = Field(
        False,
        description="Whether it sees the pictures, made small, or four small frames of a video. Costs more tokens.",
    )
    examples: int = Field(
        0,
        ge=0,
        le=20,
        description="How many of the source's latest posts it is shown, so that it writes as they do.",
    )
    timeout: SomeDuration = Field(
        timedelta(seconds=20), description="How long an answer may take; then the original words go out."
    )
    daily_budget: int = Field(
        100,
        ge=0,
        le=100_000,
        description="Most requests in a day (UTC), over all projects; then the original words go out.",
    )


class SandboxSettings(Section):
    """Where the local stand-in for X listens."""

    host: Host = Field(
        "127.0.0.1", description="Address the sandbox listens on. It asks nobody who they are: keep it local."
    )
    port: Port = Field(8780, description="Port the sandbox listens on.")

    @property
    def url(self) -> str:
        """Where a client on this machine reaches it."""
        return _url(self.host, self.port)


class DagsterSettings(Section):
    """How Dagster is started by `twitter-pipeline up`."""

    host: Host = Field(
        "127.0.0.1", description="Address Dagster's web interface listens on. It has no log-in: keep it local."
    )
    port: Port = Field(3000, description="Port of Dagster's web interface.")
    max_concurrent_runs: int = Field(
        2, ge=1, le=100, description="How many runs may work at the same time, over all projects."
    )

    @property
    def url(self) -> str:
        """Where a browser on this machine reaches it."""
        return _url(self.host, self.port)


class ApiSettings(Section):
    """Where the REST API listens."""

    enabled: bool = Field(True, description="Whether `up` starts the API.")
    host: Host = Field(
        "127.0.0.1",
        description="Address the API listens on. It speaks plain HTTP: put a proxy with TLS before it for others.",
    )
    port: Port = Field(3001, description="Port of the API.")

    @property
    def url(self) -> str:
        """Where a client on this machine reaches it."""
        return _url(self.host, self.port)


def _url(host: str, port: int) -> str:
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - the name of every address, not one to bind
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"
