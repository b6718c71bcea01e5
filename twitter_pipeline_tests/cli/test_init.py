"""`init`: a newcomer's own project, and the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from twitter_pipeline.cli.main import app
from twitter_pipeline.config import load
from twitter_pipeline_tests.cli.conftest import Said, call


def ask(*arguments: str, answers: str) -> Said:
    result = CliRunner().invoke(app, ["init", *arguments], input=answers)
    return Said(result.exit_code, result.stdout, result.stderr)


def test_three_questions_make_a_project_that_passes_the_check(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    said = ask(str(folder), answers="films of cats\n@Cat-Films!\nEurope/Berlin\n")
    assert said.code == 0, said
    assert said.out.count("?") == 3
    settings = load(folder / "config.yaml", environ={})
    (project,) = settings.projects
    assert (project.id, project.account, project.time_zone) == ("cat_films", "Cat_Films", "Europe/Berlin")
    assert project.path == folder / "films of cats"
    assert project.path.is_dir()
    assert [source.type for source in project.sources] == ["video", "image", "album", "text"]
    assert settings.mode == "sandbox"
    assert call("config", "check", "--config", str(folder / "config.yaml")).code == 0
    assert said.out.splitlines()[-1] == f"next: twitter-pipeline up --config {folder / 'config.yaml'}"


def test_without_questions_it_takes_what_is_proposed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    said = call("init", "--yes")
    assert said.code == 0
    (project,) = load(tmp_path / "config.yaml", environ={}).projects
    assert (project.id, project.path, project.time_zone) == ("my_posts", tmp_path / "media", "Asia/Tokyo")
    assert said.out.splitlines()[-1] == "next: twitter-pipeline up --config config.yaml"


@pytest.mark.parametrize(
    "path", ["clips: new", "#1", "${HOME}", "a 'b' \"c\"", "ünï", "@x", "- a", "no", " a", "12:30"]
)
def test_any_folder_s_name_is_written_so_that_it_is_read_again(tmp_path: Path, path: str) -> None:
    assert call("init", str(tmp_path), "--path", path, "--yes").code == 0
    (project,) = load(tmp_path / "config.yaml", environ={"HOME": "elsewhere"}).projects
    assert project.path == tmp_path / path
    assert project.path.is_dir()


@pytest.mark.parametrize("name", ["12", "@", "ü", "x" * 80, "a b", "_"])
def test_any_name_becomes_one_that_is_allowed(tmp_path: Path, name: str) -> None:
    assert call("init", str(tmp_path), "--name", name, "--yes").code == 0
    assert load(tmp_path / "config.yaml", environ={}).projects


def test_a_wrong_answer_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    said = call("init", str(tmp_path / "a"), "--time-zone", "Berlin", "--yes")
    assert said.code == 2
    assert "projects.0.time_zone: not an IANA time zone" in said.err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    said = call("init", str(tmp_path), "--yes")
    assert said.code == 2
    assert "nothing is written over" in said.err
    assert (tmp_path / "config.yaml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = call("init", str(tmp_path / "file" / "deep"), "--yes")
    assert said.code == 1
    assert "Not a directory" in said.err


def test_an_archive_is_pointed_out_and_its_texts_are_not_taken_for_posts(tmp_path: Path) -> None:
    media = tmp_path / "films"
    media.mkdir()
    for name in ("a.mp4", "readme.txt", ".hidden"):
        (media / name).touch()
    said = call("init", str(tmp_path), "--path", "films", "--yes")
    assert f"{media} holds 2 files already" in said.out
    assert "import-posted LIST" in said.out
    assert [source.type for source in load(tmp_path / "config.yaml").projects[0].sources] == ["video", "image", "album"]
    assert "# ignore_before: " in (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert sorted(path.name for path in media.iterdir()) == [".hidden", "a.mp4", "readme.txt"]


def test_every_line_it_leaves_as_a_comment_works_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/a.mp4").touch()
    call("init", str(tmp_path), "--yes")
    path = tmp_path / "config.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if line.startswith(("    # ", "      # "))]
    assert len(settings) == 5
    path.write_text("\n".join(line.replace("# ", "", 1) if line in settings else line for line in lines))
    (project,) = load(path).projects
    assert (project.after_post, project.max_per_day) == ("move posted", 10)
    assert project.ignore_before is not None
    assert project.sources[-1].type == "text"


def test_its_first_line_leads_the_editor_to_a_schema_that_it_fits(tmp_path: Path) -> None:
    call("init", str(tmp_path), "--yes")
    text = (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=config.schema.json"
    schema = json.loads((tmp_path / "config.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(yaml.safe_load(text))
    assert json.loads(call("config", "schema").out) == schema


def test_another_file_called_so_is_left_alone_and_not_pointed_to(tmp_path: Path) -> None:
    (tmp_path / "config.schema.json").write_text("{}")
    assert call("init", str(tmp_path), "--yes").code == 0
    assert "$schema" not in (tmp_path / "config.yaml").read_text(encoding="utf-8")
    assert (tmp_path / "config.schema.json").read_text() == "{}"
