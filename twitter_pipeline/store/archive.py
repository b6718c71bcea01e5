"""The file of a backup: a tar.gz of parts, and a list of them with their SHA-256 at its end.

It is there under its name only when it is whole, and nothing of it is used before all of it was read and compared.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Of the file's format; another program refuses what it does not know.
FORMAT = 1
_LIST = "manifest.json"
#: Names of parts are ours; in a file from elsewhere they lead nowhere else.
_NAME = re.compile(r"(?:[a-z_]+/){0,4}[A-Za-z0-9_.-]+")
_COMPRESSION = 3


class Damaged(Exception):
    """The file is no backup, or not as it was written; why."""


class Archive:
    """A backup that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._parts: dict[str, str] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file's bytes as they are now."""
        with path.open("rb") as file:
            hashed = _Hashed(file)
            about = tarfile.TarInfo(name)
            about.size, about.mode = os.fstat(file.fileno()).st_size, 0o600
            self._tar.addfile(about, hashed)
        self._parts[name] = hashed.digest()

    def finish(self, about: dict[str, Any]) -> None:
        """Write the list, with what else a restore has to know."""
        said = json.dumps({"format": FORMAT, **about, "parts": self._parts}).encode()
        info = tarfile.TarInfo(_LIST)
        info.size, info.mode = len(said), 0o600
        self._tar.addfile(info, io.BytesIO(said))


@contextmanager
def written(path: Path) -> Iterator[Archive]:
    """An archive to add to; `path`, for its owner only, is made when all was added. Raises OSError."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=_COMPRESSION) as tar:
                yield Archive(tar)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def unpack(path: Path, folder: Path) -> dict[str, Any]:
    """Put all parts into the folder, and compare them with the list, which is returned. Raises Damaged."""
    found: dict[str, str] = {}
    about: dict[str, Any] | None = None
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is None or not _NAME.fullmatch(member.name) or ".." in member.name:
                    raise Damaged(f"it holds '{member.name}', which no backup does")
                if member.name == _LIST:
                    about = json.loads(file.read())
                    continue
                target = folder / member.name
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                hashed = _Hashed(file)
                with target.open("wb") as written:
                    while piece := hashed.read(1 << 20):
                        written.write(piece)
                found[member.name] = hashed.digest()
    except (tarfile.TarError, EOFError, zlib.error, ValueError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Damaged(f"it cannot be read: {error}") from error
    if not isinstance(about, dict) or not isinstance(about.get("parts"), dict):
        raise Damaged("its list is missing: it is no backup, or was cut off")
    if about.get("format") != FORMAT:
        raise Damaged(f"it is of format {about.get('format')}; this program knows {FORMAT}")
    if wrong := sorted(name for name in {*found, *about["parts"]} if found.get(name) != about["parts"].get(name)):
        raise Damaged(f"{wrong[0]} in it is not what was backed up")
    return about


class _Hashed:
    """What is read through it is hashed."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._sha = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._file.read(size)
        self._sha.update(piece)
        return piece

    def digest(self) -> str:
        return self._sha.hexdigest()
