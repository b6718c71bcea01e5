"""Looking into pictures with Pillow, and making small ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from twitter_pipeline.config import MediaLimits
from twitter_pipeline.media.info import MediaInfo, MediaRefused, megabytes

#: More is not decoded: a few kilobytes can unpack to gigabytes. 100 megapixels are more than any phone takes.
MOST_PIXELS = 100_000_000
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
# Pillow only warns until twice that many.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

#: What Pillow may take the file for, and no other of its many readers.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_SAVE_AGAIN = "Copy or export it again."
_LARGEST_SIDE = 480
_SMALLEST_SIDE = 64


def probe(path: Path, size: int, media_type: str, limits: MediaLimits) -> MediaInfo:
    """What the picture is; decodes it whole, since a cut-off JPEG shows nowhere else. Raises MediaRefused."""
    with opened(path) as image:
        image.verify()  # Checksums, where the format has them; the picture is of no use afterwards.
    with opened(path) as image:
        width, height = image.size
        frames = getattr(image, "n_frames", 1) if image.format == "GIF" else 1
        if frames > 1:
            _check_gif(size, width, height, frames, limits)
        elif size > limits.image_max_bytes:
            raise MediaRefused(
                f"The image has {megabytes(size)}; at most {megabytes(limits.image_max_bytes)} are allowed.",
                "Save it smaller, or as JPEG.",
            )
        if image.format == "JPEG":
            # An eighth of the pixels is enough to read through the whole file.
            image.draft("RGB", (width // 8, height // 8))
        for frame in range(frames):
            image.seek(frame)
            image.load()
        return MediaInfo(
            kind="gif" if frames > 1 else "image",
            media_type=media_type,
            category="tweet_gif" if frames > 1 else "tweet_image",
            bytes=size,
            width=width,
            height=height,
            seconds=None,
        )


def small_copy(path: Path, max_bytes: int, side: int = _LARGEST_SIDE) -> bytes:
    """A JPEG of the picture at `path`; see `small_jpeg`."""
    with opened(path) as image:
        if image.format == "JPEG":
            image.draft("RGB", (side, side))
        return small_jpeg(ImageOps.exif_transpose(image), max_bytes, side)


def small_frames(path: Path, max_bytes: int, side: int, most: int) -> list[bytes]:
    """The same of an animated picture: up to `most` of its frames, spread over it; of any other, of itself."""
    with opened(path) as image:
        count = getattr(image, "n_frames", 1) if image.format == "GIF" else 1
        if count > 1:
            frames = []
            for number in spread(count, most):
                image.seek(number)
                frames.append(small_jpeg(image, max_bytes, side))
            return frames
    return [small_copy(path, max_bytes, side)]


def spread(count: int, most: int) -> list[int]:
    """Up to `most` numbers below `count`, the middles of as many equal parts."""
    parts = min(count, most)
    return [(2 * part + 1) * count // (2 * parts) for part in range(parts)]


def small_jpeg(picture: Image.Image, max_bytes: int, side: int = _LARGEST_SIDE) -> bytes:
    """`picture` on white, `side` pixels a side or as many as fit into `max_bytes`, without its metadata."""
    flat = Image.new("RGB", picture.size, "white")
    layered = picture.convert("RGBA")
    flat.paste(layered, mask=layered)
    while True:
        flat.thumbnail((side, side))
        out = BytesIO()
        flat.save(out, "JPEG", quality=75)
        if out.tell() <= max_bytes or side <= _SMALLEST_SIDE:
            return out.getvalue()
        side = side * 3 // 4


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The picture, its pixels not read yet. Raises MediaRefused, inside too, whatever Pillow does."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            yield image
    except MediaRefused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise MediaRefused(
            f"The image has more than {MOST_PIXELS // 1_000_000} megapixels and was not opened.", "Save it smaller."
        ) from error
    except Exception as error:
        # Pillow's readers fail on damaged files with almost any exception.
        reason = str(error) or type(error).__name__
        raise MediaRefused(f"The image is cut off or damaged: {reason}.", _SAVE_AGAIN) from error


def _check_gif(size: int, width: int, height: int, frames: int, limits: MediaLimits) -> None:
    remedy = "Make it smaller or shorter, or post it as a video."
    if size > limits.gif_max_bytes:
        raise MediaRefused(
            f"The GIF has {megabytes(size)}; at most {megabytes(limits.gif_max_bytes)} are allowed.", remedy
        )
    if width > limits.gif_max_width or height > limits.gif_max_height:
        most = f"{limits.gif_max_width}x{limits.gif_max_height}"
        raise MediaRefused(f"The GIF is {width}x{height} pixels; at most {most} are allowed.", remedy)
    if frames > limits.gif_max_frames:
        raise MediaRefused(f"The GIF has {frames} frames; at most {limits.gif_max_frames} are allowed.", remedy)
    if width * height * frames > limits.gif_max_pixels:
        raise MediaRefused(
            f"The GIF's frames have {width * height * frames:,} pixels together; "
            f"at most {limits.gif_max_pixels:,} are allowed.",
            remedy,
        )
