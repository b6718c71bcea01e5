"""Recognising a file by its first bytes: a name can lie."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: MPEG-TS repeats its mark every so many bytes.
_TS_PACKET = 188
_HEAD_BYTES = _TS_PACKET + 1


@dataclass(frozen=True)
class Format:
    """A format that can be told apart."""

    #: What people call it.
    name: str
    kind: Literal["video", "image"]
    #: X's name; None when X does not take it.
    media_type: str | None


_JPEG = Format("JPEG", "image", "image/jpeg")
_MP4 = Format("MP4", "video", "video/mp4")
_QUICKTIME = Format("QuickTime", "video", "video/quicktime")
_HEIF = Format("HEIC/AVIF", "image", None)

_MARKS = (
    (b"\xff\xd8\xff", _JPEG),
    (b"\x89PNG\r\n\x1a\n", Format("PNG", "image", "image/png")),
    (b"GIF87a", Format("GIF", "image", "image/gif")),
    (b"GIF89a", Format("GIF", "image", "image/gif")),
    (b"BM", Format("BMP", "image", "image/bmp")),
    (b"II*\0", Format("TIFF", "image", "image/tiff")),
    (b"MM\0*", Format("TIFF", "image", "image/tiff")),
    (b"\x1aE\xdf\xa3", Format("WebM/Matroska", "video", "video/webm")),
    (b"FLV\x01", Format("Flash video", "video", None)),
)
#: Boxes a QuickTime file may begin with when it has no `ftyp` (older cameras and editors).
_FIRST_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}


def sniff_file(path: Path) -> Format | None:
    """The format of the file at `path`; None when it is none of these, or empty. Raises OSError."""
    with path.open("rb") as file:
        return _sniff(file.read(_HEAD_BYTES))


def _sniff(head: bytes) -> Format | None:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _HEIF_BRANDS:
            return _HEIF
        return _QUICKTIME if brand == b"qt  " else _MP4
    if head[4:8] in _FIRST_BOXES:
        return _QUICKTIME
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return Format("WebP", "image", "image/webp")
        return Format("AVI", "video", None) if head[8:12] == b"AVI " else None
    if head[:1] == b"G" and head[_TS_PACKET : _TS_PACKET + 1] == b"G":
        return Format("MPEG-TS", "video", "video/mp2t")
    return next((form for mark, form in _MARKS if head.startswith(mark)), None)
