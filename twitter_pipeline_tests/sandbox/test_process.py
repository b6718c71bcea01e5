"""The sandbox as a process: restarts, kills, quick stops, silence."""

from __future__ import annotations

import ast
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from twitter_pipeline_tests.sandbox.client import Account, data, message
from twitter_pipeline_tests.sandbox.conftest import mp4
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for

PACKAGE = Path(__file__).parents[2] / "twitter_pipeline" / "sandbox"


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twitter_pipeline.sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_posts_media_accounts_and_limits_survive_a_kill(tmp_path: Path) -> None:
    with SandboxServer(tmp_path / "x", processing_seconds=0) as sandbox:
        maker = Account(sandbox.url, "maker")
        content = mp4(filling=300_000)
        media_id = maker.upload(content, "tweet_video", "video/mp4", chunk=100_000)
        half = data(maker.initialize(len(content), "tweet_video", "video/mp4"))["id"]
        data(maker.append(half, 0, content[:1000]))
        post_id = data(maker.tweet("before the kill", media_id))["id"]
        before, user_id = sandbox.posts(), maker.id
        sandbox.account("maker", read_only=True)
        sandbox.stop(signal.SIGKILL)
        sandbox.start()
        assert sandbox.posts() == before
        assert maker.id == user_id
        assert maker.tweet("no permission").status_code == 403
        sandbox.account("maker", read_only=False)
        assert message(maker.tweet("before the kill"), 403).endswith("duplicate content.")
        data(maker.append(half, 1, content[1000:]))
        data(maker.finalize(half))
        after = maker.tweet("after the kill", half)
        assert int(data(after)["id"]) > int(post_id)
        # Counted on through the kill: two posts, one duplicate, and not the one without permission.
        assert after.headers["x-rate-limit-remaining"] == "97"


def test_every_post_accepted_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    with SandboxServer(tmp_path / "x") as sandbox:
        accepted: list[str] = []

        def post(thread: int) -> None:
            maker = Account(sandbox.url, f"maker{thread}")
            try:
                accepted.extend(data(maker.tweet(f"number {number}"))["id"] for number in range(90))
            except OSError:
                pass  # the kill

        threads = [threading.Thread(target=post, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        while len(accepted) < 60:
            assert any(thread.is_alive() for thread in threads)
        sandbox.stop(signal.SIGKILL)
        for thread in threads:
            thread.join()
        sandbox.start()
        assert set(accepted) <= {post["id"] for post in sandbox.posts()}


def test_cleared_state_is_gone_and_ids_go_on_rising(tmp_path: Path) -> None:
    with SandboxServer(tmp_path / "x") as sandbox:
        maker = Account(sandbox.url, "maker")
        media_id = maker.upload(mp4(), "tweet_video", "video/mp4")
        first = data(maker.tweet("cleared"))["id"]
        sandbox.account("maker", revoked=True)
        sandbox.clear()
        assert sandbox.posts() == []
        assert list((tmp_path / "x" / "media").iterdir()) == []
        assert maker.status(media_id).status_code == 400
        assert int(data(maker.tweet("cleared"))["id"]) > int(first)


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_soon_whatever_is_open(tmp_path: Path, sig: signal.Signals) -> None:
    with SandboxServer(tmp_path / "x", processing_seconds=0, limits=3) as sandbox:
        maker = Account(sandbox.url, "maker")
        assert maker.get("/2/users/me").headers["x-rate-limit-limit"] == "225"
        media_id = maker.upload(mp4(filling=8_000_000), "tweet_video", "video/mp4")
        sandbox.fault("POST /2/tweets", "delay", seconds=60)
        waiting = threading.Thread(target=_ignore_errors, args=(maker.tweet, "late"))
        waiting.start()
        wait_for(lambda: not sandbox.faults(), 20, "the request to have come")
        with (
            socket.create_connection(("127.0.0.1", sandbox.port)) as idle,
            socket.create_connection(("127.0.0.1", sandbox.port)) as player,
            socket.create_connection(("127.0.0.1", sandbox.port)) as half,
        ):
            idle.sendall(b"GET /sandbox/health HTTP/1.1\r\nhost: a\r\n\r\n")
            assert idle.recv(12) == b"HTTP/1.1 200"
            player.sendall(f"GET /media/{media_id} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
            assert player.recv(12) == b"HTTP/1.1 200"
            half.sendall(b"POST /2/tweets HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{")
            began = time.monotonic()
            assert sandbox.stop(sig) == 0
            assert time.monotonic() - began < 30, "seconds; without load it takes one, and what is open sixty"
        waiting.join()
        sandbox.start()
        assert sandbox.posts() == []


def _ignore_errors(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except OSError:
        return None  # nobody answers yet, or the stop closed the connection


def test_it_prints_nothing_while_it_serves(tmp_path: Path) -> None:
    with SandboxServer(tmp_path / "x") as elsewhere:
        port = elsewhere.port
    command = [sys.executable, "-m", "twitter_pipeline.sandbox", "--port", str(port), "--state", str(tmp_path / "x")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        maker = Account(f"http://127.0.0.1:{port}", "maker")
        wait_for(lambda: _ignore_errors(maker.get, "/2/users/me"), 60, "the sandbox to answer")
        data(maker.tweet("quiet"))
        sandbox = SandboxServer.at(maker.url)
        kinds = ("drop", "drop_after", "cut", "cut_body", "hang", "hang_after", "status_after", "duplicate")
        for kind in kinds:
            sandbox.fault("POST /2/tweets", kind)
            with maker.send(kind):
                wait_for(lambda: not sandbox.faults(), 10, "the request to have come")
        for kind in kinds * 3:  # by clients that do not wait: they are gone before the fault is played to its end
            sandbox.fault("POST /2/tweets", kind)
            maker.send(f"{kind}, gone").close()
            wait_for(lambda: not sandbox.faults(), 10, "the request to have come")
        landed = {None, *kinds} - {"drop", "hang"}
        wait_for(lambda: {post["fault"] for post in sandbox.posts()} == landed, 10, "the posts of the faults")
        process.terminate()
        output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == (b"", 0)


def test_a_port_in_use_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _run("--port", str(port), "--state", str(tmp_path / "x"))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"sandbox: cannot listen on 127.0.0.1:{port} (Address already in use); choose another port with --port\n"
    )
    assert not (tmp_path / "x").exists()


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = _run("--port", "0", "--state", str(tmp_path / "file" / "x"))
    assert (ended.returncode, str(tmp_path / "file" / "x") in ended.stderr) == (1, True)


def test_it_imports_nothing_of_ours_but_itself() -> None:
    modules = {
        name
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in _imported(node)
        if name.startswith((".", "twitter_pipeline"))
    }
    assert len(modules) > 10
    assert {name for name in modules if not name.startswith("twitter_pipeline.sandbox")} == set()


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." * node.level + f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_the_package_itself_imports_nothing_heavy() -> None:
    code = "import sys, twitter_pipeline.sandbox; print(sorted({'starlette', 'uvicorn', 'PIL'} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
