"""Looking into a video with PyAV."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from twitter_pipeline.config import MediaLimits
from twitter_pipeline.media.info import MediaInfo, MediaRefused, megabytes
from twitter_pipeline.media.sniff import Format

#: FFmpeg's reader for each of X's types. Named, so that a crafted file cannot choose one that opens other files.
_READERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/mp2t": "mpegts",
}
#: Ten seconds of a film: key pictures are seldom further apart.
_MOST_DECODED = 300
_OTHER_PROFILE = "or choose a media profile that allows it (x.media_profile in config.yaml)."


def probe(path: Path, size: int, media_type: str, limits: MediaLimits) -> MediaInfo:
    """What the video is; raises MediaRefused when it cannot be decoded or breaks one of `limits`."""
    if size > limits.video_max_bytes:
        raise MediaRefused(
            f"The video has {megabytes(size)}; at most {megabytes(limits.video_max_bytes)} are allowed.",
            f"Make it smaller, {_OTHER_PROFILE}",
        )
    with opened(path, media_type) as (container, stream):
        _first_picture(container, stream)
        info = MediaInfo(
            kind="video",
            media_type=media_type,
            category="tweet_video",
            bytes=size,
            width=stream.width,
            height=stream.height,
            seconds=seconds_of(container, stream),
        )
        rate = stream.average_rate
    _check_length(info.seconds or 0.0, limits)
    _check_picture(info.width, info.height, limits)
    if rate is not None and rate > limits.video_max_fps:
        raise MediaRefused(
            f"The video has {float(rate):.4g} frames a second; at most {limits.video_max_fps:g} are allowed.",
            f"Convert it, {_OTHER_PROFILE}",
        )
    return info


def picture_of(path: Path, form: Format) -> Image.Image:
    """A picture from near the beginning, upright; raises MediaRefused when none can be decoded."""
    if form.media_type is None:
        raise MediaRefused(f"{form.name} is not read here.")
    with opened(path, form.media_type) as (container, stream):
        # Many videos open on black: a second in, or halfway through a short one.
        moment = min(1.0, seconds_of(container, stream) / 2)
        frame = _first_picture(container, stream)
        for later in container.decode(stream):
            if (later.time or 0.0) > moment:
                break
            frame = later
        return _upright(frame)


def pictures_of(path: Path, form: Format, count: int) -> Iterator[Image.Image]:
    """`count` pictures spread over the video, upright; fewer of a very short one. Raises MediaRefused as `picture_of`.

    Each is looked for from the key picture before it, for `_MOST_DECODED` pictures at most.
    """
    if form.media_type is None:
        raise MediaRefused(f"{form.name} is not read here.")
    with opened(path, form.media_type) as (container, stream):
        stream.thread_type = "AUTO"
        seconds, last = seconds_of(container, stream), -1.0
        begin = (container.start_time or 0) / av.time_base
        for part in range(count):
            moment = begin + seconds * (2 * part + 1) / (2 * count)
            container.seek(int(moment * av.time_base))
            frame = None
            for frame in islice(container.decode(stream), _MOST_DECODED):
                if (frame.time or 0.0) >= moment:
                    break
            if frame is None:
                raise MediaRefused("The video holds not a single picture.", "Export it again.")
            if (frame.time or 0.0) > last:
                last = frame.time or 0.0
                yield _upright(frame)


def _upright(frame: av.VideoFrame) -> Image.Image:
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    return picture.rotate(frame.rotation, expand=True) if frame.rotation else picture


@contextmanager
def opened(path: Path, media_type: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The film and its pictures. Raises MediaRefused where FFmpeg cannot go on, inside too."""
    try:
        # "file:", since FFmpeg would read a name such as "concat:a.mp4" as a protocol.
        # Titles in an old encoding are no reason to fail: "replace".
        with av.open(f"file:{path}", format=_READERS[media_type], metadata_errors="replace") as container:
            # A song's cover is a video stream to FFmpeg.
            covers = av.stream.Disposition.attached_pic
            stream = next((s for s in container.streams.video if not s.disposition & covers), None)
            if stream is None:
                raise MediaRefused("The file has no picture, only sound or data.", "Export it with a video track.")
            yield container, stream
    except av.FFmpegError as error:
        raise MediaRefused(f"The video cannot be decoded: {error.strerror}.", "Export it again.") from error


def _first_picture(container: InputContainer, stream: VideoStream) -> av.VideoFrame:
    frame = next(container.decode(stream), None)
    if frame is None:
        raise MediaRefused("The video holds not a single picture.", "Export it again.")
    return frame


def seconds_of(container: InputContainer, stream: VideoStream) -> float:
    """How long the film is. Raises MediaRefused where it does not say."""
    if container.duration is not None:
        return container.duration / av.time_base
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    raise MediaRefused("The video does not say how long it is.", "Export it again as MP4.")


def _check_length(seconds: float, limits: MediaLimits) -> None:
    if seconds < limits.video_min_seconds:
        raise MediaRefused(
            f"The video is {seconds:.2f} s long; at least {limits.video_min_seconds:g} s are needed.",
            "Post it as a picture, or make it longer.",
        )
    if seconds > limits.video_max_seconds:
        raise MediaRefused(
            f"The video is {seconds:.1f} s long; at most {limits.video_max_seconds:g} s are allowed.",
            f"Cut it, {_OTHER_PROFILE}",
        )


def _check_picture(width: int, height: int, limits: MediaLimits) -> None:
    """X states 1280x1024 and recommends 720x1280 for upright video: the limits hold for either way up."""
    short, long = sorted((width, height))
    most_short, most_long = sorted((limits.video_max_width, limits.video_max_height))
    if short < limits.video_min_side:
        raise MediaRefused(
            f"The video is {width}x{height} pixels; each side needs at least {limits.video_min_side}.",
            "Export it larger.",
        )
    if long > most_long or short > most_short:
        raise MediaRefused(
            f"The video is {width}x{height} pixels; at most {most_long}x{most_short} are allowed, either way up.",
            f"Export it smaller, {_OTHER_PROFILE}",
        )
    if long > short * limits.video_max_aspect:
        raise MediaRefused(
            f"The video is {width}x{height} pixels; a side may be {limits.video_max_aspect:g} times the other at most.",
            f"Crop it, {_OTHER_PROFILE}",
        )
