"""What Dagster loads: quickly, from config.yaml alone."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import dagster as dg
import pytest

from twitter_pipeline.config import load
from twitter_pipeline.defs.build import build

#: What a run or a page may need, and loading the definitions must not pay for.
HEAVY = (
    "apprise",
    "pandas",
    "matplotlib",
    "numpy",
    "av",
    "PIL",
    "tweepy",
    "requests",
    "google",
    "jinja2",
    "regex",
    "cryptography",
    "sqlalchemy.orm",
)

CONFIG = """
    users: [{name: ann, email: ann@example.com}, {name: bo, email: bo@example.photography}]
    projects:
      - {id: cats, path: cats, owner: ann, description: All about cats}
      - {id: dogs, path: dogs, owner: bo}
"""


def python(folder: Path, code: str, **environment: str) -> str:
    """What a new interpreter prints that runs `code` in `folder`."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=folder,
        env={**os.environ, "DAGSTER_HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(textwrap.dedent(CONFIG), encoding="utf-8")
    return tmp_path


def test_loading_imports_nothing_heavy_beyond_dagster_itself(folder: Path) -> None:
    code = f"""
        import sys
        import dagster
        before = set(sys.modules)
        import twitter_pipeline.definitions
        new = set(sys.modules) - before
        print(sorted(name for name in {HEAVY!r} if name in new))
    """
    assert python(folder, code).strip() == "[]"


def test_loading_touches_no_database_and_no_folder(folder: Path) -> None:
    python(folder, "import twitter_pipeline.definitions")
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml"]


def test_each_project_has_its_assets_job_and_running_sensor(folder: Path) -> None:
    defs = build(load(folder / "config.yaml", environ={}))
    dg.Definitions.validate_loadable(defs)
    repository = defs.get_repository_def()
    keys = {key.to_user_string() for key in repository.asset_graph.get_all_asset_keys()}
    figures = {"analytics_hourly", "analytics_daily", "best_hours"}
    assert keys == {"cats/media_items", "cats/tweets", "dogs/media_items", "dogs/tweets", *figures}
    assert {"publish_cats", "publish_dogs", "analyse_hour"} <= set(repository.job_names)
    sensors = {sensor.name: sensor.default_status for sensor in repository.sensor_defs}
    names = ["alerts", "failed_runs", "retention", "scan_cats", "scan_dogs"]
    assert sensors == dict.fromkeys(names, dg.DefaultSensorStatus.RUNNING)
    assert {schedule.default_status for schedule in repository.schedule_defs} == {dg.DefaultScheduleStatus.RUNNING}


def test_an_address_dagster_does_not_take_as_owner_becomes_a_team(folder: Path) -> None:
    graph = build(load(folder / "config.yaml", environ={})).get_repository_def().asset_graph
    assert graph.get(dg.AssetKey(["cats", "tweets"])).owners == ["ann@example.com"]
    assert graph.get(dg.AssetKey(["dogs", "tweets"])).owners == ["team:bo"]


def test_the_lineage_reads_from_media_to_analytics(folder: Path) -> None:
    graph = build(load(folder / "config.yaml", environ={})).get_repository_def().asset_graph
    tweets = graph.get(dg.AssetKey(["cats", "tweets"]))
    assert tweets.parent_keys == {dg.AssetKey(["cats", "media_items"])}
    assert dg.AssetKey("analytics_hourly") in tweets.child_keys
    assert tweets.group_name == "cats"


def test_without_dagster_home_it_says_loudly_what_is_lost(folder: Path) -> None:
    said = python(folder, "import twitter_pipeline.definitions", DAGSTER_HOME="")
    assert "DAGSTER_HOME is not set" in said
    assert "throws" in said


def test_a_mistake_in_the_configuration_is_told_with_its_line(folder: Path) -> None:
    (folder / "config.yaml").write_text("projects:\n  - id: cats\n    pfad: cats\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"config\.yaml:3:5: .*pfad"):
        python(folder, "import twitter_pipeline.definitions")


def test_no_module_of_the_layer_postpones_its_annotations() -> None:
    """It breaks ops and assets that take `context`."""
    import twitter_pipeline.defs

    for path in Path(twitter_pipeline.defs.__file__).parent.glob("*.py"):
        assert "from __future__ import annotations" not in path.read_text(encoding="utf-8").replace(
            "No `from __future__ import annotations`", ""
        ), path
