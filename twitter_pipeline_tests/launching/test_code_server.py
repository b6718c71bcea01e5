"""Dagster's code process: its definitions are loaded anew in the process itself."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import deserialize_value
from dagster._core.utils import FuturesAwareThreadPoolExecutor
from dagster._grpc.types import ListRepositoriesResponse
from dagster._utils.error import SerializableErrorInfo

from twitter_pipeline.launching.code_server import ReloadingApiServer

MODULE = "definitions_of_the_test"
_SOURCE = """
from pathlib import Path
import dagster as dg

@dg.job(name=Path(__file__).with_suffix(".txt").read_text())
def job(): pass

defs = dg.Definitions(jobs=[job])
"""


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file with the name of the one job that there is."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"{MODULE}.py").write_text(_SOURCE)
    path = tmp_path / f"{MODULE}.txt"
    path.write_text("first")
    yield path
    sys.modules.pop(MODULE, None)


@pytest.fixture
def server(name: Path) -> Iterator[ReloadingApiServer]:
    ended = threading.Event()
    server = ReloadingApiServer(
        module=MODULE, location="here", ended=ended, pool=FuturesAwareThreadPoolExecutor(max_workers=1)
    )
    yield server
    ended.set()
    server.cleanup()


def _jobs(server: ReloadingApiServer) -> list[str]:
    """The jobs that ticks and runs would find."""
    loaded = server._loaded_repositories
    assert loaded is not None
    return [job for repository in loaded.definitions_by_name.values() for job in repository.job_names if job[0] != "_"]


def _said(server: ReloadingApiServer) -> object:
    answer = server.ListRepositories(None, None)  # type: ignore[arg-type]
    return deserialize_value(answer.serialized_list_repositories_response_or_error)


def _server_id(server: ReloadingApiServer) -> str:
    return server.GetServerId(None, None).server_id  # type: ignore[arg-type]


def test_what_changed_is_there_after_a_reload_and_dagster_can_tell(server: ReloadingApiServer, name: Path) -> None:
    before = _server_id(server)
    name.write_text("second")
    assert _jobs(server) == ["first"]
    server.ReloadCode(None, None)
    assert _jobs(server) == ["second"]
    assert _server_id(server) != before


def test_what_cannot_be_loaded_is_told_while_ticks_go_on_with_what_was(server: ReloadingApiServer, name: Path) -> None:
    before = _server_id(server)
    name.write_text("no name of a job")
    server.ReloadCode(None, None)
    assert isinstance(said := _said(server), SerializableErrorInfo)
    assert "no name of a job" in said.to_string()
    assert _jobs(server) == ["first"]
    assert _server_id(server) == before
    assert MODULE in sys.modules

    name.write_text("second")
    server.ReloadCode(None, None)
    assert isinstance(_said(server), ListRepositoriesResponse)
    assert _jobs(server) == ["second"]
