"""Reading one metadata file that anybody may have written, and what goes wrong then."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")

#: Read into memory at once; the first user's batches are under 1 MB.
MAX_BYTES = 32 * 1024 * 1024

_TYPES = {list: "a list", str: "a text", bool: "a truth value", int: "a number", float: "a number", type(None): "null"}


class Unreadable(Exception):
    """A file, or an entry of one, holds no metadata. The message says why and where, without the file's name."""


class Malformed(Unreadable):
    """What the file holds is to blame: it stays so until the file changes."""


@dataclass(frozen=True)
class File:
    """A metadata file as the listing of its folder found it."""

    path: Path
    #: In bytes.
    size: int
    #: Nanoseconds since 1970, UTC.
    mtime_ns: int


@dataclass
class Document:
    """What a file holds: a JSON value, a text, a `table.Table` or an `xmp.Packet`."""

    #: The file's name.
    name: str
    content: object
    _made: dict[object, object] = field(default_factory=dict)

    def once(self, make: Callable[[object], T]) -> T:
        """What `make` makes of the content, such as an index; made once for each document."""
        if make not in self._made:
            self._made[make] = make(self.content)
        return cast("T", self._made[make])


def content_of(file: File) -> bytes:
    """All of a file. Raises Unreadable."""
    if file.size > MAX_BYTES:
        raise Unreadable(f"it has {file.size / 1e6:,.0f} MB, and at most {MAX_BYTES / 1e6:,.0f} are read; split it")
    try:
        with file.path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"{error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise Unreadable("it grows while it is read")
    if not content.strip():
        raise Malformed("it is empty")
    return content


def from_json(content: bytes) -> object:
    """The JSON value in `content`. Raises Malformed."""
    try:
        # NaN and Infinity are no JSON, and no database takes them.
        return json.loads(content, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise Malformed(f"no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise Malformed(f"no valid {error.encoding.upper()} at byte {error.start}; save it as UTF-8") from error
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"no valid JSON: {error}") from error


def from_text(content: bytes) -> str:
    """The text in `content`: UTF-8, or UTF-16 that says so with a byte order mark. Raises Malformed."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Malformed(f"it is no UTF-8 text (byte {error.start:,}); save it as UTF-8") from error


def from_xz(content: bytes) -> bytes:
    """What xz has compressed into `content`. Raises Malformed, also where it is far more than anybody wrote."""
    import lzma

    unpacking = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=128 * 1024 * 1024)
    try:
        unpacked = unpacking.decompress(content, MAX_BYTES + 1)
    except lzma.LZMAError as error:
        raise Malformed(f"xz cannot unpack it: {error}") from error
    if len(unpacked) > MAX_BYTES:
        raise Malformed(f"unpacked it has more than {MAX_BYTES / 1e6:,.0f} MB")
    if not unpacking.eof:
        raise Malformed("xz cannot unpack it: its end is missing")
    return unpacked


def as_object(value: object, what: str) -> dict[str, object]:
    """`value`, which must be a JSON object; `what` names it in the message. Raises Malformed."""
    if not isinstance(value, dict):
        is_a = _TYPES.get(type(value), "no JSON")
        raise Malformed(f'{what} is {is_a}, not an object such as {{"title": "…"}}')
    return value
