"""The pattern of every reader's test: given these files beside this medium, this is understood."""

from __future__ import annotations

import io
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from twitter_pipeline.content import Metadata
from twitter_pipeline.scanning.sidecars import Finder, Problem, Sidecar
from twitter_pipeline_tests.support.samples import samples_dir


def sample(name: str) -> bytes:
    """A real metadata file of another program."""
    return (samples_dir() / "sidecars" / name).read_bytes()


def xz(content: Any) -> bytes:
    return lzma.compress(json.dumps(content).encode())


def xlsx(*rows: Sequence[Any], sheet: str = "Posts") -> bytes:
    """A workbook with an empty sheet before the one with these rows."""
    book = openpyxl.Workbook()
    made = book.create_sheet(sheet)
    for row in rows:
        made.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def lay(folder: Path, media: str, files: Mapping[str, Any]) -> None:
    """Lay the medium there, and the files: bytes and texts as they are, anything else as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / media).touch()
    for name, content in files.items():
        if not isinstance(content, (bytes, str)):
            content = json.dumps(content)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def found(folder: Path, media: str, files: Mapping[str, Any], **options: Any) -> Sidecar | Problem | None:
    """What is found for `media` with `files` beside it."""
    lay(folder, media, files)
    return Finder(folder, options.pop("metadata_dir", None), options.pop("language", "en"), **options).find(media)


def understood(folder: Path, media: str, files: Mapping[str, Any], **options: Any) -> Metadata | None:
    """The metadata `media` is posted with; None for none."""
    result = found(folder, media, files, **options)
    assert not isinstance(result, Problem), result
    return None if result is None else result.metadata


def problem(folder: Path, media: str, files: Mapping[str, Any], **options: Any) -> Problem:
    """Why `media` is not posted as it is."""
    result = found(folder, media, files, **options)
    assert isinstance(result, Problem), result
    return result
