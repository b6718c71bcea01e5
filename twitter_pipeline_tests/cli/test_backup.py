"""Backup, restore and upgrade, with both databases and Dagster's storage beside ours."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.cli.up import home, instance
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import post
from twitter_pipeline.publishing.session import Session, Unavailable
from twitter_pipeline.store import pauses, schema
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import publishing_log
from twitter_pipeline_tests.cli.conftest import Command, call
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.older import RELEASED, make_older
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def _in_process(here: World, *arguments: str) -> str:
    """Run a command that loads Dagster in a process of its own."""
    command = [sys.executable, "-m", "twitter_pipeline.cli.main", *arguments, "--config", str(here.settings.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr
    return said.stdout + said.stderr


def _items_of_dagster(here: World, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The partitions that Dagster's storage knows."""
    with monkeypatch.context() as patched:
        for name, value in instance.environment(here.settings).items():
            patched.setenv(name, value)
        with dg.DagsterInstance.get() as storage:
            return set(storage.get_dynamic_partitions("cats_items"))


def _counts(here: World) -> dict[Status, int]:
    found = [task.status for task in here.tasks()]
    return {status: found.count(status) for status in set(found)}


def _put(here: World, *names: str) -> None:
    for name in names:
        here.put(f"{name}.mp4", title=f"The {name}")
    here.scan()


def test_after_a_restore_what_was_posted_since_is_found_and_nothing_goes_out_twice(
    world: MakeWorld, command: WithWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world(stable_for="0 s")
    said = command(here)
    _put(here, "first", "second", "third")
    here.publish(here.task_of("first.mp4"))
    _in_process(here, "rebuild")
    known = _items_of_dagster(here, monkeypatch)
    assert len(known) == 2  # the run of the first has yet to tell
    file = tmp_path / "backup.tar.gz"

    answer = said("backup", str(file))
    assert answer.code == 0, answer.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "IT HOLDS THE KEY" in answer.err
    key = (here.settings.home / "secret.key").read_bytes()

    here.publish(here.task_of("second.mp4"), run_id="run-2")
    _put(here, "fourth")
    here.publish(here.task_of("fourth.mp4"), run_id="run-4")
    _in_process(here, "rebuild")
    (here.settings.home / "secret.key").write_bytes(b"another")

    answer = said("restore", str(file))
    assert answer.code == 0, answer.err
    assert "reconcile" in answer.out
    assert (here.settings.home / "secret.key").read_bytes() == key
    assert _counts(here) == {Status.COMPLETED: 1, Status.PENDING: 2}
    assert _items_of_dagster(here, monkeypatch) == known
    here.engine.dispose()

    # It is paused; a person goes on without a look.
    with reading(here.engine) as connection:
        assert [scope for scope, *_ in pauses.listing(connection)] == ["all"]
    refused = here.open(here.task_of("third.mp4"))
    assert isinstance(refused, Unavailable)
    assert "reconcile" in refused.reason
    assert said("resume", "--all").code == 0
    here.scan()
    assert {task.media_path for task in here.tasks()} == {
        f"{name}.mp4" for name in ("first", "second", "third", "fourth")
    }
    for number, task in enumerate(here.tasks()):
        if task.status is not Status.COMPLETED:
            session = here.open(task, run_id=f"again-{number}")
            if isinstance(session, Session):
                _publish(session)
    assert sorted(here.posted_texts()) == ["The first", "The fourth", "The second", "The third"]
    assert _counts(here) == {Status.COMPLETED: 2, Status.UNCONFIRMED: 2}

    assert said("reconcile", "--yes").code == 0
    assert _counts(here) == {Status.COMPLETED: 4}
    assert len(here.sandbox.posts(deleted=True)) == 4


def _publish(session: Session) -> None:
    with session:
        post.publish(session)


def test_a_restored_database_goes_on_counting_where_it_was(
    world: MakeWorld, command: WithWorld, tmp_path: Path
) -> None:
    here = world()
    _put(here, "first")
    said, file = command(here), tmp_path / "backup.tar.gz"
    assert said("backup", str(file)).code == 0
    with reading(here.engine) as connection:
        last = connection.scalar(sa.select(sa.func.max(publishing_log.c.id)))
    assert said("restore", str(file)).code == 0
    here.engine.dispose()
    _put(here, "second")
    with reading(here.engine) as connection:
        assert connection.scalar(sa.select(sa.func.max(publishing_log.c.id))) > last


def test_while_it_is_written_to_it_is_backed_up_as_it_is_at_one_moment(
    world: MakeWorld, command: WithWorld, tmp_path: Path
) -> None:
    here = world()
    said, file = command(here), tmp_path / "backup.tar.gz"
    with home.locked(here.settings.home), writing(here.engine) as connection:
        pauses.pause(connection, "project", "cats", "not committed", now=utc_now())
        assert said("backup", str(file)).code == 0
        refused = said("restore", str(file))
    assert refused.code == 1
    assert "already running" in refused.err
    assert said("restore", str(file)).code == 0
    here.engine.dispose()
    with reading(here.engine) as connection:
        assert [scope for scope, *_ in pauses.listing(connection)] == ["all"]


def _without_list(content: bytes) -> bytes:
    return _rewritten(content, lambda name, data: None if name == "manifest.json" else data)


def _of_live(content: bytes) -> bytes:
    return _rewritten(content, lambda name, data: _changed(data, mode="live") if name == "manifest.json" else data)


def _newer(content: bytes) -> bytes:
    return _rewritten(content, lambda name, data: _changed(data, version="9999") if name == "manifest.json" else data)


def _other_key(content: bytes) -> bytes:
    return _rewritten(content, lambda name, data: b"x" * len(data) if name == "secret.key" else data)


def _changed(data: bytes, **changes: str) -> bytes:
    return json.dumps(json.loads(data) | changes).encode()


def _rewritten(content: bytes, change: Callable[[str, bytes], bytes | None]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(content)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            data = change(member.name, file.read())
            if data is not None:
                member.size = len(data)
                new.addfile(member, io.BytesIO(data))
    return made.getvalue()


def _leads_out(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        about = tarfile.TarInfo("../out")
        tar.addfile(about, io.BytesIO(b""))
    return made.getvalue()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"no backup at all", "cannot be read"),
        (lambda content: content[: len(content) // 2], "cannot be read"),
        (lambda content: gzip.compress(b"\0" * 10_000), "its list is missing"),
        (_without_list, "its list is missing"),
        (_other_key, "secret.key in it is not what was backed up"),
        (_leads_out, "which no backup does"),
        (_of_live, "it is of live mode"),
        (_newer, "upgrade it first"),
    ],
)
def test_a_wrong_or_damaged_file_changes_nothing(
    world: MakeWorld, command: WithWorld, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    here = world()
    said, file = command(here), tmp_path / "backup.tar.gz"
    assert said("backup", str(file)).code == 0
    file.write_bytes(damage(file.read_bytes()))
    _put(here, "since")

    answer = said("restore", str(file))
    assert answer.code == 1, answer.out
    assert reason in answer.err
    assert "nothing was changed" in answer.err
    here.engine.dispose()
    assert here.task().media_path == "since.mp4"
    with reading(here.engine) as connection:
        assert pauses.listing(connection) == []
    assert [path.name for path in here.settings.home.iterdir() if "restor" in path.name] == []
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_there_is_not_written_over(world: MakeWorld, command: WithWorld, tmp_path: Path) -> None:
    here = world()
    said = command(here)
    (tmp_path / "kept").write_text("mine")
    assert said("backup", str(tmp_path / "kept")).code == 2
    assert (tmp_path / "kept").read_text() == "mine"
    assert said("restore", str(tmp_path / "nothing")).code == 1
    answer = said("backup", str(tmp_path / "nowhere" / "file"))
    assert answer.code == 1
    assert "nowhere" in answer.err


def test_a_key_in_the_environment_is_not_in_it_and_that_is_said(
    world: MakeWorld, command: WithWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world()
    (here.settings.home / "secret.key").unlink()
    monkeypatch.setenv("TWITTER_PIPELINE_KEY", "A" * 43 + "=")
    answer = command(here)("backup", str(tmp_path / "file"))
    assert "is NOT in it" in answer.err
    with tarfile.open(tmp_path / "file") as tar:
        assert "secret.key" not in tar.getnames()


def test_nothing_is_there_to_back_up(settings: MakeSettings) -> None:
    answer = call("backup", "--config", str(settings().path))
    assert answer.code == 1
    assert "nothing to back up" in answer.err


def test_an_upgrade_of_the_previous_release_backs_up_and_brings_both_databases_up_to_date(
    world: MakeWorld, command: WithWorld
) -> None:
    here = world()
    _put(here, "first", "second")
    here.publish(here.task_of("first.mp4"))
    made, before = here.tasks(), max(version for version in RELEASED if version < schema.HEAD)
    make_older(here.engine, before)
    here.engine.dispose()

    said = _in_process(here, "upgrade")

    assert f"{before} → {schema.HEAD}" in said
    assert "Dagster's storage" in said
    assert schema.version(here.engine) == schema.HEAD
    assert here.tasks() == made
    (backup,) = (here.settings.data_dir / "backups").glob("*.tar.gz")
    # And back: the older backup is brought up to date as it is restored.
    _put(here, "third")
    here.engine.dispose()
    answer = command(here)("restore", str(backup))
    assert answer.code == 0, answer.err
    here.engine.dispose()
    assert schema.version(here.engine) == schema.HEAD
    assert here.tasks() == made


def test_an_upgrade_of_nothing_makes_both_databases(settings: MakeSettings, database_url: str) -> None:
    made = settings()
    command = [sys.executable, "-m", "twitter_pipeline.cli.main", "upgrade", "--config", str(made.path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert said.returncode == 0, said.stderr
    assert f"empty → {schema.HEAD}" in said.stdout
    engine = connect(made.sqlalchemy_url)
    assert schema.version(engine) == schema.HEAD
    assert not (made.data_dir / "backups").exists()
    engine.dispose()


def test_an_upgrade_refuses_while_the_pipeline_runs(world: MakeWorld, command: WithWorld) -> None:
    here = world()
    with home.locked(here.settings.home):
        answer = command(here)("upgrade")
    assert answer.code == 1
    assert "already running" in answer.err
    assert not (here.settings.data_dir / "backups").exists()
    assert os.environ.get("DAGSTER_HOME") is None
