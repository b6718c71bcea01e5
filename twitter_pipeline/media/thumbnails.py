"""A small picture of any media, for people to recognise it by."""

from __future__ import annotations

from pathlib import Path

from twitter_pipeline.media.sniff import sniff_file


def thumbnail(path: Path, max_bytes: int = 36_000) -> bytes:
    """A JPEG of at most `max_bytes` and 480 pixels a side, upright, without the original's metadata.

    Of a video it shows a picture from near the beginning. Raises MediaRefused when nothing can be decoded, OSError
    when the file cannot be read.
    """
    from twitter_pipeline.media import picture

    form = sniff_file(path)
    if form is not None and form.kind == "video":
        from twitter_pipeline.media import video

        return picture.small_jpeg(video.picture_of(path, form), max_bytes)
    return picture.small_copy(path, max_bytes)
