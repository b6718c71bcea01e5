"""Items edited over the command line, and who did what by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from twitter_pipeline.cli.actor import VARIABLE
from twitter_pipeline.clock import utc_now
from twitter_pipeline.store import attempts
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.items import carry_out, read_lines
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives the commands here."""
    monkeypatch.setenv(VARIABLE, "ann")


def found(world: MakeWorld, **project: object) -> World:
    here = world(stable_for="0 s", **project)
    here.put("cat.mp4", title="Cat naps")
    here.scan()
    return here


def test_an_item_is_edited_shown_and_posted(world: MakeWorld, command: WithWorld) -> None:
    here = found(world, time_zone="Asia/Tokyo")
    run = command(here)
    edited = run("tasks", "edit", "cat.mp4", "--text", "-", "--at", "2030-01-01T18:00", stdin="My words\n")
    assert (edited.code, "My words" in edited.out, "text by ann" in edited.out) == (0, True, True)
    assert "wanted at 2030-01-01 09:00:00 UTC" in edited.out
    assert here.task().scheduled_time == datetime.fromisoformat("2030-01-01T09:00:00+00:00")
    (shown,) = run("preview", "cat.mp4", "--json").json
    assert (shown["draft"]["text"], shown["slot"]) == ("My words", "2030-01-01T09:00:00+00:00")
    here.publish()
    assert [posted["text"] for posted in here.sandbox.posts()] == ["My words"]
    late = run("tasks", "edit", "cat.mp4", "--text", "Other")
    assert (late.code, late.err) == (
        3,
        f"{here.task().partition_key}: nothing was changed: it is completed: it is posted\n",
    )


def test_all_edits_are_taken_back_at_once(world: MakeWorld, command: WithWorld) -> None:
    here = found(world)
    run = command(here)
    run("tasks", "edit", "cat.mp4", "--text", "Mine", "--at", "2030-01-01")
    assert run("tasks", "edit", "cat.mp4", "--undo").code == 0
    task = here.task()
    assert (task.edits, task.wanted_time, task.scheduled_time <= utc_now()) == (None, None, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to change"),
        (["--undo", "--text", "x"], "say what to change"),
        (["--at", "soon"], "'soon' is no time"),
        (["--text", "x" * 281], "--text weighs 281"),
        (["--alt-text", "A film"], "--alt-text is for pictures, and it has none"),
    ],
)
def test_what_cannot_be_changed_is_refused(
    world: MakeWorld, command: WithWorld, arguments: list[str], said: str
) -> None:
    refused = command(found(world))("tasks", "edit", "cat.mp4", *arguments)
    assert (refused.code, said in refused.err) == (2, True), refused


def test_the_log_names_who_did_something_with_an_item(world: MakeWorld, command: WithWorld) -> None:
    here = found(world)
    run, id = command(here), here.task().id
    carry_out(here.engine, id, Event.STOP)
    run("retry", "cat.mp4")
    run("publish", "cat.mp4", "--now")
    assert here.task().status is Status.COMPLETED
    did = [(line.action, line.actor) for line in read_lines(here.engine, id) if line.actor]
    assert did == [("retry", "ann"), ("asked", "ann")]
    assert "ann" in run("log", "cat.mp4").out


def test_who_settles_an_unconfirmed_item_or_imports_one_is_named(world: MakeWorld, command: WithWorld) -> None:
    here = found(world)
    here.send_and_die()
    run, id = command(here), here.task().id
    with writing(here.engine) as connection:
        attempts.look_for(connection, id, at=None)
    assert run("tasks", "resolve", str(id), "--not-posted", "--force").code == 0
    assert run("import-posted", stdin="cat.mp4\n").code == 0
    did = [(line.action, line.actor) for line in read_lines(here.engine, id) if line.actor]
    assert did == [("reopen", "ann"), ("import", "ann")]


def test_what_is_of_no_item_stands_in_a_log_of_its_own(world: MakeWorld, command: WithWorld) -> None:
    here = found(world, canary=True)
    run = command(here)
    run("pause", "--project", "cats", "--reason", "holiday")
    assert run("status", "--json").json["pauses"][0]["actor"] == "ann"
    assert "paused by ann (holiday)" in run("preview", "cat.mp4").out.replace("\n", " ")
    run("resume", "--project", "cats")
    run("resume", "--project", "cats")  # nothing to resume
    run("approve", "cats")
    run("user", "add", "bob")
    run("token", "create", "--name", "laptop", "--user", "bob")
    run("token", "revoke", "1")
    did = run("log", "--decisions", "--json").json
    assert [(one["action"], one["about"], one["message"]) for one in did] == [
        ("pause", "project cats", "holiday"),
        ("resume", "project cats", ""),
        ("approve", "project cats", ""),
        ("create", "user bob", ""),
        ("create", "token 1", "laptop of bob"),
        ("revoke", "token 1", ""),
    ]
    assert {one["actor"] for one in did} == {"ann"}
    assert datetime.fromisoformat(did[0]["created_at"]) > utc_now() - timedelta(minutes=5)
    assert "holiday" in run("log", "--decisions").out


def test_without_a_name_it_is_the_login_or_who_called_sudo(
    world: MakeWorld, command: WithWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    run = command(world())
    for variable in ("SUDO_USER", "LOGNAME"):
        monkeypatch.setenv(variable, f"by_{variable}")
        run("pause", "--all")
        monkeypatch.delenv(variable)
    assert [one["actor"] for one in run("log", "--decisions", "--json").json] == ["by_SUDO_USER", "by_LOGNAME"]
