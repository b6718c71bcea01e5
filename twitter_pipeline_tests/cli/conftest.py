"""Running commands as a person does, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from twitter_pipeline.cli.main import app
from twitter_pipeline_tests.support.world import World


@dataclass(frozen=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


def call(*arguments: str) -> Said:
    """Run `twitter-pipeline` with these arguments."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def command() -> Callable[[World], Command]:
    """``command(world)("status", "--json")``: run a command with the world's configuration."""

    def of(world: World) -> Command:
        return lambda *arguments: call(*arguments, "--config", str(world.settings.path))

    return of
