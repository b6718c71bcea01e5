"""Running commands as a person does, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from twitter_pipeline.cli.main import app
from twitter_pipeline.config import load
from twitter_pipeline.store.opening import prepare_store
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import MakeWorld, World


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


def call(*arguments: str, stdin: str | None = None) -> Said:
    """Run `twitter-pipeline` with these arguments."""
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def command() -> Callable[[World], Command]:
    """``command(world)("status", "--json")``: run a command with the world's configuration."""

    def of(world: World) -> Command:
        return lambda *arguments, **more: call(*arguments, "--config", str(world.settings.path), **more)

    return of


@pytest.fixture
def live(database_url: str, tmp_path: Path, sandbox: SandboxServer, clip: Path) -> Iterator[MakeWorld]:
    """``live(accounts=[…], canary=False)``: a world in live mode whose X is the sandbox; account `maker`, without keys.

    Its database is live mode's own, as `up` makes it.
    """
    engines = []

    def make(*, top: dict[str, Any] | None = None, **project: Any) -> World:
        content: dict[str, Any] = {
            "mode": "live",
            "x": {"base_url": sandbox.url, "read_timeout": "5 s"},
            # Those of the defaults may be a pipeline's that runs beside the tests.
            "dagster": {"port": free_port()},
            "api": {"port": free_port()},
            "accounts": [{"name": "maker"}],
            "projects": [{"id": "cats", "path": "cats", "stable_for": "0 s", **project}],
            **(top or {}),
        }
        if not database_url.startswith("sqlite"):
            content["database_url"] = database_url
        (tmp_path / "cats").mkdir(exist_ok=True)
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        assert call("db", "upgrade", "--config", str(path)).code == 0
        settings = load(path, environ={})
        engines.append(prepare_store(settings))
        return World(engines[-1], settings, sandbox, clip)

    yield make
    for engine in engines:
        engine.dispose()


KEYS_OF_MAKER = "".join(f"{name}={value}\n" for name, value in SandboxServer.credentials("maker").items())


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """The four keys of the sandbox's user `maker`."""
    path = tmp_path / "maker.keys"
    path.write_text(KEYS_OF_MAKER)
    return path
