"""Small project folders for the whole pipeline."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any


def put(clip: Path, folder: Path, name: str, **metadata: Any) -> Path:
    """A copy of the clip, its content its own, with its words beside it when any are given."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    if metadata:  # before the media: nothing has to wait for it
        path.with_suffix(".json").write_text(json.dumps(metadata), encoding="utf-8")
    shutil.copy(clip, path)
    with path.open("ab") as file:
        file.write(mark(name))
    return path


def mark(name: str) -> bytes:
    """A box that players skip: it changes the file, not the film."""
    said = name.encode()
    return (8 + len(said)).to_bytes(4, "big") + b"free" + said
