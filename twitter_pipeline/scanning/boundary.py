"""The one rule about links: none may lead out of the project."""

from __future__ import annotations

import os
from pathlib import Path


def leaves(path: str | os.PathLike[str], real_root: str) -> bool:
    """Whether `path`, its links followed, lies outside `real_root` (which `os.path.realpath` made)."""
    return not Path(os.path.realpath(path)).is_relative_to(real_root)
