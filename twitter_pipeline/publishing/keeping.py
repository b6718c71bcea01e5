"""Writing down what cannot be had a second time, also where the database takes it only at another try."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

#: For how long.
KEEP_TRYING = timedelta(seconds=30)
#: And how long between two tries.
PAUSE = timedelta(seconds=0.5)


def keep_trying(write: Callable[[], object]) -> None:
    """Call `write` until the database does not refuse it. Raises its OperationalError after `KEEP_TRYING`."""
    give_up = time.monotonic() + KEEP_TRYING.total_seconds()
    while True:
        try:
            write()
            return
        except sa.exc.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(PAUSE.total_seconds())
