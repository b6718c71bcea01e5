"""The complete history in a file, and the same lines wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa

from twitter_pipeline.cli import export
from twitter_pipeline.clock import utc_now
from twitter_pipeline.defs.pipeline import tweets_key
from twitter_pipeline.defs.relay import relay_outside
from twitter_pipeline.store import history
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.tables import publishing_log, publishing_tasks
from twitter_pipeline_tests.cli.conftest import Command
from twitter_pipeline_tests.support.items import NOW, put_task
from twitter_pipeline_tests.support.world import MakeWorld, World

WithWorld = Callable[[World], Command]
#: What a line is told by, wherever it is shown.
Told = tuple[int, str, str, str]


def _read(path: Path) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        rows: list[dict[str, object]] = pq.read_table(path).to_pylist()
        return [row | {"time": row["time"].isoformat()} for row in rows]  # type: ignore[attr-defined]
    if path.suffix == ".json":
        found = json.loads(path.read_text("utf-8"))
        return [row | {"details": json.dumps(row["details"], ensure_ascii=False)} for row in found]
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {name: value if value != "" or name == "message" else None for name, value in row.items()}
            | {"line": int(row["line"]), "task": int(row["task"])}
            for row in csv.DictReader(file)
        ]


def _told(rows: list[dict[str, object]]) -> set[Told]:
    return {(row["line"], row["action"], row["status"], row["message"]) for row in rows}  # type: ignore[misc]


def test_the_same_lines_stand_in_the_log_on_the_partitions_page_and_in_every_export(
    world: MakeWorld, command: WithWorld, tmp_path: Path
) -> None:
    here = world(stable_for="0 s")
    for name in ("cat", "dog"):
        here.put(f"{name}.mp4", title=f"A {name} naps; it is called “Δ”, or\nnot")
    here.scan()
    for task in here.tasks():
        here.publish(task, run_id=f"run-{task.id}")

    with dg.instance_for_test(temp_dir=str(tmp_path)) as instance:
        relay_outside(instance, here.engine, "cats", now=utc_now() + timedelta(hours=1))
        observed = instance.fetch_observations(dg.AssetRecordsFilter(tweets_key("cats")), limit=1000).records
    seen = [one.asset_observation.metadata for one in observed]  # type: ignore[union-attr]
    page = {tuple(told[name].value for name in ("line", "action", "status", "said")) for told in seen}

    said = command(here)
    shown = [line for task in here.tasks() for line in said("log", str(task.id), "--json").json]
    assert {(line["id"], line["action"], line["status"], line["message"]) for line in shown} == page
    assert len(page) == len(seen) >= 10

    read = []
    for form in ("csv", "json", "parquet"):
        file = tmp_path / f"history.{form}"
        answer = said("log", "--export", form, "--output", str(file))
        assert answer.code == 0, answer.err
        assert f"{len(page)} lines" in answer.out
        read.append(_read(file))
        assert _told(read[-1]) == page
    assert read[0] == read[1] == read[2]
    posted = {task.tweet_url for task in here.tasks()}
    assert {row["link"] for row in read[0]} == posted
    assert {row["run"] for row in read[0]} == {None, *(f"run-{task.id}" for task in here.tasks())}
    assert [*read[0][0]] == [*history.Entry.__dataclass_fields__]


def test_a_project_and_a_time_are_chosen(world: MakeWorld, command: WithWorld) -> None:
    here = world()
    for days in range(3):
        put_task(here.engine, created_at=NOW + timedelta(days=days))  # the 24th, 12:00 UTC, and on
    said = command(here)

    def days(*options: str) -> list[str]:
        answer = said("log", "--export", "csv", *options)
        assert answer.code == 0, answer.err
        return [row["time"][:10] for row in csv.DictReader(io.StringIO(answer.out))]

    assert days("--from", "2026-11-25") == ["2026-11-25", "2026-11-26"]
    assert days("--from", "2026-11-24T14:00+02:00", "--to", "2026-11-25T12:00Z") == ["2026-11-24"]
    assert days("--project", "cats", "--to", "2026-11-24") == []
    assert said("log", "--export", "json", "--to", "2026-11-24").json == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--export"),
        (["cat", "--export", "csv"], "--export"),
        (["cat", "--from", "2026-11-24"], "belong to --export"),
        (["--export", "xml"], "'xml' is none of csv, json, parquet"),
        (["--export", "csv", "--from", "yesterday"], "2026-11-24"),
        (["--export", "csv", "--project", "cat"], "cats"),
    ],
)
def test_what_cannot_be_exported_is_said(
    world: MakeWorld, command: WithWorld, arguments: list[str], reason: str
) -> None:
    answer = command(world())("log", *arguments)
    assert answer.code == 2
    assert reason in answer.err


def test_a_file_that_cannot_be_written_is_said_and_what_lies_there_stays(
    world: MakeWorld, command: WithWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = command(world())
    answer = said("log", "--export", "csv", "--output", str(tmp_path / "nowhere" / "history.csv"))
    assert answer.code == 1
    assert "nowhere" in answer.err

    whole = tmp_path / "history.csv"
    whole.write_text("yesterday's")

    def breaks(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(export._WRITERS, "csv", breaks)
    assert said("log", "--export", "csv", "--output", str(whole)).code == 1
    assert whole.read_text() == "yesterday's"
    assert [path.name for path in tmp_path.glob(".*.new")] == []


@pytest.mark.soak
def test_it_is_read_in_pieces(prepared: sa.Engine, tmp_path: Path) -> None:
    task_id = put_task(prepared)
    with writing(prepared) as connection:
        line = {"task_id": task_id, "action": "noted", "status": "pending", "message": "m" * 100, "details": {}}
        connection.execute(sa.insert(publishing_log), [{**line, "created_at": NOW} for _ in range(20_000)])
        connection.execute(sa.update(publishing_tasks).values(tweet_url="https://x.com/cats/status/1"))
    tracemalloc.start()
    try:
        with (tmp_path / "history.csv").open("wb") as file:
            export._csv(history.pieces(prepared, size=500), file)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    with (tmp_path / "history.csv").open() as lines:
        assert sum(1 for _ in lines) == 1 + 20_001
    assert peak < 8_000_000  # all of them at once are 30 MB


def test_neither_arrow_nor_dagster_is_loaded_for_text(world: MakeWorld) -> None:
    here = world()
    code = (
        "import sys\nfrom twitter_pipeline.cli.main import app\n"
        f"try: app(['log', '--export', 'csv', '--config', {str(here.settings.path)!r}])\nexcept SystemExit: pass\n"
        "print([name for name in ('dagster', 'pyarrow', 'pandas') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"
