"""config.yaml edited while the pipeline runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from twitter_pipeline.cli.up.watch import Accepted, Refused, Watch, restart_needed
from twitter_pipeline.config import load

GOOD = "projects:\n  - {id: cats, path: cats}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration in force."""
    path = tmp_path / "config.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def watch(path: Path) -> Watch:
    watch = Watch(path, load(path, environ={}), path.read_bytes())
    assert watch.look() is None
    return watch


def test_a_good_edit_is_accepted_once(watch: Watch, path: Path) -> None:
    path.write_text(GOOD + "  - {id: dogs, path: dogs}\n")
    found = watch.look()
    assert isinstance(found, Accepted)
    assert [project.id for project in found.settings.projects] == ["cats", "dogs"]
    assert found.content == path.read_bytes()
    assert watch.look() is None


def test_a_bad_edit_is_refused_once_with_its_place_and_the_old_settings_stay(watch: Watch, path: Path) -> None:
    path.write_text("projects:\n  - {id: cats, paht: cats}\n")
    found = watch.look()
    assert isinstance(found, Refused)
    assert f"{path}:2:16" in found.reason
    assert "did you mean 'path'?" in found.reason
    assert "stay in force" in found.reason
    assert watch.settings.projects[0].id == "cats"
    assert watch.look() is None


def test_mending_a_bad_edit_is_an_edit(watch: Watch, path: Path) -> None:
    path.write_text("nonsense")
    assert isinstance(watch.look(), Refused)
    path.write_text(GOOD)
    assert isinstance(watch.look(), Accepted)


def test_saving_without_a_change_is_no_edit(watch: Watch, path: Path) -> None:
    os.utime(path, ns=(1, 1))
    assert watch.look() is None


def test_a_file_that_is_away_for_a_moment_is_no_edit(watch: Watch, path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    assert watch.look() is None
    path.with_suffix(".old").rename(path)
    assert watch.look() is None


@pytest.mark.parametrize(
    ("edit", "named"),
    [
        (
            "mode: live\naccounts: [{name: a, api_key: a, api_secret: b, access_token: c, access_token_secret: d}]",
            "mode",
        ),
        ("data_dir: elsewhere", "data_dir"),
        ("database_url: postgresql://a@b/c", "database_url"),
        ("x: {base_url: 'http://127.0.0.1:9'}", "x.base_url"),
        ("sandbox: {port: 9999}", "sandbox"),
        ("dagster: {max_concurrent_runs: 5}", "dagster"),
    ],
)
def test_what_needs_a_restart_is_said_and_changes_nothing(watch: Watch, path: Path, edit: str, named: str) -> None:
    path.write_text(GOOD + edit + "\n")
    found = watch.look()
    assert isinstance(found, Refused)
    assert found.reason.startswith(f"{named} changed: restart")
    assert watch.settings.mode == "sandbox"


def test_nothing_needs_a_restart_when_only_a_project_changed(watch: Watch, path: Path) -> None:
    path.write_text(GOOD.replace("path: cats", "path: cats, hashtags: []").replace(", hashtags: []", ", name: Cats"))
    assert restart_needed(watch.settings, load(path, environ={})) == []
