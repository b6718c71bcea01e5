"""`dagster dev` in the root, as every Dagster user expects it to work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml

from twitter_pipeline.config import load
from twitter_pipeline.store.engine import connect, reading
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tasks import read, select
from twitter_pipeline_tests.support.dagster_api import Dagster
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path: Path, clip: Path) -> Path:
    """A root as a clone has it: the files Dagster reads, a config.yaml, and a clip with its words."""
    for name in ("workspace.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "cats").mkdir()
    shutil.copy(clip, tmp_path / "cats" / "cat.mp4")
    (tmp_path / "cats" / "cat.json").write_text('{"title": "Cat naps"}', encoding="utf-8")
    return tmp_path


@contextmanager
def dagster_dev(root: Path, home: Path | None) -> Iterator[tuple[Dagster, list[str]]]:
    """`dagster dev`, once it answers; its API, and what it prints."""
    port = free_port()
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DAGSTER_HOME", "PYTHONDONTWRITEBYTECODE")
    }
    if home is not None:
        home.mkdir()
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
        environment["DAGSTER_HOME"] = str(home)
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("dagster")), "dev", "-p", str(port)],
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    printed: list[str] = []

    def keep() -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            printed.extend(lines)

    threading.Thread(target=keep, daemon=True).start()
    dagster = Dagster(f"http://127.0.0.1:{port}")

    def answers() -> bool:
        assert process.poll() is None, "".join(printed)
        with suppress(OSError):
            nodes = dagster.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
            return bool(nodes["repositoriesOrError"].get("nodes"))
        return False

    try:
        wait_for(answers, 90, "dagster dev to answer")
        yield dagster, printed
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.soak
def test_sensors_post_and_a_sandbox_that_is_down_costs_nothing(root: Path, tmp_path: Path) -> None:
    port = free_port()
    config = {"sandbox": {"port": port}, "projects": [{"id": "cats", "path": "cats"}]}
    (root / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    settings = load(root / "config.yaml")
    with dagster_dev(root, tmp_path / "home") as (dagster, _):
        wait_for(
            lambda: "start it with: twitter-pipeline sandbox" in dagster.last_tick("scan_cats"), 60, "the tick to skip"
        )
        assert dagster.runs() == []
        with SandboxServer(tmp_path / "x", port=port) as sandbox:
            (post,) = wait_for(sandbox.posts, 60, "the clip to be posted")
            assert post["text"] == "Cat naps"
            with reading(connect(settings.sqlalchemy_url)) as connection:
                (task,) = read(connection, select())
            assert (task.attempt, task.retry_count) == (1, 0)
            run = dagster.launch("publish_cats", task.partition_key)
            assert dagster.wait_for_end(run) == "SUCCESS"
            assert len(sandbox.posts()) == 1
    assert task.status in (Status.RUNNING, Status.COMPLETED)


@pytest.mark.soak
def test_without_dagster_home_it_says_loudly_what_is_thrown_away(root: Path) -> None:
    config = {"sandbox": {"port": free_port()}, "projects": [{"id": "cats", "path": "cats"}]}
    (root / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with dagster_dev(root, None) as (_, printed):
        wait_for(lambda: any("DAGSTER_HOME is not set" in line for line in printed), 30, "the warning")


@pytest.mark.parametrize("command", [["check", "defs"], ["list", "defs"]])
def test_dg_knows_the_project(root: Path, tmp_path: Path, command: list[str]) -> None:
    shutil.copytree(ROOT / "twitter_pipeline", root / "twitter_pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    config = {"projects": [{"id": "cats", "path": "cats"}]}
    (root / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dg")), *command],
        cwd=root,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path), "COLUMNS": "200", "VIRTUAL_ENV": sys.prefix},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if command[0] == "list":
        assert "cats/tweets" in done.stdout
        assert "scan_cats" in done.stdout
