"""`twitter-pipeline up` from start to end: real processes, a real folder, judged by what stands on the timeline."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml

from twitter_pipeline_tests.alerting.receivers import webhook
from twitter_pipeline_tests.cli.conftest import call
from twitter_pipeline_tests.end_to_end.projects import put
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MakeStack = Callable[..., Stack]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A pipeline over the folder `cats`, not started."""
    (tmp_path / "cats").mkdir()
    return Stack(tmp_path, [{"id": "cats", "path": "cats"}])


def _posts(stack: Stack) -> list[str]:
    """What stands on the timeline, read with the pipeline down: a sandbox of our own over the same state."""
    with SandboxServer(stack.settings.home / "x") as sandbox:
        return sorted(post["text"] for post in sandbox.posts())


def _family(stack: Stack) -> list[psutil.Process]:
    """All processes `up` has started, those of runs included."""
    return psutil.Process(stack.pid).children(recursive=True)


def _alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; one whose parent was killed may wait a moment for init to clear it away."""
    alive = []
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process)
    return alive


def _said(stack: Stack) -> str:
    return "".join(stack.output)


def test_until_idle_posts_what_lies_there_and_says_what_became_of_it(stack: Stack, tmp_path: Path, clip: Path) -> None:
    put(clip, tmp_path / "cats", "one.mp4", title="The first cat")
    put(clip, tmp_path / "cats", "two.mp4", title="The second cat")
    put(clip, tmp_path / "cats", "broken.mp4", title="No cat").write_bytes(b"")
    assert stack.run_to_end("--until-idle") == 0
    assert _posts(stack) == ["The first cat", "The second cat"]
    table = [line.split() for line in _said(stack).split("stopped\n")[-1].splitlines()]
    assert table[0] == ["item", "status", "post", "seconds", "reason"]
    assert sorted(row[1] for row in table[1:]) == ["completed", "completed", "skipped"]
    assert "0 bytes" in _said(stack) or "empty" in _said(stack)
    for word in ("found", "queued", "posted"):
        assert f" {word} " in _said(stack)


@pytest.mark.soak
def test_until_idle_ends_with_3_and_tells_somebody_when_x_refuses_an_item(
    stack: Stack, tmp_path: Path, clip: Path
) -> None:
    put(clip, tmp_path / "cats", "one.mp4", title="The same words")
    put(clip, tmp_path / "cats", "two.mp4", title="The same words")
    with webhook() as hook:
        content = yaml.safe_load(stack.config.read_text(encoding="utf-8"))
        content["projects"][0]["sources"] = [{"type": "video", "same_words": "post"}]
        stack.write_config({**content, "alerts": {"urls": [hook.url()], "disk_free_percent": 0}})
        assert stack.run_to_end("--until-idle") == 3
        wait_for(lambda: hook.got, 20, "the message: what sends it may outlive `up`")
    assert hook.titles == ["cats: 1 item failed"]
    assert _posts(stack) == ["The same words"]
    assert sorted(task.status.value for task in stack.tasks()) == ["completed", "failed"]


def test_ctrl_c_leaves_no_process_and_a_second_start_posts_nothing_twice(
    stack: Stack, tmp_path: Path, clip: Path
) -> None:
    for number in range(6):
        put(clip, tmp_path / "cats", f"{number}.mp4", title=f"Cat {number}")
    stack.start().wait_until_up()
    wait_for(lambda: stack.sandbox.posts(), 60, "the first post")
    family = _family(stack)
    assert stack.stop() == 0
    assert _alive(family) == []
    before = _posts(stack)
    assert len(before) >= 1
    assert stack.run_to_end("--until-idle") == 0
    assert _posts(stack) == [f"Cat {number}" for number in range(6)]
    assert [task.retry_count for task in stack.tasks()] == [0] * 6


def test_a_second_ctrl_c_ends_it_at_once(stack: Stack) -> None:
    stack.start().wait_until_up()
    family = _family(stack)
    process = psutil.Process(stack.pid)
    # A daemon that cannot end: only being killed helps.
    stack.service_process("daemon").suspend()
    process.send_signal(signal.SIGINT)
    wait_for(lambda: "stopping" in _said(stack), 30, "the stop to begin")
    process.send_signal(signal.SIGINT)
    assert stack.wait(60) == 0
    assert _alive(family) == []


@pytest.mark.soak
@pytest.mark.parametrize("service", ["code-server", "launcher"])
def test_a_service_killed_while_everything_starts_is_started_again(stack: Stack, service: str) -> None:
    stack.start()
    wait_for(lambda: "launcher is up" in _said(stack), 30, "the launcher")

    def killed() -> bool:
        with contextlib.suppress(ValueError, psutil.NoSuchProcess):
            stack.service_process(service).kill()
            return True
        return False

    wait_for(killed, 30, f"a {service} to kill")
    # All may answer before its death is seen.
    wait_for(lambda: f"{service} was started again" in _said(stack), 60, f"{service} to be started again")
    stack.wait_until_up()
    assert stack.stop() == 0


@pytest.mark.soak
def test_killed_it_takes_everything_along_and_starts_again(stack: Stack, tmp_path: Path, clip: Path) -> None:
    stack.start().wait_until_up()
    family = _family(stack)
    psutil.Process(stack.pid).kill()
    stack.wait(30)
    wait_for(lambda: not _alive(family), 60, "all it had started to end")
    put(clip, tmp_path / "cats", "one.mp4", title="Afterwards")
    assert stack.run_to_end("--until-idle") == 0
    assert _posts(stack) == ["Afterwards"]


def test_a_port_in_use_ends_it_before_anything_is_started(stack: Stack) -> None:
    port = stack.settings.dagster.port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        assert stack.run_to_end(seconds=60) == 1
    assert f"port {port} on 127.0.0.1 is in use; set another with dagster.port" in _said(stack)
    assert list((stack.settings.home / "logs").iterdir()) == []
    assert not (stack.settings.home / "pipeline.db").exists()


def test_a_service_that_cannot_start_is_shown_with_its_last_words(stack: Stack) -> None:
    state = stack.settings.home / "x"
    state.mkdir(parents=True)
    (state / "x.db").write_text("this is no database, but a file that somebody put here")
    assert stack.run_to_end(seconds=60) == 1
    assert "sandbox ended with exit code" in _said(stack)
    assert "file is not a database" in _said(stack)
    assert "Dagster   http" not in _said(stack)


@pytest.mark.soak
def test_what_a_person_paused_stays_paused_over_a_restart(stack: Stack, tmp_path: Path, clip: Path) -> None:
    put(clip, tmp_path / "cats", "one.mp4", title="Held back")
    assert call("pause", "--all", "--config", str(stack.config)).code == 0
    assert stack.run_to_end("--until-idle") == 0
    assert stack.run_to_end("--until-idle") == 0
    assert _posts(stack) == []
    assert call("resume", "--all", "--config", str(stack.config)).code == 0
    assert stack.run_to_end("--until-idle") == 0
    assert _posts(stack) == ["Held back"]
