"""A worker that posts one item, and is killed at a given point: ``python -m … PROJECT PARTITION RUN POINT``.

Points are the moments right before and right after each commit, and right before and after the request that creates
the post, counted in the order they are reached. It prints how many there are when it is not killed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from twitter_pipeline.config import current
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.store.opening import open_store
from twitter_pipeline.x.session import Session as XSession


def main(project: str, partition: str, run_id: str, crash_at: int) -> None:
    count = itertools.count(1)
    reached = 0

    def point() -> None:
        nonlocal reached
        reached = next(count)
        if reached == crash_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function: Callable[..., Any], matters: Callable[..., bool]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            if not matters(*args):
                return function(*args, **kwargs)
            point()
            result = function(*args, **kwargs)
            point()
            return result

        return wrapped

    settings = current()
    engine = open_store(settings)
    engine.dialect.do_commit = around(engine.dialect.do_commit, lambda *_: True)  # type: ignore[method-assign]
    XSession.send = around(  # type: ignore[method-assign]
        XSession.send, lambda _session, request: request.method == "POST" and request.url.endswith("/2/tweets")
    )
    session = open_session(engine, settings, project, partition, Worker(run_id))
    if isinstance(session, Session):
        with session:
            post.publish(session)
    print(reached)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
