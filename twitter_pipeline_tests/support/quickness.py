"""That something takes little processor time, whatever else a machine does meanwhile."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_TRIES = 3


def assert_quick(call: Callable[[], object], seconds: float) -> None:
    """Fail when `call` takes as much processor time or more each time it is called.

    Once it may: what loads with the first call, and looking for garbage in all that other tests left, take as long.
    For what would take many times as long if it were wrong, such as quadratic time.
    """
    least = math.inf
    for _ in range(_TRIES):
        began = time.process_time()
        call()
        least = min(least, time.process_time() - began)
        if least < seconds:
            return
    raise AssertionError(f"took {least:.2f} s of processor time at least, {seconds} may be")
