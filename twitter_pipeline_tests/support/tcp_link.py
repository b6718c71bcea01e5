"""What becomes of one connection through the TCP proxy (:mod:`.tcp_proxy`)."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass
from typing import Literal

# Closing such a socket resets the connection instead of ending it in order.
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Mode:
    """What becomes of a connection. Made by the names below."""

    kind: Literal["pass", "refuse", "black_hole", "reset_up", "reset_down", "cut_down", "delay"]
    #: Bytes of that direction that still get through; what would go beyond them breaks the connection.
    after: int = 0
    #: How much later everything arrives, in both directions.
    seconds: float = 0.0


PASS = Mode("pass")
#: Nobody listens. One drawn from `Mixed` or given to `next` is accepted and reset at once: its `connect` may succeed.
REFUSE = Mode("refuse")
#: Accepted, and what is sent goes nowhere: no connection to the target is made.
BLACK_HOLE = Mode("black_hole")


def reset_up(after: int) -> Mode:
    """Both sides reset with the first byte beyond `after` from the client; 0: nothing reaches the target."""
    return Mode("reset_up", after)


def reset_down(after: int) -> Mode:
    """Both sides reset with the first byte beyond `after` from the target; 0: it acted, and the client is not told."""
    return Mode("reset_down", after)


def cut_down(after: int) -> Mode:
    """The same, but for the client the connection ends in order, as if the target had said all."""
    return Mode("cut_down", after)


def delayed(seconds: float) -> Mode:
    return Mode("delay", seconds=seconds)


class Link:
    """One connection: its two ends, and how far what is said has got."""

    def __init__(self, mode: Mode, target: tuple[str, int], links: set[Link]) -> None:
        self.client, self.target = End(self), End(self)
        self._mode = mode
        self._target = target
        self._links = links
        self._silent = mode == BLACK_HOLE
        self._late: deque[tuple[End, bytes]] = deque()
        self._dialing: asyncio.Task[None] | None = None

    def opened(self, end: End) -> None:
        if end is self.target or self._silent:
            return
        if self._mode == REFUSE:
            self.reset()
            return
        end.pause(True)
        self._dialing = asyncio.get_running_loop().create_task(self._dial())

    async def _dial(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: self.target, *self._target)
        except OSError:
            self.reset()
        else:
            if self.client.closed:  # it left meanwhile
                self.target.abort()
            self.client.pause(False)
        finally:
            self._dialing = None
            self._forget_if_over()

    def said(self, end: End, data: bytes) -> None:
        """Pass on what `end` said; nothing is its end."""
        if self._silent:
            if not data:
                end.close()
            return
        if self._mode.kind == "delay":
            self._late.append((end, data))
            asyncio.get_running_loop().call_later(self._mode.seconds, self._say_next)
            return
        direction = {"reset_up": self.client, "reset_down": self.target, "cut_down": self.target}.get(self._mode.kind)
        if end is direction and end.passed + len(data) > self._mode.after:
            self._other(end).say(data[: self._mode.after - end.passed])
            if self._mode.kind == "cut_down":
                self.target.abort()
                self.client.close()
            else:
                self.reset()
            return
        end.passed += len(data)
        self._pass_on(end, data)

    def _say_next(self) -> None:
        end, data = self._late.popleft()
        if not self._silent:
            self._pass_on(end, data)

    def _pass_on(self, end: End, data: bytes) -> None:
        other = self._other(end)
        if data:
            other.say(data)
            return
        end.ended = True
        if other.ended:
            end.close()
            other.close()
        else:
            other.end()

    def lost(self, end: End, error: Exception | None) -> None:
        other = self._other(end)
        if not self._silent:
            other.close() if error is None else other.abort()
        self._forget_if_over()

    def _forget_if_over(self) -> None:
        """Not while the target is dialed: what comes of that is this link's to close."""
        if self._dialing is None and self.client.closed and self.target.closed:
            self._links.discard(self)

    def reset(self) -> bool:
        self.client.abort()
        self.target.abort()
        return True

    def freeze(self) -> bool:
        self._silent = True
        return True

    def full(self, end: End, full: bool) -> None:
        """`end` takes no more for now (or again): do not read on what is meant for it."""
        self._other(end).pause(full)

    def _other(self, end: End) -> End:
        return self.target if end is self.client else self.client


class End(asyncio.Protocol):
    """One side of a link. What is asked of it before it is open or after it is closed does nothing."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._transport: asyncio.Transport | None = None
        #: Bytes of it that were passed on.
        self.passed = 0
        #: It has said all.
        self.ended = False

    @property
    def closed(self) -> bool:
        return self._transport is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._link.opened(self)

    def data_received(self, data: bytes) -> None:
        self._link.said(self, data)

    def eof_received(self) -> bool:
        self._link.said(self, b"")
        return True  # it may still be spoken to

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._link.lost(self, error)

    def pause_writing(self) -> None:
        self._link.full(self, True)

    def resume_writing(self) -> None:
        self._link.full(self, False)

    def say(self, data: bytes) -> None:
        if self._transport and data:
            self._transport.write(data)

    def end(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def pause(self, pause: bool) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading() if pause else self._transport.resume_reading()

    def abort(self) -> None:
        """Reset the connection."""
        if self._transport:
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()
