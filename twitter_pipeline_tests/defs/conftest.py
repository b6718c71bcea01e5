from __future__ import annotations

import itertools
import json
import logging
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._daemon.monitoring.run_monitoring import check_run_timeout

from twitter_pipeline.cli.up.instance import make_storage_schema, storage_url
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project
from twitter_pipeline.defs.register import register
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.outcomes import Posted
from twitter_pipeline.publishing.session import Session, Worker, open_session
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store.engine import connect
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.dagster_api import Dagster
from twitter_pipeline_tests.support.kept import Kept
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.world import MakeWorld

#: Each test takes one of its own, since a stack takes seconds to start.
PROJECTS = [f"p{number}" for number in range(1, 25)]
#: One more, whose words Gemini improves.
IMPROVED = "improved"
#: And one of albums and texts.
MIXED = "mixed"


class ByHand:
    """A running stack whose sensors are off, and one of its projects: a test launches as a person does."""

    def __init__(self, stack: Stack, project_id: str, clip: Path) -> None:
        self.stack = stack
        self.settings = stack.settings
        self.project: Project = self.settings.project(project_id)
        self.engine: sa.Engine = connect(self.settings.sqlalchemy_url)
        self.dagster: Dagster = stack.dagster
        self.sandbox: SandboxServer = stack.sandbox
        self.instance = dg.DagsterInstance.from_config(str(self.settings.home / "dagster"))
        self.job = f"publish_{project_id}"
        self._clip = clip

    def put(self, *names: str, **metadata: Any) -> list[Task]:
        """Put clips into the folder, and have them found and known to Dagster; their tasks."""
        self.project.path.mkdir(exist_ok=True)
        for name in names:
            path = self.project.path / f"{name}.mp4"
            shutil.copy(self._clip, path)
            with path.open("ab") as file:  # a free box: another file, the same film
                said = f"{self.project.id} {name}".encode()
                file.write((8 + len(said)).to_bytes(4, "big") + b"free" + said)
            words = {"title": f"{self.project.id} {name}", **metadata}
            path.with_suffix(".json").write_text(json.dumps(words), encoding="utf-8")
        self.scan()
        return [self.task(name) for name in names]

    def scan(self) -> None:
        """Find what lies in the folder, and tell Dagster."""
        now = utc_now()
        scan(self.engine, self.project, time_box=timedelta(seconds=20), now=now - self.project.stable_for)
        scan(self.engine, self.project, time_box=timedelta(seconds=20), now=now)
        register(self.instance, self.engine, self.project.id, now=now)

    def task(self, name: str) -> Task:
        """The task of the clip with this name, as it is now."""
        path = f"{name}.mp4"
        (found,) = [
            task for task in self.stack.tasks() if (task.project_id, task.media_path) == (self.project.id, path)
        ]
        return found

    def launch(self, task: Task) -> str:
        """Launch the item's partition; the run's id."""
        return self.dagster.launch(self.job, task.partition_key)

    def time_is_up(self, run_id: str) -> None:
        """Do what Dagster's monitoring does when the run has taken longer than `max_runtime_seconds`."""
        record = self.instance.get_run_record_by_id(run_id)
        assert record is not None
        check_run_timeout(self.instance, record, logging.getLogger(__name__), 0.001)

    def publish_elsewhere(self, task: Task) -> None:
        """Post an item without Dagster, as a worker of another kind would."""
        worker = Worker(f"elsewhere-{task.id}")
        session = open_session(self.engine, self.settings, task.project_id, task.partition_key, worker)
        assert isinstance(session, Session)
        with session:
            assert isinstance(post.publish(session), Posted)

    def posts(self, name: str) -> int:
        """How many posts of the clip stand on the timeline: the judge."""
        wanted = f"{self.project.id} {name}"
        return sum(post["text"].splitlines()[0] == wanted for post in self.sandbox.posts())

    def partitions(self) -> dict[str, set[str]]:
        return self.dagster.partition_statuses(self.project.id)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole pipeline, its sensors and schedules off: no run is there but a test's."""
    folder = tmp_path_factory.mktemp("stack")
    projects = []
    for name in PROJECTS:
        (folder / name).mkdir()
        projects.append({"id": name, "path": name, "account": name})
    (folder / IMPROVED).mkdir()
    sources = [{"type": "video", "gemini": True}]
    projects.append({"id": IMPROVED, "path": IMPROVED, "account": IMPROVED, "sources": sources})
    (folder / MIXED).mkdir()
    kinds = [{"type": "album"}, {"type": "text"}]
    projects.append({"id": MIXED, "path": MIXED, "account": MIXED, "sources": kinds})
    accounts = [{"name": name} for name in (*PROJECTS, IMPROVED, MIXED)]
    services = {"x": {"processing_timeout": "6 s"}, "gemini": {"timeout": "90 s"}}
    with Stack(folder, projects, accounts=accounts, dagster={"max_concurrent_runs": 4}, **services) as running:
        for name in (*PROJECTS, IMPROVED, MIXED):
            running.dagster.stop_sensor(f"scan_{name}")
        running.dagster.stop_schedules()
        yield running


@pytest.fixture(scope="session")
def _free_projects() -> Iterator[str]:
    return itertools.chain(PROJECTS)


@pytest.fixture
def by_hand(stack: Stack, _free_projects: Iterator[str], clip: Path) -> Iterator[ByHand]:
    """A project of the running stack that no other test uses."""
    yield from _by_hand(stack, next(_free_projects), clip)


@pytest.fixture
def improved(stack: Stack, clip: Path) -> Iterator[ByHand]:
    """The project whose words Gemini improves."""
    yield from _by_hand(stack, IMPROVED, clip)


@pytest.fixture
def mixed(stack: Stack, clip: Path) -> Iterator[ByHand]:
    """The project of albums and texts."""
    yield from _by_hand(stack, MIXED, clip)


def _by_hand(stack: Stack, project_id: str, clip: Path) -> Iterator[ByHand]:
    here = ByHand(stack, project_id, clip)
    here.dagster.stop_sensor(f"scan_{here.project.id}")  # again: see there
    yield here
    here.sandbox.clear_faults()
    here.instance.dispose()


@pytest.fixture
def kept(world: MakeWorld, tmp_path: Path) -> Iterator[Kept]:
    """A project, and a Dagster storage of the same kind that no test shares."""
    here = world(stable_for="0 s", max_retries=0)
    folder = tmp_path / "dagster"
    folder.mkdir()
    overrides: dict[str, Any] = {}
    if here.settings.database_url is not None:
        make_storage_schema(here.settings, here.engine)
        overrides["storage"] = {"postgres": {"postgres_url": storage_url(here.settings)}}
    with dg.instance_for_test(overrides, temp_dir=str(folder)) as instance:
        yield Kept(here, instance, folder)
