"""A process that changes the encryption key, and is killed at a point: ``python -m … URL HOME POINT``.

Points are right before and right after each commit, and before and after each file is linked or replaced, counted in
the order they are reached. It prints how many there are when it is not killed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twitter_pipeline.store import rotation
from twitter_pipeline.store.engine import connect


def main(url: str, home: Path, kill_at: int) -> None:
    count = itertools.count(1)
    reached = 0

    def point() -> None:
        nonlocal reached
        reached = next(count)
        if reached == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            point()
            result = function(*args, **kwargs)
            point()
            return result

        return wrapped

    engine = connect(url)
    engine.dialect.do_commit = around(engine.dialect.do_commit)  # type: ignore[method-assign]
    os.link = around(os.link)
    Path.replace = around(Path.replace)  # type: ignore[method-assign]
    rotation.rotate(engine, home, {})
    print(reached)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
