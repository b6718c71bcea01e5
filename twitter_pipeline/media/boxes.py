"""Walking the boxes of an MP4 or QuickTime file, without reading the media in them.

FFmpeg opens files whose end or index is missing and says nothing; X then refuses them after the whole upload.
A file is a row of boxes: four bytes of length (header included), four of type. Length 1 means that eight bytes of
length follow the type, 0 that the box reaches to the end of the file (ISO/IEC 14496-12, 4.2).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from twitter_pipeline.media.info import MediaRefused

_COPY_AGAIN = "Copy or export it again."
#: Boxes of the index that consist of boxes.
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
#: What the index of every film has: its own header, and tracks.
_NEEDED_IN_INDEX = {b"mvhd", b"trak"}


@dataclass(frozen=True)
class _Box:
    type: bytes
    #: Where its content begins, and where it ends.
    start: int
    end: int


def check_boxes(file: BinaryIO) -> None:
    """Raise MediaRefused unless every box of `file` is complete, with an index (`moov`) and media (`mdat`)."""
    size = file.seek(0, os.SEEK_END)
    found = set()
    for box in _boxes(file, 0, size):
        if box.end > size:
            missing = f"{size:,} of at least {box.end:,} bytes are there"
            raise MediaRefused(f"The video is cut off: {missing}.", _COPY_AGAIN)
        if box.type == b"moov":
            _check_index(file, box)
        found.add(box.type)
    if b"moov" not in found:
        raise MediaRefused("The video is cut off or damaged: its index (moov) is missing.", _COPY_AGAIN)
    if b"mdat" not in found:
        raise MediaRefused("The video is damaged: it has an index, but no media (mdat).", _COPY_AGAIN)


def _check_index(file: BinaryIO, container: _Box) -> None:
    inside = set()
    for box in _boxes(file, container.start, container.end):
        if box.end > container.end:
            raise MediaRefused(f"The video is damaged: its index breaks off in {_name(box.type)}.", _COPY_AGAIN)
        if box.type in _CONTAINERS:
            _check_index(file, box)
        inside.add(box.type)
    if container.type == b"moov" and not inside >= _NEEDED_IN_INDEX:
        lacking = ", ".join(sorted(map(_name, _NEEDED_IN_INDEX - inside)))
        raise MediaRefused(f"The video is damaged: its index lacks {lacking}.", _COPY_AGAIN)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """The boxes between two offsets. The last one may reach beyond `end`: the caller judges that."""
    while start < end:
        file.seek(start)
        header = file.read(min(16, end - start))
        if not header.strip(b"\0"):
            return  # Padding, or QuickTime's four zero bytes that end a list.
        if len(header) < 8:
            raise MediaRefused("The video is cut off in the middle of a box's header.", _COPY_AGAIN)
        length, kind, header_length = int.from_bytes(header[:4], "big"), header[4:8], 8
        if length == 1:
            length, header_length = int.from_bytes(header[8:16], "big"), 16
        elif length == 0:
            length = end - start
        # Apple's own boxes begin with ©; all others are printable ASCII.
        if length < header_length or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
            raise MediaRefused(f"The video is damaged at byte {start:,}: no box begins there.", _COPY_AGAIN)
        yield _Box(kind, start + header_length, start + length)
        start += length


def _name(kind: bytes) -> str:
    return kind.decode("latin-1")
