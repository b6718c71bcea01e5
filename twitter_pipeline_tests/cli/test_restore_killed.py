"""A restore that is killed: the old or the new is there whole, or nobody opens anything before it is ended."""

from __future__ import annotations

import base64
import errno
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import placing, restore
from twitter_pipeline.cli.placing import BEFORE
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.store import pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.opening import RESTORING
from twitter_pipeline_tests.cli import restoring_process
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.stack import free_port
from twitter_pipeline_tests.support.world import MakeWorld, World

#: More than a restore has.
MOST_STEPS = 100
#: Commands that open a database, each in its own way.
COMMANDS = ("status", "up", "upgrade", "backup", "doctor", "rebuild", "resume --all", "db upgrade")


def write(here: World, mark: str) -> None:
    """Leave a mark in all that a backup holds; that in our database stands in its write-ahead log alone."""
    with writing(here.engine) as connection:
        pauses.pause(connection, "project", "cats", mark, now=utc_now())
    history = here.settings.home / "dagster" / "history"
    history.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(history / "runs.db")) as runs:
        runs.execute("CREATE TABLE IF NOT EXISTS t (mark)")
        runs.execute("DELETE FROM t")
        runs.execute("INSERT INTO t VALUES (?)", [mark])
        runs.commit()
    (here.settings.home / "secret.key").write_bytes(base64.urlsafe_b64encode(mark.ljust(32).encode()))


def kill(settings: Settings, file: Path, *, at: int = 1, of: str) -> None:
    """Begin a restore that is killed right before this call of a function."""
    process = restoring_process.start(settings, file, kill_at=at, of=of)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def elsewhere(here: World) -> Settings:
    """The same database with another data folder, as on another machine."""
    return here.settings.model_copy(update={"data_dir": here.settings.data_dir.with_name("elsewhere")})


