"""Shapes of JSON bodies. X refuses fields it does not know, so a misspelt one must not pass here either."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from twitter_pipeline.sandbox.problems import invalid

#: Checks the value found at a path (``media.media_ids``); raises the 400 that names it.
Rule = Callable[[str, Any], None]

_ID = re.compile(r"[0-9]{1,19}")


def _refuse(path: str, value: Any, expected: str) -> Exception:
    return invalid(f"$.{path}: {expected}", **{path.replace(".", "__"): value})


def record(fields: Mapping[str, Rule], *, required: tuple[str, ...] = ()) -> Rule:
    """An object with these fields and no others."""

    def rule(path: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise _refuse(path, value, "object expected")
        for name, inner in value.items():
            at = f"{path}.{name}" if path else name
            if name not in fields:
                raise _refuse(
                    at,
                    inner,
                    "is not defined in the schema and the schema does not allow additional properties",
                )
            fields[name](at, inner)
        for name in required:
            if name not in value:
                raise _refuse(f"{path}.{name}" if path else name, "", "is missing but it is required")

    return rule


def array(item: Rule, *, least: int = 0, most: int | None = None) -> Rule:
    def rule(path: str, value: Any) -> None:
        if not isinstance(value, list):
            raise _refuse(path, value, "array expected")
        if len(value) < least or (most is not None and len(value) > most):
            raise _refuse(path, value, f"there must be {least} to {most} items in the array")
        for inner in value:
            item(path, inner)

    return rule


def text(*, least: int = 0, most: int | None = None) -> Rule:
    def rule(path: str, value: Any) -> None:
        if not isinstance(value, str):
            raise _refuse(path, value, "string expected")
        if len(value) < least or (most is not None and len(value) > most):
            raise _refuse(path, value, f"must be {least} to {most} characters long")

    return rule


def whole(least: int, most: int) -> Rule:
    def rule(path: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _refuse(path, value, "integer expected")
        if not least <= value <= most:
            raise _refuse(path, value, f"must be between {least} and {most}")

    return rule


def number(least: float, most: float) -> Rule:
    def rule(path: str, value: Any) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise _refuse(path, value, "number expected")
        if not least <= value <= most:
            raise _refuse(path, value, f"must be between {least} and {most}")

    return rule


def choice(*options: str) -> Rule:
    def rule(path: str, value: Any) -> None:
        if value not in options:
            raise _refuse(path, value, f"does not have a value in the enumeration [{', '.join(options)}]")

    return rule


def flag(path: str, value: Any) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise _refuse(path, value, "boolean expected")


def identifier(path: str, value: Any) -> None:
    """An id as X writes it: a string of 1 to 19 digits."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _refuse(path, value, "does not match the regex pattern ^[0-9]{1,19}$")


def anything(_path: str, _value: Any) -> None:
    """Accepted and not looked at: X documents the field, the sandbox has no use for it."""
