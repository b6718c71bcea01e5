"""What each service is started through: `python -m twitter_pipeline.cli.up.child PRELOAD MODULE [ARGUMENT…]`.

The service begins when a byte comes through its standard input; until then it does what takes long and needs nobody
else: importing PRELOAD. It ends when that input is closed, which happens however `up` ends, kill -9 included.
"""

from __future__ import annotations

import importlib
import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Import, wait for the word to begin, become the module."""
    preload, module, *arguments = sys.argv[1:]
    importlib.import_module(preload)
    if not os.read(0, 1):
        return  # `up` is gone already
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    # The whole group: runs under way are told to end and leave their tasks in order.
    os.killpg(os.getpgrp(), signal.SIGTERM)


if __name__ == "__main__":
    main()
