"""Is this a file X will take? Asked before anything is uploaded; the answer says what to do if not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from twitter_pipeline.media.boxes import check_boxes
from twitter_pipeline.media.info import MediaInfo, MediaRefused
from twitter_pipeline.media.sniff import Format, sniff_file

if TYPE_CHECKING:
    from twitter_pipeline.config import MediaLimits

_TAKEN = {"video": "MP4 (H.264)", "image": "JPEG, PNG, WebP or GIF"}


def check(path: Path, kind: Literal["video", "image"], limits: MediaLimits) -> MediaInfo:
    """Probe the file at `path`, which stands where a video or an image is expected.

    `limits` is the project's media profile from config. Nothing is converted, and of a video only the first picture
    is decoded. Raises MediaRefused with the reason in plain words, OSError when the file cannot be read.
    """
    size = path.stat().st_size
    if not size:
        raise _empty()
    media_type = _expected(sniff_file(path), kind, path.suffix)
    if media_type in ("video/mp4", "video/quicktime"):
        with path.open("rb") as file:
            check_boxes(file)
    # Here and not above: they load PyAV and Pillow, which only a run needs.
    if kind == "video":
        from twitter_pipeline.media.video import probe as probe_video

        return probe_video(path, size, media_type, limits)
    from twitter_pipeline.media.picture import probe as probe_picture

    return probe_picture(path, size, media_type, limits)


def refused_at_sight(path: Path, kind: Literal["video", "image"]) -> str | None:
    """Why `check` would refuse the file, as far as its size and first bytes tell; None when they look well.

    Raises OSError when the file cannot be read.
    """
    try:
        if not path.stat().st_size:
            raise _empty()
        _expected(sniff_file(path), kind, path.suffix)
    except MediaRefused as refused:
        return str(refused)
    return None


def _empty() -> MediaRefused:
    return MediaRefused("The file is empty (0 bytes).", "Copy or export it again.")


def _expected(form: Format | None, kind: Literal["video", "image"], suffix: str) -> str:
    """X's name for the format; refuses one that is unknown, of the other kind, or not taken by X."""
    if form is None:
        raise MediaRefused(
            f"The file is not {_a(kind)}: its content is none of the known formats, whatever its name ({suffix}) says.",
            f"Export it as {_TAKEN[kind]}.",
        )
    if form.kind != kind:
        raise MediaRefused(
            f"The file is {_a(form.kind)} ({form.name}), although {_a(kind)} is expected for its name ({suffix}).",
            f"Rename it, or move it to a source of type {form.kind}.",
        )
    if form.media_type is None:
        raise MediaRefused(f"X does not take {form.name}.", f"Export it as {_TAKEN[kind]}.")
    return form.media_type


def _a(kind: str) -> str:
    return "a video" if kind == "video" else "an image"
