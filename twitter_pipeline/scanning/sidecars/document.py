"""Reading one JSON file that anybody may have written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

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


def load(file: File) -> dict[str, object]:
    """The JSON object `file` holds. Raises Unreadable, and Malformed where it holds no such thing."""
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
    try:
        # NaN and Infinity are no JSON, and no database takes them.
        document = json.loads(content, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise Malformed(f"no valid JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise Malformed(f"no valid {error.encoding.upper()} at byte {error.start}; save it as UTF-8") from error
    except RecursionError as error:
        raise Malformed("it is nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"no valid JSON: {error}") from error
    return as_object(document, "it")


def as_object(value: object, what: str) -> dict[str, object]:
    """`value`, which must be a JSON object; `what` names it in the message. Raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed(f'{what} is {_TYPES[type(value)]}, not an object such as {{"title": "…"}}')
    return value
