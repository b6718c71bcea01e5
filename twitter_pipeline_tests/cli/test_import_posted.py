"""The command `import-posted`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from twitter_pipeline.cli.main import app
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]


def test_a_list_is_imported_and_what_cannot_be_is_named_with_its_line(
    world: MakeWorld, command: WithWorld, tmp_path: Path
) -> None:
    made = world()
    for name in ("a.mp4", "b.mp4"):
        made.put(name)
    posted = tmp_path / "posted.csv"
    posted.write_text("file,url\na.mp4,https://x.com/me/status/17\nb.mp4,\nc.mp4,\n", encoding="utf-8")
    run = command(made)
    assert run("import-posted", str(posted), "--dry-run").out.splitlines() == [
        "2 would be imported, 1 of them with their posts",
        f"  line 4: c.mp4: there is no such file in {made.folder}",
    ]
    assert made.tasks() == []
    said = run("import-posted", str(posted))
    assert said.code == 3
    assert said.out.splitlines()[0] == "2 imported, 1 of them with their posts"
    assert {task.status for task in made.tasks()} == {Status.COMPLETED}
    again = run("import-posted", str(posted), "--project", "cats", "--json").json
    assert (again["imported"], again["already"], len(again["wrong"])) == (0, 2, 1)


def test_a_list_may_come_from_another_program(world: MakeWorld) -> None:
    made = world()
    made.put("a.mp4")
    arguments = ["import-posted", "--config", str(made.settings.path)]
    result = CliRunner().invoke(app, arguments, input=json.dumps(["a.mp4"]))
    assert (result.exit_code, result.stdout) == (0, "1 imported\n")


def test_a_list_that_is_none_is_a_wrong_command_line(world: MakeWorld, command: WithWorld, tmp_path: Path) -> None:
    run = command(world())
    assert run("import-posted", str(tmp_path / "nowhere")).code == 2
    (tmp_path / "broken.json").write_text("[1,", encoding="utf-8")
    said = run("import-posted", str(tmp_path / "broken.json"))
    assert said.code == 2
    assert "line 1: no valid JSON" in said.err
