"""The socket through which processes are started: for one user alone, and nothing that comes through it breaks it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from twitter_pipeline.launching.channel import MOST_BYTES, ServerAway, ask, listen, socket_path
from twitter_pipeline_tests.support.waiting import wait_for

NO_PID = b'{"do": "look at service", "pid": null}\n'
LOOK = {"do": "look at run", "run_id": "none"}


@pytest.fixture
def path() -> Iterator[Path]:
    """Where a socket may lie: pytest's own folders have too long a name."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "mine" / "launcher"


@pytest.fixture(scope="module")
def process() -> Iterator[tuple[Path, psutil.Process]]:
    """A server under way: where it listens, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine" / "launcher"
        command = [sys.executable, "-m", "twitter_pipeline.launching.server", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as process:
            wait_for(lambda: _answers(path), 60, "the server to answer")
            yield path, psutil.Process(process.pid)
            assert process.poll() is None
            assert process.stdin is not None
            process.stdin.close()  # as when `up` has died
            assert process.wait(10) == 0
        assert not path.parent.exists()


def _answers(path: Path) -> bool:
    try:
        ask(path, LOOK)
    except ServerAway:  # the socket is there a moment before it listens
        return False
    return True


@pytest.fixture
def server(process: tuple[Path, psutil.Process]) -> Path:
    """Where a server listens."""
    return process[0]


def test_a_data_folder_has_a_socket_of_its_own_with_a_short_name(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 200) / ("e" * 200)
    assert len(os.fsencode(socket_path(deep))) < 100
    assert socket_path(deep) != socket_path(tmp_path)
    assert socket_path(deep) == socket_path(deep)


def test_only_its_user_may_reach_it(path: Path) -> None:
    with listen(path):
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_enter_is_refused(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    with pytest.raises(PermissionError, match="must be a folder of this user alone"):
        listen(path)


def test_a_link_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    path.parent.symlink_to(tmp_path)
    with pytest.raises(PermissionError):
        listen(path)


def test_what_a_dead_server_left_behind_is_replaced(path: Path) -> None:
    listen(path).close()
    with pytest.raises(ServerAway):
        ask(path, LOOK)
    with listen(path):
        assert path.is_socket()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"no JSON\n",
        b"[]\n",
        b'"text"\n',
        b"{}\n",
        b'{"do": "dance", "run_id": "1"}\n',
        b'{"do": "serve"}\n',
        NO_PID,
        b"half",
    ],
)
def test_whatever_is_said_the_server_goes_on(server: Path, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server))
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert ask(server, LOOK) == {"state": "unknown"}


def test_it_has_one_thread_since_a_fork_copies_locks_as_they_are(process: tuple[Path, psutil.Process]) -> None:
    assert process[1].num_threads() == 1


def test_a_question_without_end_is_given_up(server: Path) -> None:
    with pytest.raises((OSError, ValueError)):
        ask(server, {**LOOK, "more": "x" * MOST_BYTES})
    assert ask(server, LOOK) == {"state": "unknown"}


def test_who_says_nothing_holds_nobody_up_for_long(server: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(server))
        assert ask(server, LOOK) == {"state": "unknown"}
