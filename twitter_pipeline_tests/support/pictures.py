"""Pictures for tests, each different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image


def picture(path: Path, shade: int = 0) -> Path:
    """A small picture; another `shade`, another picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 32), (shade % 256, shade // 256, 90)).save(path)
    return path


def pictures(folder: Path, *names: str, shade: int = 0) -> list[Path]:
    """Pictures of these names, no two alike."""
    return [picture(folder / name, shade + number) for number, name in enumerate(names)]


def words(path: Path, **metadata: Any) -> Path:
    """A metadata file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(metadata), encoding="utf-8")
    return path
