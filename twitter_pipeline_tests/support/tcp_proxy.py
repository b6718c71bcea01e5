"""A TCP proxy that breaks connections on request: between a client and the sandbox, or between us and PostgreSQL.

    with TcpProxy(sandbox.port) as proxy:
        proxy.next(reset_down(0))           # the next connection: acted, but not told
        proxy.mode = REFUSE                 # every new one, until told otherwise
        proxy.mode = Mixed({PASS: 8, BLACK_HOLE: 1, reset_up(200): 1}, seed=7)
        proxy.kill()                        # those that are open

It runs in a thread of its own and knows nothing of what it carries. Linux's loopback is assumed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TypeVar

from twitter_pipeline_tests.support.tcp_link import (
    BLACK_HOLE,
    PASS,
    REFUSE,
    End,
    Link,
    Mode,
    cut_down,
    delayed,
    reset_down,
    reset_up,
)

__all__ = ["BLACK_HOLE", "PASS", "REFUSE", "Mixed", "Mode", "TcpProxy", "cut_down", "delayed", "reset_down", "reset_up"]
T = TypeVar("T")
_CALL_SECONDS = 60


class Mixed:
    """A mode for each new connection, drawn by weight; the same seed draws the same ones."""

    def __init__(self, weights: Mapping[Mode, float], *, seed: int) -> None:
        self._modes, self._weights = list(weights), list(weights.values())
        self._random = random.Random(seed)

    def draw(self) -> Mode:
        return self._random.choices(self._modes, self._weights)[0]


class TcpProxy:
    """Carries connections to `target_port`. Safe to use from any thread; a setting holds once its call returns."""

    def __init__(self, target_port: int, *, host: str = "127.0.0.1") -> None:
        self._target = (host, target_port)
        # Bound and not listening: it keeps the port ours while nobody listens.
        self._holder = _bound(0)
        self.port: int = self._holder.getsockname()[1]
        self._mode: Mode | Mixed = PASS
        self._next: deque[Mode] = deque()
        self._links: set[Link] = set()
        self._counts: Counter[Mode] = Counter()
        self._listening: socket.socket | None = None
        self._accepting: set[asyncio.Task[object]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tcp-proxy", daemon=True)

    @property
    def mode(self) -> Mode | Mixed:
        """What becomes of new connections; those that are open keep the mode they began with."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode | Mixed) -> None:
        async def act() -> None:
            self._mode = mode
            await self._listen(mode != REFUSE)

        self._await(act)

    def next(self, *modes: Mode) -> None:
        """One mode each for the next connections; `mode` holds for those after them."""
        self._call(lambda: self._next.extend(modes))

    @property
    def connections(self) -> int:
        """How many are open now."""
        return self._call(lambda: len(self._links))

    @property
    def counts(self) -> Counter[Mode]:
        """How many connections have had each mode."""
        return self._call(lambda: Counter(self._counts))

    def kill(self) -> int:
        """Reset every open connection on both sides; how many there were."""
        return self._call(lambda: sum(link.reset() for link in list(self._links)))

    def freeze(self) -> int:
        """Let nothing more through on every open connection, not even its end; how many there were."""
        return self._call(lambda: sum(link.freeze() for link in list(self._links)))

    def start(self) -> TcpProxy:
        self._thread.start()
        self.mode = self._mode
        return self

    def close(self) -> None:
        """Reset what is open, and end."""
        self._await(lambda: self._listen(False))
        self._await(self._end_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._holder.close()

    def __enter__(self) -> TcpProxy:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, act: Callable[[], T]) -> T:
        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_SECONDS)

    def _await(self, act: Callable[[], object]) -> None:
        async def run() -> None:
            await act()  # type: ignore[misc]

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(_CALL_SECONDS)

    async def _listen(self, on: bool) -> None:
        if on and self._listening is None:
            self._listening = _bound(self.port)
            self._listening.setblocking(False)
            self._listening.listen(512)
            self._loop.add_reader(self._listening, self._accept)
        elif not on and self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _accept(self) -> None:
        """Take whoever waits. A server of asyncio's that is closed just then leaves them open, and nobody's."""
        assert self._listening is not None
        with contextlib.suppress(BlockingIOError, ConnectionAbortedError):
            client, _ = self._listening.accept()
            end = self._begin()
            task = self._loop.create_task(self._loop.connect_accepted_socket(lambda: end, client))
            self._accepting.add(task)
            task.add_done_callback(self._accepting.discard)

    async def _end_all(self) -> None:
        """Reset every connection, also those that are accepted just now: one left open warns in a later test."""
        while self._links:
            for link in list(self._links):
                link.reset()
            await asyncio.sleep(0.01)

    def _begin(self) -> End:
        mode = self._next.popleft() if self._next else self._mode
        mode = mode.draw() if isinstance(mode, Mixed) else mode
        self._counts[mode] += 1
        link = Link(mode, self._target, self._links)
        self._links.add(link)
        return link.client


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound
