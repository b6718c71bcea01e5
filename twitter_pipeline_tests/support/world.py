"""A small world to publish in: a project folder, a database, the sandbox."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import post, reconciling
from twitter_pipeline.publishing.matching import text_key
from twitter_pipeline.publishing.outcomes import Outcome
from twitter_pipeline.publishing.reaper import reap
from twitter_pipeline.publishing.session import Session, Unavailable, Worker, open_session
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.store import accounts, attempts, defaults, tasks
from twitter_pipeline.store.attempts import Content
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_attempts, publishing_tasks
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.waiting import wait_for


@dataclass
class World:
    """The folder of one project, its database and the sandbox it posts to."""

    engine: sa.Engine
    settings: Settings
    sandbox: SandboxServer
    clip: Path

    @property
    def project(self) -> Project:
        return self.settings.projects[0]

    @property
    def folder(self) -> Path:
        return self.project.path

    def put(self, name: str = "cat.mp4", *, different: bool = True, **metadata: Any) -> Path:
        """Put a clip into the folder, with its words beside it when any are given. Its content is its own."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.clip, path)
        if different:  # a free box at the end changes the file, not the film
            said = name.encode()
            with path.open("ab") as file:
                file.write((8 + len(said)).to_bytes(4, "big") + b"free" + said)
        if metadata:
            path.with_suffix(".json").write_text(json.dumps(metadata), encoding="utf-8")
        return path

    def scan(self, now: datetime | None = None) -> ScanReport:
        """Two looks, far enough apart that what lies there is stable; the report of the second."""
        now = now or utc_now()
        scan(self.engine, self.project, time_box=timedelta(seconds=20), now=now - self.project.stable_for)
        return scan(self.engine, self.project, time_box=timedelta(seconds=20), now=now)

    def tasks(self) -> list[Task]:
        with reading(self.engine) as connection:
            return tasks.read(connection, tasks.select())

    def task(self) -> Task:
        """The only task there is."""
        (task,) = self.tasks()
        return task

    def open(self, task: Task | None = None, *, run_id: str = "run-1") -> Session | Unavailable:
        task = task or self.task()
        return open_session(self.engine, self.settings, task.project_id, task.partition_key, Worker(run_id))

    def publish(self, task: Task | None = None, *, run_id: str = "run-1") -> Outcome:
        """Take the task and post it, as a worker without Dagster does."""
        session = self.open(task, run_id=run_id)
        assert isinstance(session, Session), session
        with session:
            return post.publish(session)

    def send_and_die(self, task: Task | None = None) -> Session:
        """Take the task and write down that its post leaves; then the reaper comes. The holder, thought dead."""
        session = self.open(task, run_id="dead")
        assert isinstance(session, Session), session
        session.close()
        with writing(self.engine) as connection:
            content = Content("Cat naps", text_key("Cat naps"))
            attempts.prepare(connection, session.claim, content, account_id=session.account.id, now=utc_now())
            assert attempts.mark_sent(connection, session.claim, now=utc_now())
        self.let_leases_run_out()
        return session

    def let_leases_run_out(self) -> None:
        """Whoever works on something is taken for dead: what the reaper does then; Dagster knows no run."""
        with writing(self.engine) as connection:
            over = utc_now() - timedelta(seconds=1)
            connection.execute(
                sa.update(publishing_tasks).where(publishing_tasks.c.lease_until.is_not(None)).values(lease_until=over)
            )
        reads = self.settings.x.read_timeline
        reap(self.engine, self.project.id, instance="none", run_states=lambda _: [], now=utc_now(), read_timeline=reads)

    def looked_through(self, account: str = "sandbox") -> None:
        """The account's timeline was looked through since the start."""
        with writing(self.engine) as connection:
            accounts.looked_through(connection, accounts.by_name(connection, account).id, now=utc_now())

    def task_of(self, name: str) -> Task:
        """The task of the file with this name."""
        (task,) = [task for task in self.tasks() if task.media_path == name]
        return task

    def posted_texts(self) -> list[str]:
        """What stands on the timeline, oldest first: the judge of every test."""
        return [one["text"] for one in reversed(self.sandbox.posts())]

    def attempt_states(self) -> list[str]:
        with reading(self.engine) as connection:
            columns = publishing_attempts.c
            return list(connection.scalars(sa.select(columns.state).order_by(columns.task_id, columns.number)))

    def look(self, now: datetime | None = None) -> list[str]:
        """Read the timelines for which that is due, as a tick does."""
        return reconciling.look_where_due(self.engine, self.settings, now=now or utc_now())

    def look_until_settled(self, task: Task | None = None) -> list[str]:
        """Tick until the task is no longer unconfirmed; what the looks said."""
        task, said = task or self.task(), list[str]()

        def settled() -> bool:
            said.extend(self.look())
            with reading(self.engine) as connection:
                return tasks.get(connection, task.id).status is not Status.UNCONFIRMED

        wait_for(settled, 20, "the item to be settled")
        return said

    def may_be_on_x(self) -> bool:
        with reading(self.engine) as connection:
            return attempts.may_be_on_x(connection, self.task().id)


MakeWorld = Callable[..., World]


def declare(engine: sa.Engine, settings: Settings) -> None:
    """Put the rows of the settings into the database, as start-up does."""
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home, {}), now=utc_now())
