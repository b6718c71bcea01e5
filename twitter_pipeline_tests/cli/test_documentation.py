"""docs/commands.md shows every command and option, and only what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from twitter_pipeline.cli.main import app
from twitter_pipeline_tests.cli.conftest import call

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def _commands() -> dict[str, set[str]]:
    """The options of each command, by its words."""
    found: dict[str, set[str]] = {}

    def walk(group: object, words: tuple[str, ...]) -> None:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            if hasattr(command, "commands"):
                walk(command, (*words, name))
            else:
                options = {option for parameter in command.params for option in parameter.opts if option[:2] == "--"}
                found[" ".join((*words, name))] = options

    walk(typer.main.get_command(app), ())
    return found


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_shown_with_its_options(command: str) -> None:
    assert f"twitter-pipeline {command}" in PAGE
    assert [option for option in _commands()[command] if option not in PAGE] == []


@pytest.mark.parametrize("line", re.findall(r"^    twitter-pipeline (.*)$", PAGE, re.MULTILINE))
def test_every_command_shown_exists(line: str) -> None:
    words = shlex.split(line)
    command = next(name for name in _commands() if line.startswith(name))
    assert {word for word in words if word.startswith("--")} <= _commands()[command]
    assert call(*command.split(), "--help").code == 0
