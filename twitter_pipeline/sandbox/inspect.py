"""What a media file is, judged by its bytes alone: never by its name or the type its sender gave.

Pictures are read by Pillow. Videos are walked box by box here, not decoded: enough to find a file that is no video,
one cut off in transfer and one too long, without the library the pipeline itself probes with.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: What Pillow calls the picture formats X takes.
_PICTURES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_MAX_MOOV_BYTES = 64 * 1024 * 1024
_TS_PACKET = 188


@dataclass(frozen=True)
class Facts:
    """`media_type` is None for bytes that are neither a picture nor a video X knows.

    Sizes are in pixels; they and `seconds` are None where the container does not say. `whole` is False for a video
    whose last box ends beyond the file.
    """

    media_type: str | None
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    whole: bool = True


def inspect(path: Path) -> Facts:
    """Look at the file; an unreadable one has no media type, it does not raise."""
    with path.open("rb") as file:
        head = file.read(2 * _TS_PACKET)
        if head[4:8] in _FIRST_BOXES:
            return _inspect_boxes(file, "video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
        if head.startswith(b"\x1a\x45\xdf\xa3"):
            return Facts("video/webm")
        if len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == 0x47:
            return Facts("video/mp2t")
    return _inspect_picture(path)


def _inspect_picture(path: Path) -> Facts:
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), Image.open(path, formats=tuple(_PICTURES)) as image:
            # A decompression bomb is only warned of; its pixels are not read here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Facts(_PICTURES[image.format or ""], image.width, image.height)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return Facts(None)


def _inspect_boxes(file: BinaryIO, media_type: str) -> Facts:
    file.seek(0, 2)
    size = file.tell()
    moov: bytes | None = None
    at = 0
    while at < size:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            return Facts(media_type, whole=False)
        length, kind = struct.unpack(">I4s", header[:8])
        skip = 8
        if length == 1 and len(header) == 16:
            length, skip = struct.unpack(">Q", header[8:])[0], 16
        elif length == 0:
            length = size - at
        if length < skip or at + length > size:
            return Facts(media_type, whole=False)
        if kind == b"moov" and length <= _MAX_MOOV_BYTES:
            file.seek(at + skip)
            moov = file.read(length - skip)
        at += length
    if moov is None:
        return Facts(media_type, whole=False)
    width, height = _dimensions(moov)
    return Facts(media_type, width, height, _seconds(moov))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if length < 8 or at + length > len(data):
            return
        yield kind, data[at + 8 : at + length]
        at += length


def _seconds(moov: bytes) -> float | None:
    for kind, body in _boxes(moov):
        if kind == b"mvhd" and len(body) >= 32:
            long = body[0] == 1
            scale, duration = struct.unpack_from(">IQ" if long else ">II", body, 20 if long else 12)
            return duration / scale if scale and duration else None  # a fragmented file says 0
    return None


def _dimensions(moov: bytes) -> tuple[int | None, int | None]:
    for kind, trak in _boxes(moov):
        for inner, body in _boxes(trak) if kind == b"trak" else ():
            if inner == b"tkhd" and len(body) >= 84:
                width, height = struct.unpack_from(">II", body, len(body) - 8)
                if width and height:  # sound tracks have neither
                    return width >> 16, height >> 16
    return None, None
