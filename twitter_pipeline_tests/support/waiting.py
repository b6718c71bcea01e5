"""Waiting for something to become true, with a deadline that says what was awaited."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(condition: Callable[[], T], seconds: float, what: str) -> T:
    """What `condition` returns once that is true; fails after `seconds`, naming `what` was awaited."""
    deadline = time.monotonic() + seconds
    while True:
        is_last = time.monotonic() >= deadline  # a machine that stood still looks once more
        if found := condition():
            return found
        assert not is_last, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
