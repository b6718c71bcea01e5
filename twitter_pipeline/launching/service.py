"""A service of `up`: `python -m twitter_pipeline.launching.service MODULE [ARGUMENT…]`, or a fork that calls `become`.

It ends when its standard input is closed, which happens however `up` ends, kill -9 included.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections.abc import Sequence


def become(module: str, arguments: Sequence[str]) -> None:
    """Run a module as `python -m` does."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    # The whole group: where no launcher runs, runs are processes of the code server.
    os.killpg(os.getpgrp(), signal.SIGTERM)


if __name__ == "__main__":
    become(sys.argv[1], sys.argv[2:])