def marks(here: World, part: str = "") -> set[str]:
    """The marks in what is there, or in what is kept as BEFORE: one, if it is whole."""
    folder = here.settings.home / part
    schema = f"pipeline_sandbox_{part}".rstrip("_")
    said = "SELECT reason FROM {} WHERE scope = 'project'"
    found = {base64.urlsafe_b64decode((folder / "secret.key").read_bytes()).decode().strip()}
    if here.settings.database_url is not None:
        with here.engine.connect() as connection:
            return {*found, connection.scalar(sa.text(said.format(f"{schema}.pauses")))}
    for name, question in (("pipeline.db", said.format("pauses")), ("dagster/history/runs.db", "SELECT mark FROM t")):
        with closing(sqlite3.connect(f"file:{folder / name}?mode=rw", uri=True)) as database:
            found |= {row[0] for row in database.execute(question)}
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_step_it_is_the_old_or_the_new_or_refused_and_the_next_restore_ends_it(
    world: MakeWorld, command: Callable[[World], Command], tmp_path: Path
) -> None:
    here = world(top={"dagster": {"port": free_port()}, "api": {"port": free_port()}})
    said, file = command(here), tmp_path / "backup.tar.gz"
    write(here, "backed up")
    assert said("backup", str(file)).code == 0
    refused = 0
    for step in range(1, MOST_STEPS):
        old = f"old {step}"
        write(here, old)
        process = restoring_process.start(here.settings, file, kill_at=step)
        process.join(60)
        assert process.exitcode in (0, -signal.SIGKILL)
        here.engine.dispose()
        if (here.settings.home / RESTORING).exists():
            for words in COMMANDS if refused == 0 else COMMANDS[:1]:
                answer = said(*words.split())
                assert answer.code != 0, words
                assert "twitter-pipeline restore FILE" in answer.err + " ".join(answer.out.split()), words
            refused += 1
        else:
            assert said("status").code in (0, 3)
            here.engine.dispose()
        if (here.settings.home / RESTORING).exists() or marks(here) == {old}:
            assert said("restore", str(file)).code == 0
        here.engine.dispose()
        assert (step, marks(here)) == (step, {"backed up"})
        assert (step, marks(here, BEFORE)) == (step, {old})
        if process.exitcode == 0:
            break
    else:
        pytest.fail("it never came to its end")
    assert refused > 5, step
    assert [path.name for path in here.settings.home.iterdir() if "restor" in path.name] == [BEFORE]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_keeps_a_restore_from_its_end_is_said_and_nothing_is_written_over(
    world: MakeWorld, command: Callable[[World], Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = world()
    said, file = command(here), str(tmp_path / "backup.tar.gz")
    write(here, "backed up")
    assert said("backup", file).code == 0
    write(here, "old")

    def refuse(part: Path, _to: Path) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(part))

    with monkeypatch.context() as patched:
        patched.setattr(placing, "_move", refuse)
        assert "pipeline.db: Read-only file system; mend that, then the same command again" in said("restore", file).err
    kept = here.settings.home / RESTORING / "before" / "pipeline.db"
    kept.write_bytes(b"moved there, and made anew since")
    assert f"{kept} was made by something else" in said("restore", file).err
    kept.unlink()

    answer = said("restore", file)

    assert answer.code == 0, answer.err
    assert "an earlier restore was cut off and is ended now" in answer.out
    here.engine.dispose()
    assert (marks(here), marks(here, BEFORE)) == ({"backed up"}, {"old"})


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_another_restore_left_half_loaded_is_not_put_into_place(
    world: MakeWorld, command: Callable[[World], Command], tmp_path: Path
) -> None:
    here = world()
    said, file = command(here), tmp_path / "backup.tar.gz"
    write(here, "backed up")
    assert said("backup", str(file)).code == 0
    write(here, "old")
    kill(here.settings, file, of="twitter_pipeline.cli.placing:end")
    kill(elsewhere(here), file, of="twitter_pipeline.store.copies:load_postgresql")

    answer = said("restore", str(file))

    assert (answer.code, answer.out) == (1, "")
    assert "another restore" in answer.err
    here.engine.dispose()
    assert marks(here) == {"old"}
    # As it says.
    (here.settings.home / RESTORING).rename(tmp_path / "moved")
    assert said("status").code in (0, 3)
    assert said("restore", str(file)).code == 0
    here.engine.dispose()
    assert (marks(here), marks(here, BEFORE)) == ({"backed up"}, {"old"})


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("call", "function"), [(1, "end"), (1, "_move"), (2, "_move")])
def test_a_database_that_another_restore_was_put_into_since_is_left_as_it_is(
    world: MakeWorld, command: Callable[[World], Command], tmp_path: Path, call: int, function: str
) -> None:
    here = world()
    said, file = command(here), tmp_path / "backup.tar.gz"
    write(here, "backed up")
    assert said("backup", str(file)).code == 0
    write(here, "old")
    kill(here.settings, file, at=call, of=f"twitter_pipeline.cli.placing:{function}")
    here.engine.dispose()
    restore.run(elsewhere(here), file)
    here.engine.dispose()
    with writing(here.engine) as connection:
        pauses.resume(connection, "all", "")
        pauses.pause(connection, "project", "cats", "went on", now=utc_now())
    keys = {path: path.read_bytes() for path in here.settings.home.rglob("secret.key")}

    answer = said("restore", str(file))

    assert (answer.code, answer.out) == (1, "")
    assert "another restore" in answer.err
    with reading(here.engine) as connection:
        assert [reason for _, _, reason, *_ in pauses.listing(connection)] == ["went on"]
    assert {path: path.read_bytes() for path in here.settings.home.rglob("secret.key")} == keys


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_that_all_is_paused_is_said_only_where_nobody_resumed_since_it_was_cut_off(
    world: MakeWorld, command: Callable[[World], Command], tmp_path: Path
) -> None:
    here = world()
    said, file = command(here), tmp_path / "backup.tar.gz"
    assert said("backup", str(file)).code == 0
    kill(here.settings, file, of="twitter_pipeline.cli.placing:_move")
    here.engine.dispose()
    with writing(here.engine) as connection:
        pauses.resume(connection, "all", "")

    answer = said("restore", str(file))

    assert answer.code == 0, answer.err
    assert "Everything is paused" not in answer.out
    assert "pause --all" in answer.out
