"""Word lists for counting and fitting; "# …" is a comment."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


def lines(name: str) -> list[str]:
    """The lines of NAME.txt that say something. Raises FileNotFoundError."""
    text = (_FOLDER / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("# ")]


@cache
def words(name: str) -> frozenset[str]:
    """The words of NAME.txt, which a space or a line divides. Raises FileNotFoundError."""
    return frozenset(word for line in lines(name) for word in line.split())
