"""Telling files apart by what they hold: quickly while scanning, wholly before posting."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Quick:
    """A file as it was when it was looked at. An equal digest is a suspicion only: the middle was sampled."""

    #: In bytes.
    size: int
    #: Nanoseconds since 1970, UTC.
    mtime_ns: int
    #: 32 hexadecimal digits over the size and up to 64 KiB each of head, middle and tail.
    digest: str


def quick(path: Path) -> Quick:
    """Look at `path`, reading at most 192 KiB. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        size = status.st_size
        digest = hashlib.blake2b(size.to_bytes(8, "big"), digest_size=16)
        for offset in sorted({0, max(0, (size - _SAMPLE_BYTES) // 2), max(0, size - _SAMPLE_BYTES)}):
            file.seek(offset)
            digest.update(file.read(_SAMPLE_BYTES))
    return Quick(size, status.st_mtime_ns, digest.hexdigest())


def together(digests: Sequence[str]) -> str:
    """One digest for several files in their order; of a single file it is its own."""
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[: len(digests[0])]


def of_words(*texts: str) -> str:
    """The SHA-256 of texts, as 64 hexadecimal digits."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def full(path: Path, on_chunk: Callable[[int], None] | None = None) -> str:
    """The SHA-256 of `path`, as 64 hexadecimal digits. Raises OSError.

    `on_chunk` is told the bytes read so far after each MiB, to renew a lease or to show progress; what it raises
    ends the reading.
    """
    digest = hashlib.sha256()
    done = 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
            done += len(chunk)
            if on_chunk is not None:
                on_chunk(done)
    return digest.hexdigest()
