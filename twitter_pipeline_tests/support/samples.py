"""The real samples some tests run on: clips, sidecars, twitter-text's cases. They are not part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def samples_dir() -> Path:
    """SAMPLES_DIR, or `shared/samples` beside the repository."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "samples"
    return Path(os.environ.get("SAMPLES_DIR") or beside).resolve()


#: Marks a test, or a parameter, that cannot run without the samples.
needs_samples = pytest.mark.skipif(
    not samples_dir().is_dir(), reason=f"no samples at {samples_dir()}: set SAMPLES_DIR to their folder"
)
