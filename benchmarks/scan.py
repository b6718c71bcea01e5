"""What a scan costs: `python -m benchmarks.scan`.

100,000 files that are tasks already, in one folder and in 1,000, and as 25,000 albums, each in a folder of its own:
seconds of a scan with nothing new, beside a bare walk of the same folders with `os.scandir`, by turns. Then 500 new
clips: how fast they are recorded. Last 5,000 clips that wait: what a look for the metadata of each takes, where it is
in a file of its own, in one of many, or nowhere.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import sqlalchemy as sa

from twitter_pipeline.config import Project, load
from twitter_pipeline.scanning.report import ScanReport
from twitter_pipeline.scanning.scan import scan
from twitter_pipeline.scanning.sidecars import Finder
from twitter_pipeline.store import defaults, schema
from twitter_pipeline.store.engine import connect, reading, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline.store.tables import publishing_tasks

KNOWN = 100_000
NEW = 500
WAITING = 5_000
CLIP_BYTES = 300_000
ROUNDS = 9
#: Of a scan with nothing new in up to 1,000 folders, in seconds of the processor.
GOAL = 0.3
HOUR = timedelta(hours=1)


def open_project(base: Path, kind: str = "video") -> tuple[sa.Engine, Project]:
    """An empty project on SQLite, with a source of this type."""
    (base / "project").mkdir()
    project = f"{{id: bench, path: project, sources: [{{type: {kind}, path: .}}]}}"
    (base / "config.yaml").write_text(f"projects: [{project}]\n", encoding="utf-8")
    settings = load(base / "config.yaml", environ={})
    engine = connect(settings.sqlalchemy_url)
    schema.upgrade(engine)
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home, {}), now=datetime.now(timezone.utc))
    return engine, settings.projects[0]


def look(engine: sa.Engine, project: Project, now: datetime) -> ScanReport:
    report = scan(engine, project, time_box=HOUR, now=now)
    assert report.whole, report.problems
    return report


def walk_bare(folder: str) -> int:
    """List every folder below `folder`; the number of files."""
    files = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            files += walk_bare(entry.path) if entry.is_dir(follow_symlinks=False) else 1
    return files


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """What a call takes: wall-clock time, and time of the processor, which other programs do not prolong."""
    started, began = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - started, time.process_time() - began


def make_known(engine: sa.Engine, project: Project, folders: int, *, albums: bool) -> None:
    """Empty files in so many folders, and their tasks, all of them posted; one task a folder for `albums`."""
    now = datetime.now(timezone.utc)
    with reading(engine) as connection:
        (source_id,) = defaults.source_ids(connection, project.id).values()
    name = "holiday-{:06}.jpg" if albums else "holiday-clip-{:06}.mp4"

    def items() -> Iterator[tuple[str, list[str] | None]]:
        for folder in range(folders):
            (project.path / f"{folder:04}").mkdir()
            paths = [f"{folder:04}/{name.format(number)}" for number in range(KNOWN // folders)]
            for path in paths:
                (project.path / path).touch()
            yield from [(f"{folder:04}", paths)] if albums else [(path, None) for path in paths]

    times = dict.fromkeys(("scheduled_time", "not_before", "created_at", "updated_at", "executed_time"), now)
    rows = [
        {
            "project_id": project.id,
            "content_source_id": source_id,
            "media_path": path,
            "media_files": files,
            "metadata_path": f"{path}.json",
            "status": "completed",
            "content_data": {"text": "A holiday clip, and what there is to say about it. " * 5},
            "partition_key": path,
            **times,
        }
        for path, files in items()
    ]
    with writing(engine) as connection:
        connection.execute(sa.insert(publishing_tasks), rows)


def nothing_new(folders: int, *, albums: bool = False) -> bool:
    """Measure a scan of known files; whether it meets the goal."""
    with tempfile.TemporaryDirectory() as base:
        engine, project = open_project(Path(base), "album" if albums else "video")
        make_known(engine, project, folders, albums=albums)
        scans, bare = [], []
        for _ in range(ROUNDS):  # by turns, so that a busy machine slows both
            bare.append(seconds(lambda: walk_bare(str(project.path))))
            scans.append(seconds(lambda: look(engine, project, datetime.now(timezone.utc))))
        engine.dispose()
    (took, worked), (walked, walk_worked) = (map(statistics.median, zip(*both, strict=True)) for both in (scans, bare))
    kind = "album" if albums else "folder"
    name = f"{KNOWN:,} known files in {folders:,} {kind}{'s' if folders > 1 else ''}"
    print(f"{name:<40}{took:>8.3f}{worked:>8.3f}{walked:>10.3f}{walk_worked:>8.3f}{worked / walk_worked:>8.1f}")
    return worked < GOAL


def new_clips() -> None:
    """Measure how new clips are recorded, each with its metadata."""
    with tempfile.TemporaryDirectory() as base:
        engine, project = open_project(Path(base))
        for number in range(NEW):
            clip = project.path / f"clip-{number:03}.mp4"
            clip.write_bytes(number.to_bytes(4, "big") * (CLIP_BYTES // 4))
            clip.with_suffix(".json").write_text(f'{{"title": "Clip {number}"}}', encoding="utf-8")
        now = datetime.now(timezone.utc)
        first, _ = seconds(lambda: look(engine, project, now))
        second, _ = seconds(lambda: look(engine, project, now + project.stable_for))
        with reading(engine) as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(publishing_tasks))
        engine.dispose()
    assert count == NEW
    print(f"{NEW:,} new clips: {first:.3f} s to see them, {second:.3f} s to record them ({NEW / second:,.0f} a second)")


def looks_for_metadata(what: str) -> None:
    """Measure what looking for the metadata of waiting clips takes: `what` is there."""
    names = [f"holiday-clip-{number:05}.mp4" for number in range(WAITING)]
    entry = {"title": "A holiday clip", "description": "What there is to say about it. " * 10, "hashtags": ["#a"] * 5}
    with tempfile.TemporaryDirectory() as base:
        root = Path(base)
        for name in names:
            (root / name).touch()
            if what == "a file for each":
                (root / name).with_suffix(".json").write_text(json.dumps(entry), encoding="utf-8")
        if what.startswith("a batch"):
            others = "other-" if what == "a batch of others" else ""
            batch = {others + name: entry for name in names}
            (root / "en_batch.json").write_text(json.dumps(batch), encoding="utf-8")
        if what == "a table":
            rows = [f"{name};{entry['title']};{entry['description']}" for name in names]
            (root / "posts.csv").write_text("\n".join(["Datei;Titel;Text", *rows]), encoding="utf-8")

        def look() -> None:
            finder = Finder(root, None, "en")  # as each scan makes one
            for name in names:
                finder.find(name)

        worked = [seconds(look)[1] for _ in range(ROUNDS)]
    name = f"{WAITING:,} looks for metadata, {what}"
    print(f"{name:<50}{worked[0] / WAITING * 1e6:>8.0f}{statistics.median(worked[1:]) / WAITING * 1e6:>8.0f}")


def main() -> None:
    print(f"{'a scan with nothing new':<40}{'s':>8}{'CPU-s':>8}{'scandir s':>10}{'CPU-s':>8}{'ratio':>8}")
    met = [nothing_new(folders) for folders in (1, 1_000)]
    nothing_new(25_000, albums=True)  # which is mostly listing 25,000 folders
    new_clips()
    print(f"{'CPU-µs each':<50}{'first':>8}{'then':>8}")
    for what in ("a file for each", "a batch", "a batch of others", "a table", "nothing"):
        looks_for_metadata(what)
    if not all(met):
        raise SystemExit(f"a scan with nothing new should take less than {GOAL} CPU-s")


if __name__ == "__main__":
    main()
