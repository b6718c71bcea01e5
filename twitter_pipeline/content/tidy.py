"""Cleaning text that people, programs and file names hand in."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

_NEWLINES = re.compile("\r\n|[\r\x85\u2028\u2029]")
# C0 and C1 controls but tab and newline. X refuses U+FEFF, U+FFFE and U+FFFF; PostgreSQL refuses U+0000.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")
_GAPS = re.compile(r"\n{3,}")
_SEPARATORS = re.compile(r"[\s_.\-]+")


def clean(text: str) -> str:
    """`text` with LF newlines only and without what X, UTF-8 or a database refuses.

    Dropped: control characters but tab and newline, byte order marks, lone surrogates.
    """
    if not text.isprintable():
        text = text.encode("utf-8", "ignore").decode("utf-8")
        text = _REFUSED.sub("", _NEWLINES.sub("\n", text))
    return text


def single_spaced(text: str) -> str:
    """`text` without space around it or at the end of its lines, and with at most one empty line in a row."""
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _GAPS.sub("\n\n", lines).strip()


def words_of(filename: str) -> str:
    """The words of a file's name, for media without metadata: "my_cat-video 01.mp4" is "my cat video 01"."""
    stem = unicodedata.normalize("NFC", clean(PurePath(filename).stem))
    return _SEPARATORS.sub(" ", stem).strip()
