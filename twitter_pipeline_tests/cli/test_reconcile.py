"""The command `reconcile`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from twitter_pipeline.cli.up import supervisor
from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import foreign
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.cli.test_resolving import TIMELINE, lost
from twitter_pipeline_tests.sandbox.client import Account, data
from twitter_pipeline_tests.support.restored import back_up, restore
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def restored(world: MakeWorld, number: int = 3, **project: object) -> World:
    """Items were posted, and the database is from before that."""
    here = world(**project)
    for index in range(number):
        here.put(f"{index}.mp4", title=f"Cat {index}")
    here.scan()
    backup = back_up(here.engine)
    for task in here.tasks():
        here.publish(task, run_id=f"run {task.id}")
    restore(here.engine, backup)
    return here


def test_what_is_there_is_found_at_once(world: MakeWorld, command: WithWorld) -> None:
    here = lost(world)
    said = command(here)("reconcile")
    assert said.code == 0, said
    assert "found on the timeline" in said.out
    assert re.search(r"^read: \d posts? listed, \$0.00\d on X; here it is free$", said.out, re.MULTILINE)
    assert here.task().status is Status.COMPLETED


def test_what_is_not_there_is_told_with_what_follows(world: MakeWorld, command: WithWorld) -> None:
    here = lost(world, landed=False)
    said = command(here)("reconcile")
    assert said.code == 3
    assert "not on the timeline so far" in said.out
    assert "is unconfirmed: " in said.out


def test_an_older_copy_is_mended(world: MakeWorld, command: WithWorld) -> None:
    here = restored(world)
    posts = here.sandbox.posts()
    run = command(here)
    for arguments in (["--dry-run"], ["--dry-run", "--yes"], []):
        said = run("reconcile", *arguments)
        assert said.code == 3
        for task, post in zip(here.tasks(), reversed(posts), strict=True):
            url = f"{here.sandbox.url}/sandbox/status/{post['id']}"
            assert f"{task.partition_key} (pending) is on X: {url}, since 2" in said.out
        assert "nothing was changed" in said.out
        assert {task.status for task in here.tasks()} == {Status.PENDING}
    said = run("reconcile", "--yes")
    assert said.code == 0
    assert said.out.count("posted: ") == 3
    assert {task.status for task in here.tasks()} == {Status.COMPLETED}
    assert run("reconcile").out == "read: 0 posts listed, $0.000 on X; here it is free\n"
    assert here.sandbox.posts(deleted=True) == posts


def test_after_a_restore_publish_looks_before_it_posts(world: MakeWorld, command: WithWorld) -> None:
    here = restored(world, 1)
    here.looked_through()  # as the older copy says
    said = command(here)("publish", "0.mp4", "--now")
    assert said.code == 3
    assert "that is not known here" in said.err
    assert len(here.sandbox.posts(deleted=True)) == 1
    assert command(here)("reconcile", "--yes").code == 0


def test_a_start_has_every_timeline_looked_through(world: MakeWorld) -> None:
    here = world()
    here.looked_through()
    supervisor._prepare_database(here.settings).dispose()
    with reading(here.engine) as connection:
        assert accounts.by_name(connection, "sandbox").looked_at is None


def test_a_new_database_reads_all_there_is(
    world: MakeWorld, command: WithWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "PAGE", 5)
    here = restored(world, 8)
    run = command(here)
    assert run("reconcile", "--dry-run").out.count("is on X") == 5
    assert run("reconcile", "--dry-run", "--whole").out.count("is on X") == 8


def test_what_is_not_certain_is_left_to_a_person(world: MakeWorld, command: WithWorld) -> None:
    here = world(sources=[{"type": "text", "repeat": True}])
    (here.folder / "en_week.json").write_text(
        json.dumps({day: {"title": "Good morning"} for day in ("monday", "tuesday")}), encoding="utf-8"
    )
    here.scan()
    account = Account(here.sandbox.url, "sandbox")
    data(account.tweet("Good morning"))
    data(account.tweet("By hand"))
    said = command(here)("reconcile", "--yes")
    assert said.code == 3
    assert said.out.count("2 items have the words of this post; is it its own: twitter-pipeline tasks resolve") == 2
    assert "account sandbox: 1 post of its timeline is no item's here" in said.out
    assert {task.status for task in here.tasks()} == {Status.PENDING}


def test_a_timeline_that_cannot_be_read_changes_nothing(world: MakeWorld, command: WithWorld) -> None:
    here = restored(world, 1)
    here.sandbox.fault(TIMELINE, "status", status=503)
    said = command(here)("reconcile", "--yes")
    assert said.code == 3
    assert "account sandbox: its timeline could not be read" in said.out
    assert here.task().status is Status.PENDING


def test_without_leave_nothing_is_read(world: MakeWorld, command: WithWorld) -> None:
    said = command(world(x={"read_timeline": False}))("reconcile")
    assert (said.code, said.err) == (3, "nothing is read: x.read_timeline is no in config.yaml\n")


def test_only_what_is_chosen_is_changed(world: MakeWorld, command: WithWorld) -> None:
    here = restored(world, 1)
    assert command(here)("reconcile", "--project", "dogs").code == 2
    assert command(here)("reconcile", "--project", "cats", "--yes").code == 0
    with reading(here.engine) as connection:
        looked_at = accounts.by_name(connection, "sandbox").looked_at
    assert looked_at is not None
    assert abs(looked_at - utc_now()) < timedelta(minutes=1)
