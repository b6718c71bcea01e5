"""Files of captions beside a clip."""

from __future__ import annotations

import os
import time
from pathlib import Path

SRT = "1\n00:00:00,000 --> 00:00:00,800\nA cat naps.\n"
VTT = "WEBVTT\n\n00:00:00.000 --> 00:00:00.800\nEine Katze schläft.\n"


def put_captions(folder: Path, name: str, content: str | bytes = SRT, *, age: float = 60.0) -> Path:
    """Put captions there, last changed `age` seconds ago: what was changed just now is waited for."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    changed = time.time() - age
    os.utime(path, (changed, changed))
    return path
