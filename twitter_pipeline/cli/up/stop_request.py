"""Being told to stop: Ctrl-C or SIGTERM once means in order, a second time at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """How often a person (or the system) said stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._hurry = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether to stop."""
        return self._asked.is_set()

    @property
    def hurry(self) -> bool:
        """Whether to stop at once."""
        return self._hurry.is_set()

    def ask(self) -> None:
        """Ask once (more)."""
        (self._hurry if self._asked.is_set() else self._asked).set()

    def pause(self, seconds: float) -> None:
        """Wait that long, less when the next request comes."""
        (self._hurry if self._asked.is_set() else self._asked).wait(seconds)


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Take the signals for as long as the block lasts. Only in the main thread."""
    request = StopRequest()

    def told(_number: int, _frame: FrameType | None) -> None:
        request.ask()

    before = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
