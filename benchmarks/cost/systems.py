"""The systems that are measured: each posts the same clips, as an account of its own, to the same sandbox."""

from __future__ import annotations

import collections
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from benchmarks.cost.tree import Tree, environment
from twitter_pipeline.cli.up import dagster_api, readiness
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import free_port
from twitter_pipeline_tests.support.waiting import wait_for

#: How long a system is left alone to see what doing nothing costs, in seconds.
IDLE = 20.0
#: How many posts the bare script makes at the same time.
AT_ONCE = 2


@dataclass(frozen=True)
class Cost:
    """What one system cost."""

    name: str
    posts: int
    #: CPU-seconds by part, of all posts together.
    cpu: collections.Counter[str]
    #: Seconds from the first post to the last one.
    seconds: float
    #: Bytes of memory by part when it was the most, and the number of processes then.
    peak: collections.Counter[str]
    processes: collections.Counter[str]
    #: The machine's load (of one minute) before: above 0.5 somebody else was at work too.
    load: float
    #: Seconds from the moment a file appears until its post, one file after the other.
    latencies: Sequence[float] = ()
    #: CPU-seconds and seconds until everything answers.
    start: tuple[float, float] | None = None
    #: The share of a core that doing nothing takes.
    idle: float | None = None

    @property
    def cpu_a_post(self) -> float:
        """CPU-seconds a post."""
        return sum(self.cpu.values()) / self.posts

    @property
    def posts_a_minute(self) -> float:
        """How many posts a minute are made while there are enough."""
        return (self.posts - 1) / self.seconds * 60

    @property
    def latency(self) -> str:
        """The median and the longest, in words."""
        if not self.latencies:
            return "–"
        return f"{statistics.median(self.latencies):.1f} s / {max(self.latencies):.1f} s"


def measure_bare(work: Path, clips: Sequence[Path], sandbox: SandboxServer) -> Cost:
    """The script without anything, started once a file, two at a time."""
    user = "bare"
    listed = work / "clips.txt"
    listed.write_text("\n".join(map(str, clips)))
    each = [sys.executable, "-m", "benchmarks.cost.bare"]
    env = environment({"X_URL": sandbox.url, "X_USER": user})
    load = os.getloadavg()[0]
    tree = Tree(["xargs", "-a", str(listed), "-P", str(AT_ONCE), "-n", "1", *each], work / "bare.log", env)
    with tree.watched():
        cpu = collections.Counter({"runs": tree.wait()})
    return Cost("bare script", len(clips), cpu, _seconds(sandbox, user), tree.peak, tree.processes, load)


class Up:
    """`twitter-pipeline up` with one project, whose folder is empty at first."""

    def __init__(
        self, name: str, user: str, work: Path, sandbox: SandboxServer, *, module: str, runs: int, env: dict[str, str]
    ) -> None:
        self.name = name
        self._user = user
        self._sandbox = sandbox
        self._media = work / user / "media"
        self._media.mkdir(parents=True)
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        self._config = work / user / "config.yaml"
        self._config.write_text(
            yaml.safe_dump(
                {
                    "x": {"base_url": sandbox.url},
                    "dagster": {"port": port, "max_concurrent_runs": runs},
                    "api": {"port": free_port()},
                    "accounts": [{"name": user}],
                    "projects": [{"id": "bench", "path": "media"}],
                }
            )
        )
        self._command = [sys.executable, "-m", "benchmarks.cost.up", module, "up", "--config", str(self._config)]
        self._output = work / user / "output.log"
        self._env = environment(env)

    def measure(self, clips: Sequence[Path], one_by_one: Sequence[Path]) -> Cost:
        """Start it, drop `clips` all at once and then `one_by_one` when it has nothing to do, and stop it."""
        load = os.getloadavg()[0]
        began = time.time()
        tree = Tree(self._command, self._output, self._env)
        try:
            self._wait_for(readiness.daemons_live(self._url, since=began), tree, 120)
            start = (sum(tree.cpu().values()), time.time() - began)
            idle = self._do_nothing(tree)
            with tree.watched():
                before = tree.cpu()
                for clip in clips:
                    self._drop(clip)
                self._wait_until_posted(len(clips), tree)
                cpu = tree.cpu()
                cpu.subtract(before)
                seconds = _seconds(self._sandbox, self._user)
                latencies = [self._time_of(clip, len(clips) + index, tree) for index, clip in enumerate(one_by_one, 1)]
        finally:
            tree.stop()
        return Cost(self.name, len(clips), cpu, seconds, tree.peak, tree.processes, load, latencies, start, idle)

    @staticmethod
    def _do_nothing(tree: Tree) -> float:
        before, since = sum(tree.cpu().values()), time.monotonic()
        time.sleep(IDLE)
        return (sum(tree.cpu().values()) - before) / (time.monotonic() - since)

    def _drop(self, clip: Path) -> float:
        """Let a clip with its words appear in the folder, whole; when (Unix seconds)."""
        for path in (clip.with_suffix(".json"), clip):
            os.link(path, self._media / path.name)
        return time.time()

    def _wait_until_posted(self, posts: int, tree: Tree) -> None:
        """Wait until that many posts are out and the runs that made them have ended."""
        self._wait_for(lambda: len(self._sandbox.posts(self._user)) >= posts, tree, 60 + posts * 15)
        self._wait_for(lambda: not dagster_api.runs_under_way(self._url), tree, 60)

    def _time_of(self, clip: Path, posts: int, tree: Tree) -> float:
        dropped = self._drop(clip)
        self._wait_until_posted(posts, tree)
        return _times(self._sandbox, self._user)[-1] - dropped

    @staticmethod
    def _wait_for(answers: readiness.Check, tree: Tree, seconds: float) -> None:
        def look() -> bool:
            tree.check()
            try:
                return answers()
            except OSError:
                return False

        wait_for(look, seconds, "the system")


def _times(sandbox: SandboxServer, user: str) -> list[float]:
    """When the account's posts were made (Unix seconds), ascending."""
    made = (post["created_at"].replace("Z", "+00:00") for post in sandbox.posts(user))
    return sorted(datetime.fromisoformat(moment).timestamp() for moment in made)


def _seconds(sandbox: SandboxServer, user: str) -> float:
    times = _times(sandbox, user)
    return times[-1] - times[0]
