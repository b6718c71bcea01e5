"""The whole pipeline for tests: `twitter-pipeline up` as a process, with all it starts, on free ports."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml

from twitter_pipeline.config import Settings, load
from twitter_pipeline.launching.channel import socket_path
from twitter_pipeline.store.engine import connect, reading
from twitter_pipeline.store.tasks import Task, read, select
from twitter_pipeline_tests.support.dagster_api import Dagster
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for


class Stack:
    """`up` for a configuration in `folder`; its data lies there too.

    ``with Stack(folder, projects=[…]) as stack: … stack.dagster.launch(…) … stack.sandbox.posts() …``
    """

    def __init__(self, folder: Path, projects: list[dict[str, Any]], **top: Any) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"
        ports = {name: {"port": free_port(), **top.pop(name, {})} for name in ("sandbox", "dagster", "api")}
        self.write_config({"projects": projects, **ports, **top})
        #: What `up` printed so far.
        self.output: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread()

    def write_config(self, content: Mapping[str, Any]) -> None:
        self.config.write_text(yaml.safe_dump(dict(content)), encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return load(self.config)

    @property
    def dagster(self) -> Dagster:
        return Dagster(self.settings.dagster.url)

    @property
    def sandbox(self) -> SandboxServer:
        """The sandbox `up` started, to be asked; not to be stopped."""
        return SandboxServer.at(self.settings.sandbox.url)

    @property
    def socket(self) -> Path:
        """Where its launcher listens; stands in the command line of all that it forks."""
        return socket_path(self.settings.home)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether `up` has ended."""
        return self._process is None or self._process.poll() is not None

    def start(self, *arguments: str) -> Stack:
        """Start `up` and return; `wait_until_up` waits."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "twitter_pipeline.cli.main", "up", "--config", str(self.config), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**environment, "COLUMNS": "200"},
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        return self

    def wait_until_up(self) -> Stack:
        """Wait until Dagster answers and has loaded our code."""
        wait_for(self._is_up, 90, "the pipeline to be up")
        return self

    def run_to_end(self, *arguments: str, seconds: float = 150) -> int:
        """Run `up` until it ends by itself; its exit code."""
        self.start(*arguments)
        return self.wait(seconds)

    def wait(self, seconds: float) -> int:
        """Wait for its end, and until all that it said is in `output`; its exit code."""
        assert self._process is not None
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"up did not end within {seconds} s; it said:\n" + "".join(self.output)) from None
        self._reader.join(10)
        return code

    def stop(self, seconds: float = 30) -> int:
        """Ctrl-C, and wait; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self.wait(seconds)

    def run_processes(self) -> list[psutil.Process]:
        """The processes of the runs under way."""
        return self._processes("tp-run")

    def service_process(self, name: str) -> psutil.Process:
        """The process of a service, such as `daemon`."""
        modules = {"sandbox": "twitter_pipeline.launching.service", "launcher": "twitter_pipeline.launching.server"}
        if name in modules:
            children = psutil.Process(self.pid).children()
            (process,) = [child for child in children if modules[name] in child.cmdline()]
        else:
            (process,) = self._processes(f"tp-{name}")
        return process

    def _processes(self, name: str) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.NoSuchProcess):  # a zombie is one, too
                if process.name() == name and str(self.socket) in process.cmdline():
                    found.append(process)
        return found

    def tasks(self) -> list[Task]:
        """All publishing tasks, oldest first."""
        with reading(connect(self.settings.sqlalchemy_url)) as connection:
            return read(connection, select())

    def wait_for_task(self, name: str, accept: Callable[[Task], bool], what: str, seconds: float = 60) -> Task:
        """Wait until the task of the file with this name is as wanted."""

        def found() -> Task | None:
            return next((task for task in self.tasks() if Path(task.media_path).name == name and accept(task)), None)

        return wait_for(found, seconds, f"{name} to be {what}")

    def __enter__(self) -> Stack:
        return self.start().wait_until_up()

    def __exit__(self, *_: object) -> None:
        # For the report of a test that failed: pytest shows what was printed while it was torn down.
        print(f"\nup (exit code {self._process and self._process.poll()}) said:\n{''.join(self.output[-200:])}")
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def _is_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError("up ended while starting; it said:\n" + "".join(self.output))
        with contextlib.suppress(OSError, urllib.error.URLError, KeyError, TypeError):
            answer = self.dagster.ask(
                "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } }"
                " repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
            )
            daemons = answer["instance"]["daemonHealth"]["allDaemonStatuses"]
            healthy = all(daemon["healthy"] for daemon in daemons if daemon["required"])
            return healthy and bool(answer["repositoriesOrError"]["nodes"])
        return False

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            self.output.extend(lines)
