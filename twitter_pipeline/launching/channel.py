"""The socket to the server: one question and one answer a connection, each a line of JSON."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: A question holds a run's arguments, or a service's environment: some kilobytes.
MOST_BYTES = 1_000_000
#: Seconds to wait for the other side. A fork takes a few milliseconds, on a busy machine some more.
TIMEOUT = 20.0


class ServerAway(OSError):
    """Nobody listens at the socket."""


def socket_path(home: Path, service: str = "launcher") -> Path:
    """Where a service of a data folder listens: not in it, since a socket's path may have only about 100 bytes."""
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"twitter-pipeline-{os.getuid()}-{name}" / service


def listen(path: Path) -> socket.socket:
    """Listen at `path`, whose folder is made for this user alone. Raises OSError when it is somebody else's."""
    folder = path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Whoever may connect may start processes as this user.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} must be a folder of this user alone; remove it")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def ask(path: Path, question: dict[str, Any], files: Sequence[int] = ()) -> dict[str, Any]:
    """Send a question, and open files with it; the answer.

    Raises ServerAway when nobody listens, OSError or ValueError when there is no answer.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ServerAway(f"nobody listens at {path}") from error
        send(connection, question, files)
        answer, _ = receive(connection)
        return answer


def send(connection: socket.socket, message: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message; the files (their numbers) go with its first byte."""
    line = json.dumps(message).encode() + b"\n"
    sent = socket.send_fds(connection, [line[:1]], files) if files else 0
    connection.sendall(line[sent:])


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The message that comes, and the files with it, which are the caller's to close.

    Raises ValueError when it is no whole message, OSError when the other side is gone or silent.
    """
    line, files = b"", []
    try:
        while not line.endswith(b"\n"):
            received, more, _, _ = socket.recv_fds(connection, 65_536, 2)
            files += more
            line += received
            if not received or len(line) > MOST_BYTES:
                raise ValueError("the other side sent no whole message")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("the other side sent no object")
    except BaseException:
        for file in files:
            os.close(file)
        raise
    return message, files
