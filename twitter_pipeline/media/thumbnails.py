"""A small picture of any media, for people to recognise it by."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from twitter_pipeline.media.sniff import sniff_file

#: Of a contact sheet, in pixels: a picture with the gap beside it, and the gap.
_TILE = (240, 160)
_GAP = 4
#: Of a picture that stamps are made of.
_MOST_BYTES = 36_000


def thumbnail(path: Path, max_bytes: int = _MOST_BYTES) -> bytes:
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


def contact_sheet(paths: Sequence[Path]) -> bytes:
    """One JPEG of several media, as `thumbnail` makes it: side by side, or two and two as X shows them."""
    from PIL import Image, ImageOps

    from twitter_pipeline.media import picture

    if len(paths) == 1:
        return thumbnail(paths[0])
    rows = -(-len(paths) // 2)
    sheet = Image.new("RGB", (2 * _TILE[0], rows * _TILE[1]), "white")
    for number, path in enumerate(paths):
        with Image.open(BytesIO(thumbnail(path))) as small:
            tile = ImageOps.fit(small, (_TILE[0] - _GAP, _TILE[1] - _GAP))
        sheet.paste(tile, (number % 2 * _TILE[0], number // 2 * _TILE[1]))
    return picture.small_jpeg(sheet, _MOST_BYTES)


def stamp(thumbnail: bytes, max_bytes: int, *, largest: int = 96) -> bytes:
    """A WebP of a thumbnail, at most `max_bytes` (500 or more) and `largest` pixels a side, less where it must be."""
    from PIL import Image

    encoded = b""
    for side in (largest, *(side for side in (320, 192, 96, 64, 32, 16) if side < largest)):
        with Image.open(BytesIO(thumbnail)) as picture:
            picture.thumbnail((side, side))
            for quality in (60, 40, 20):
                buffer = BytesIO()
                picture.save(buffer, "WEBP", quality=quality, method=6 if largest < 100 else 4)
                if len(encoded := buffer.getvalue()) <= max_bytes:
                    return encoded
    return encoded
