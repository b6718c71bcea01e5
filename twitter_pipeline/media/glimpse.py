"""What a model is shown of a medium: a small picture, or a few of a video, and nothing else of the file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from twitter_pipeline.media.sniff import sniff_file

#: Pixels of the longer side: what Gemini looks at in one piece.
SIDE = 768
#: Of one picture; what does not fit is made smaller.
MOST_BYTES = 200_000
#: Of a video or an animated picture, spread over it.
FRAMES = 4


def glimpses(path: Path) -> tuple[bytes, ...]:
    """JPEGs without the original's metadata, upright: one of a picture, up to `FRAMES` of what moves.

    Raises MediaRefused when nothing can be decoded, OSError when the file cannot be read.
    """
    from twitter_pipeline.media import picture

    form = sniff_file(path)
    frames: Iterable[bytes]
    if form is not None and form.kind == "video":
        from twitter_pipeline.media import video

        frames = (picture.small_jpeg(one, MOST_BYTES, SIDE) for one in video.pictures_of(path, form, FRAMES))
    else:
        frames = picture.small_frames(path, MOST_BYTES, SIDE, FRAMES)
    return tuple(dict.fromkeys(frames))  # a picture that stands still is shown once
