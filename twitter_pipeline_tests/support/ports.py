"""Ports for servers of tests.

Not of those that the system hands out itself, to whatever connects and to every server on port 0: between the choice
here and the server's start one would be somebody else's now and then. Each xdist worker has its own.
"""

from __future__ import annotations

import itertools
import os
import random
import socket

#: Linux hands out those from 32768 on.
_FIRST, _A_WORKER, _WORKERS = 12_000, 2_500, 8

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
# From anywhere on: two runs of the tests may go on side by side.
_candidates = itertools.count(random.SystemRandom().randrange(_A_WORKER))


def free_port() -> int:
    """A port of this machine that nobody listens on, and that nobody else gets."""
    for candidate in _candidates:
        port = _FIRST + _worker * _A_WORKER + candidate % _A_WORKER
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError
