"""Commands against a real database, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Project, Settings
from twitter_pipeline.publishing import due
from twitter_pipeline.store import accounts, pauses
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import alarms
from twitter_pipeline_tests.cli.conftest import Command, call
from twitter_pipeline_tests.conftest import MakeSettings
from twitter_pipeline_tests.support.captions import put_captions
from twitter_pipeline_tests.support.items import NOW, carry_out, read_lines, read_task
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def _move(world: World, event: Event) -> None:
    """Make moves on the only task until `event` was one of them."""
    task = world.task()
    if event in (Event.FAIL, Event.LOSE_TRACK):
        carry_out(world.engine, task.id, Event.CLAIM, now=utc_now())
    assert carry_out(world.engine, task.id, event, now=utc_now())


def test_help_names_every_command_and_the_exit_codes() -> None:
    said = call("--help")
    assert said.code == 0
    names = ["up", "scan", "preview", "status", "log", "pause", "resume", "retry", "sandbox", "rebuild", "config", "db"]
    assert [name for name in names if f"\n  {name} " not in said.out] == []
    for code in ("0 all is well", "1 it cannot start", "2 wrong command", "3 something failed"):
        assert code in " ".join(said.out.split())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom twitter_pipeline.cli.main import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('dagster', 'sqlalchemy', 'pandas', 'av', 'PIL', 'tweepy') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


def test_without_a_configuration_it_says_how_to_name_one() -> None:
    said = call("status", "--config", "nowhere.yaml")
    assert said.code == 1
    assert "--config PATH" in said.err
    assert said.out == ""


@pytest.mark.parametrize("arguments", [["nonsense"], ["status", "--nonsense"], ["log"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    assert call(*arguments).code == 2


def test_config_check_says_every_problem_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("mode: sandbocks\nprojects:\n  - {id: cats, path: cats, acount: a}\n")
    said = call("config", "check", "--config", str(path))
    assert said.code == 1
    assert [line.removeprefix(str(path)).split(": ")[0:2] for line in said.err.splitlines()] == [
        [":1:7", "mode"],
        [":3:28", "projects.0.acount"],
    ]
    answer = call("config", "check", "--json", "--config", str(path))
    assert answer.code == 1
    assert [(problem["line"], problem["key"]) for problem in answer.json["problems"]] == [
        (1, "mode"),
        (3, "projects.0.acount"),
    ]


def test_config_check_of_a_good_one_names_its_projects(world: MakeWorld, command: WithWorld) -> None:
    run = command(world())
    said = run("config", "check")
    assert (said.code, "sandbox mode, projects: cats" in said.out) == (0, True)
    assert run("config", "check", "--json").json == {"good": True, "problems": []}


def test_scan_with_wait_takes_what_lies_there(world: MakeWorld, command: WithWorld) -> None:
    made = world(stable_for="0 s")
    made.put(title="A cat")
    said = command(made)("scan", "--wait", "--json")
    assert said.code == 0
    assert {name: said.json["cats"][name] for name in ("found", "arriving", "whole")} == {
        "found": 1,
        "arriving": 0,
        "whole": True,
    }
    assert made.task().status is Status.PENDING


def test_scan_without_wait_leaves_new_files_for_the_next_look(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    said = command(made)("scan")
    assert "cats: 0 new, 1 still arriving" in said.out
    assert made.tasks() == []


def test_scan_of_a_folder_that_is_not_there_needs_a_person(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.folder.rmdir()
    said = command(made)("scan")
    assert said.code == 3
    assert f"the folder {made.folder} is not there" in said.out


def test_preview_shows_the_words_the_run_will_send_and_changes_nothing(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat", description="It sleeps.", hashtags=["cats"])
    made.scan()
    before, lines = made.task(), len(read_lines(made.engine, made.task().id))
    (shown,) = command(made)("preview", "--all", "--json").json
    assert made.task() == before
    assert len(read_lines(made.engine, before.id)) == lines
    assert shown["why_not"] == []
    assert shown["draft"]["media"][0]["media_type"] == "video/mp4"
    made.publish()
    assert made.posted_texts() == [shown["draft"]["text"]]
    assert shown["draft"]["text"].startswith("A cat")


def test_preview_for_people_shows_text_length_and_time(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    said = command(made)("preview", made.task().partition_key)
    assert said.code == 0
    for part in ("A cat", "of 280 characters", "video/mp4, 320 × 180, 1.0 s", "cat.json", "as sandbox, at "):
        assert part in said.out


def test_preview_shows_captions_labels_and_what_is_not_used(world: MakeWorld, command: WithWorld) -> None:
    made = world(sources=[{"made_with_ai": "when_enhanced"}])
    made.put(title="A cat", paid_partnership=True)
    put_captions(made.folder, "cat.de.srt")
    put_captions(made.folder, "cat.srt", "1\n00:00:00,000 --> 00:00:0x,000\nA cat.\n")
    made.scan()
    said = " ".join(command(made)("preview", "cat.mp4").out.replace("│", " ").split())
    for part in (
        "captions: Deutsch, 1 cue (cat.de.srt)",
        "not used: captions cat.srt: line 2: no times such as",
        "labels: paid_partnership, made_with_ai, if Gemini makes the words",
    ):
        assert part in said
    (shown,) = command(made)("preview", "cat.mp4", "--json").json
    assert shown["labels"] == ["paid_partnership"]
    assert [each["language"] for each in shown["draft"]["media"][0]["captions"]] == ["DE"]


def test_preview_says_why_an_item_does_not_go_out(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat").write_bytes(b"")
    made.scan()
    with writing(made.engine) as connection:
        pauses.pause(connection, "all", "", "holiday", now=utc_now())
    (shown,) = command(made)("preview", "--project", "cats", "--all", "--json").json
    assert command(made)("preview", "--project", "cats", "--json").json == [shown]
    assert shown["draft"] is None
    assert len(shown["why_not"]) == 2
    assert "empty" in shown["why_not"][0]
    assert "holiday" in shown["why_not"][1]


def test_preview_finds_the_same_file_posted_before(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put("one.mp4", different=False, title="A cat")
    made.scan()
    made.publish()
    made.put("two.mp4", different=False, title="The cat again")
    made.scan()
    (shown,) = command(made)("preview", "two.mp4", "--json").json
    assert shown["why_not"] == ["the same file as one.mp4, which is completed"]


def test_preview_keeps_the_pacing_before_any_tick_planned_it_and_plans_once(
    world: MakeWorld, command: WithWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world(min_interval="30 min")
    made.put("one.mp4", title="One")
    made.put("two.mp4", title="Two")
    made.scan()
    plan, planned = due.slots, list[str]()

    def slots(connection: sa.Connection, settings: Settings, project: Project, now: datetime) -> object:
        planned.append(project.id)
        return plan(connection, settings, project, now)

    monkeypatch.setattr(due, "slots", slots)
    first, second = command(made)("preview", "--all", "--json").json
    apart = datetime.fromisoformat(second["slot"]) - datetime.fromisoformat(first["slot"])
    assert apart == timedelta(minutes=30)
    assert planned == ["cats"]


@pytest.mark.parametrize("arguments", [[], ["x", "--all"], ["x", "--project", "cats"]])
def test_preview_wants_to_know_of_what(world: MakeWorld, command: WithWorld, arguments: list[str]) -> None:
    assert command(world())("preview", *arguments).code == 2


def test_status_counts_and_says_what_is_next(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    run = command(made)
    said = run("status", "--json")
    assert said.code == 0
    (project,) = said.json["projects"]
    assert project["counts"] == {"pending": 1}
    assert project["next_post"] is not None
    assert project["last_scan"] is not None
    assert "pending" in run("status").out


@pytest.mark.parametrize("event", [Event.FAIL, Event.LOSE_TRACK])
def test_status_ends_with_3_when_an_item_needs_a_person(world: MakeWorld, command: WithWorld, event: Event) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    _move(made, event)
    said = command(made)("status")
    assert said.code == 3
    assert f"needs you: cats: 1 {made.task().status}" in said.out


def test_status_shows_alarms_that_are_open(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    with writing(made.engine) as connection:
        row = {"scope": "", "value": 97.5, "threshold": 90, "over_since": NOW, "seen_at": NOW}
        connection.execute(sa.insert(alarms).values(name="memory", raised_at=NOW, **row))
        connection.execute(sa.insert(alarms).values(name="api_slow", **row))  # not for long enough yet
    said = command(made)("status")
    assert said.code == 0
    assert "memory is short: 97.5, threshold 90" in said.out
    assert [alarm["name"] for alarm in command(made)("status", "--json").json["alarms"]] == ["memory"]


def test_status_names_a_stopped_account_and_the_way_out(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    with writing(made.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X says 401")
    run = command(made)
    said = run("status")
    assert said.code == 3
    assert "X says 401" in said.out
    assert run("resume", "--account", "sandbox").code == 0
    assert run("status").code == 0


def test_log_tells_an_item_from_its_beginning(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    made.publish()
    run = command(made)
    actions = [line["action"] for line in run("log", "cat.mp4", "--json").json]
    assert (actions[0], actions[-1]) == ("found", "post")
    assert str(made.task().tweet_url) in run("log", str(made.task().id)).out


def test_an_item_is_named_by_a_beginning_that_is_its_own(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put("one.mp4", title="One")
    made.put("two_%.mp4", title="Two")
    made.scan()
    run = command(made)
    assert run("log", "two_%").code == 0
    assert run("log", "one").code == 0
    both = made.tasks()[0].partition_key[:10]
    several = run("log", both)
    assert several.code == 2
    assert all(task.partition_key in several.err for task in made.tasks())
    unknown = run("log", "%")
    assert (unknown.code, "there is no item '%'" in unknown.err) == (2, True)


def test_an_item_is_named_by_its_path_as_the_shell_completes_it(
    world: MakeWorld, command: WithWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world()
    monkeypatch.chdir(made.folder.parent)
    made.put("one.mp4", title="One")
    made.scan()
    run, name = command(made), made.folder.name
    assert run("log", f"{name}/one.mp4").code == 0
    assert run("log", str(made.folder / "one.mp4")).code == 0
    made.put("new.mp4", title="New")
    new = run("log", f"{name}/new.mp4")
    assert new.code == 2
    assert new.err.strip().endswith("a new file becomes one when it has stopped changing: twitter-pipeline scan --wait")


@pytest.mark.parametrize(
    ("scope", "row"),
    [
        (["--all"], ("all", "")),
        (["--account", "sandbox"], ("account", "sandbox")),
        (["--project", "cats"], ("project", "cats")),
    ],
)
def test_a_pause_holds_until_it_is_resumed(
    world: MakeWorld, command: WithWorld, scope: list[str], row: tuple[str, str]
) -> None:
    made = world()
    run = command(made)
    assert run("pause", *scope, "--reason", "holiday").code == 0
    with reading(made.engine) as connection:
        assert [(*pause[:2], pause[2]) for pause in pauses.listing(connection)] == [(*row, "holiday")]
        assert pauses.pause_reason(connection, project="cats", account="sandbox") is not None
    assert run("resume", *scope).out.startswith("resumed")
    with reading(made.engine) as connection:
        assert pauses.listing(connection) == []
    assert run("resume", *scope).out.startswith("nothing to resume")


@pytest.mark.parametrize("arguments", [[], ["--all", "--project", "cats"], ["--project", "cast"], ["--account", "x"]])
def test_a_pause_of_nothing_or_of_something_unknown_is_refused(
    world: MakeWorld, command: WithWorld, arguments: list[str]
) -> None:
    made = world()
    said = command(made)("pause", *arguments)
    assert said.code == 2
    assert said.err
    with reading(made.engine) as connection:
        assert pauses.listing(connection) == []


def test_resuming_everything_ends_what_a_killed_stop_left(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    with writing(made.engine) as connection:
        pauses.pause(connection, "all", pauses.STOPPING, pauses.STOPPING, now=utc_now())
    assert command(made)("resume", "--all").out.startswith("resumed")
    with reading(made.engine) as connection:
        assert pauses.listing(connection) == []


def test_retry_lets_a_failed_item_go_out(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    _move(made, Event.FAIL)
    assert command(made)("retry", "cat.mp4").code == 0
    task = made.task()
    assert (task.status, task.retry_count) == (Status.PENDING, 0)
    assert task.scheduled_time <= utc_now()


def test_what_may_be_on_x_is_not_retried(world: MakeWorld, command: WithWorld) -> None:
    made = world()
    made.put(title="A cat")
    made.scan()
    _move(made, Event.LOSE_TRACK)
    said = command(made)("retry", "cat.mp4")
    assert said.code == 3
    assert "is unconfirmed" in said.out
    assert read_task(made.engine, made.task().id).status is Status.UNCONFIRMED


def test_db_upgrade_makes_an_empty_database_usable(settings: MakeSettings) -> None:
    path = str(settings().path)
    assert "was empty" in call("db", "upgrade", "--config", path).out
    assert "was" not in call("db", "upgrade", "--config", path).out
    assert call("status", "--config", path).code == 0


def test_a_database_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("database_url: postgresql://me:hidden-word@127.0.0.1:1/none\n")
    said = call("status", "--config", str(path))
    assert said.code == 1
    assert "database_url" in said.err
    assert "hidden-word" not in said.err


def test_sandbox_is_refused_where_posts_go_elsewhere(world: MakeWorld, command: WithWorld) -> None:
    assert command(world())("sandbox").code == 2


def test_sandbox_names_the_setting_of_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (tmp_path / "config.yaml").write_text(f"sandbox: {{port: {other.getsockname()[1]}}}\n")
        said = call("sandbox", "--config", str(tmp_path / "config.yaml"))
    assert said.code == 1
    assert "set another with sandbox.port" in said.err


def test_json_goes_alone_to_standard_output(world: MakeWorld, command: WithWorld) -> None:
    made = world(stable_for="0 s")
    made.put(title="A cat")
    run = command(made)
    for arguments in (["scan", "--wait"], ["preview", "--all"], ["status"], ["log", "cat.mp4"], ["config", "check"]):
        json.loads(run(*arguments, "--json").out)


def test_status_says_in_a_line_what_thousands_of_items_are_skipped_for(world: MakeWorld, command: WithWorld) -> None:
    made = world(ignore_before="2026-01-01")
    for number in range(3):
        made.put(f"empty{number}.mp4").write_bytes(b"")
        os.utime(made.put(f"old{number}.mp4"), (number * 1e8, number * 1e8))
    os.utime(made.put("older.mp4"), (0, 0))
    made.scan()
    run = command(made)
    assert run("status", "--json").json["projects"][0]["skipped_for"] == {
        "last changed before the project's ignore_before": 4,
        "The file is empty": 3,
    }
    said = "cats skipped: last changed before the project's ignore_before (4); The file is empty (3)"
    assert said in run("status").out.splitlines()
    (shown,) = run("preview", "old1.mp4", "--json").json
    assert (shown["draft"], len(shown["why_not"])) == (None, 1)
