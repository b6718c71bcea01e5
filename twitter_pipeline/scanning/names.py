"""Names of files that are not text: on disk a name is bytes, in a database and for people it is UTF-8."""

from __future__ import annotations

import os


def is_utf8(name: str) -> bool:
    """Whether `name`, in which Python writes other bytes as surrogates, is text a database can keep."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def shown(name: str) -> str:
    """`name` with bytes that are not UTF-8 written as `\\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
