"""What a year adds to the disk: `python -m benchmarks.growth`, with `POSTS=…` for another number than 40.

The pipeline posts films and pictures to the sandbox, half of each, and counts an hour's figures a few times, on SQLite
and on PostgreSQL. What its databases and files grew by, and what is left of that once the runs are pruned, is
calculated for a year of 50 posts a day.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from PIL import Image

from examples.make_media import SKIES, draw_trial, scene
from twitter_pipeline.cli.up import instance as told
from twitter_pipeline.clock import utc_now
from twitter_pipeline.config import Settings
from twitter_pipeline.defs.packing import pack_index
from twitter_pipeline.defs.retention import prune
from twitter_pipeline.defs.thinning import AFTER, LATER, thin_on
from twitter_pipeline.store.engine import connect
from twitter_pipeline_tests.support.postgres import shared_server
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

POSTS = int(os.environ.get("POSTS", "40"))
#: Posted before anything is measured.
FIRST = 10
#: Hours counted by a run each.
HOURS = 12
A_DAY, DAYS = 50, 365
#: `retention` as it is unless set, and shorter.
KEPT_DAYS = (90, 30, 14)
#: The figures' runs of a day: each hour, and each day twice.
FIGURES_A_DAY = 26
#: Of a year, in bytes.
GOALS = {"sqlite": 500e6, "postgresql": 300e6}
#: What grows with time alone, up to this: 36 values by minute and hour (monitoring.measures) and the ticks of sensors,
#: at the bytes that a row of each takes with its indices once there are thousands (75 to 2,000).
BESIDE = {"sqlite": 26e6, "postgresql": 35e6}
#: So these are left out.
BY_TIME = {"measures", "measures_hourly", "monitoring_state", "job_ticks", "schedules.db"}
OVER = ["SUCCESS", "FAILURE", "CANCELED"]


def draw(folder: Path, films: int, pictures: int) -> None:
    """Films, and pictures with the grain of photographs, which compress as badly."""
    draw_trial(folder, films)
    for number in range(pictures):
        grain = Image.effect_noise((640, 360), 60).convert("RGB")
        picture = Image.blend(scene(list(SKIES)[number % 3], number * 0.7), grain, 0.3)
        picture.resize((1920, 1080), Image.Resampling.BICUBIC).save(folder / f"photo_{number:03}.jpg", quality=90)
        said = {
            "title": f"Harbour, {folder.name}, day {number}",
            "description": "As seen from the pier, early in the morning.",
        }
        (folder / f"photo_{number:03}.json").write_text(json.dumps(said), encoding="utf-8")


def sizes(settings: Settings) -> Counter[str]:
    """Bytes by table, or by kind of file, of all that grows with posts."""
    found: Counter[str] = Counter()
    if settings.database_url is not None:
        engine = connect(settings.sqlalchemy_url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM FULL")
            found |= Counter(
                {
                    f"{schema}.{name}": size
                    for schema, name, size in connection.exec_driver_sql(
                        "SELECT nspname, relname, pg_total_relation_size(c.oid) FROM pg_class c"
                        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r'"
                        " AND nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema'"
                    )
                    if name not in BY_TIME
                }
            )
    for path in _files(settings.home):
        if path.name.endswith(".db") and path.name not in {"x.db", *BY_TIME}:  # the sandbox's is X's, not ours
            found["runs/each" if path.stem.count("-") == 4 else path.name] += _pages(path)
        elif "compute_logs" in path.parts:
            found["printed"] += path.stat().st_size
    return found


def _pages(path: Path) -> int:
    """Bytes of the pages that are in use."""
    with closing(sqlite3.connect(path)) as database:
        pages = database.execute("SELECT name, pgsize FROM dbstat").fetchall()
    return sum(size for name, size in pages if name not in BY_TIME)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def measure(folder: Path, url: str | None) -> None:
    """Post everything, prune everything, and print the table."""
    (folder / "media").mkdir(parents=True)
    top = {"database_url": url} if url else {}
    sources = [{"type": "video"}, {"type": "image"}]
    project = {"id": "harbour", "path": "media", "sources": sources, "min_interval": "0 min", "stable_for": "0 s"}
    with Stack(folder, [project], **top) as stack:
        settings, dagster = stack.settings, stack.dagster
        os.environ |= told.environment(settings)
        with dg.DagsterInstance.get() as instance:
            _post(stack, 0, FIRST)
            _count(dagster, 0, 1)
            _prune(instance, settings)  # now each table and index has its first pages
            empty = sizes(settings)
        _post(stack, POSTS // 2, POSTS - POSTS // 2)
        posted = sizes(settings)
        day, week = (_passes(settings, age) for age in (AFTER, LATER))
        _count(dagster, 1, HOURS)
        counted = sizes(settings)
    hours_day, hours_week = (_passes(settings, age) for age in (AFTER, LATER))
    with dg.DagsterInstance.get() as instance:
        _prune(instance, settings)
    pruned = sizes(settings)
    show(
        url,
        {
            "a post": _each(posted, empty, POSTS),
            "a day later": _each(day, empty, POSTS),
            "a week later": _each(week, empty, POSTS),
            "when its run is gone": _each(pruned, empty, POSTS),
            "an hour's figures": _each(counted, week, HOURS),
            "a day later ": _each(hours_day, week, HOURS),
            "a week later ": _each(hours_week, week, HOURS),
        },
    )


def _passes(settings: Settings, age: timedelta) -> Counter[str]:
    """What is left when the sensor `retention` has looked after all that is of this age."""
    later, engine = utc_now() + age + timedelta(days=1), connect(settings.sqlalchemy_url)
    with dg.DagsterInstance.get() as instance:
        prune(instance, engine, settings, now=later)
        thin_on(instance, engine, "", now=later, until=time.monotonic() + 600)
        pack_index(instance, engine, "", now=later)
    return sizes(settings)


def _post(stack: Stack, films: int, pictures: int) -> None:
    """Post so many more, and wait until their runs have ended."""
    posts, before, ended = films + pictures, len(stack.sandbox.posts()), _ended(stack.dagster)
    drawn = stack.folder / f"drawn_{before}"
    draw(drawn, films, pictures)
    for path in drawn.iterdir():
        path.rename(stack.folder / "media" / f"{before}_{path.name}")
    wait_for(lambda: len(stack.sandbox.posts()) >= before + posts, 60 + posts * 15, "the posts")
    wait_for(lambda: _ended(stack.dagster) >= ended + posts, 60, "the runs to end")


def _count(dagster: Any, first: int, hours: int) -> None:
    """Count the figures of so many hours, a run each, and wait until these have ended."""
    now, ended = utc_now().replace(minute=0, second=0, microsecond=0), _ended(dagster)
    for number in range(first, first + hours):
        dagster.launch("analyse_hour", (now - timedelta(hours=number + 1)).strftime("%Y-%m-%d-%H:%M"))
    wait_for(lambda: _ended(dagster) >= ended + hours, 480, "the figures")


def _prune(instance: dg.DagsterInstance, settings: Settings) -> None:
    later = utc_now() + settings.retention * 2
    while not prune(instance, connect(settings.sqlalchemy_url), settings, now=later).whole:
        pass


def _each(after: Counter[str], before: Counter[str], number: int) -> dict[str, float]:
    return {what: (after[what] - before[what]) / number for what in {*after, *before}}


def _ended(dagster: Any) -> int:
    said = dagster.ask("{ runsOrError { ... on Runs { results { status } } } }")
    return sum(run["status"] in OVER for run in said["runsOrError"]["results"])


def show(url: str | None, columns: dict[str, dict[str, float]]) -> None:
    """Print what each adds, in kB, and the year."""
    kind = "sqlite" if url is None else "postgresql"
    print(f"\n{kind}: {POSTS} posts, {HOURS} hours\n\n| kB of | {' | '.join(columns)} |")
    print("|---" * (len(columns) + 1) + "|")
    together = {name: sum(column.values()) for name, column in columns.items()}
    for what in sorted(columns["a post"], key=lambda what: -columns["a post"][what]):
        shown = [column.get(what, 0) for column in columns.values()]
        if max(shown) > 50:
            print(f"| {what} | {' | '.join(f'{size / 1e3:.1f}' for size in shown)} |")
    print(f"| **together** | {' | '.join(f'{size / 1e3:.1f}' for size in together.values())} |")
    new, day, week, item, hour, hour_day, hour_week = together.values()
    print()
    for kept_days in KEPT_DAYS:
        parts = {
            "of today's runs": A_DAY * new + FIGURES_A_DAY * hour,
            "of the week's": 6 * (A_DAY * (day - item) + FIGURES_A_DAY * hour_day),
            "of older ones": (kept_days - 7) * (A_DAY * (week - item) + FIGURES_A_DAY * hour_week),
            "of items": DAYS * A_DAY * item,
            "whatever is posted": BESIDE[kind],
        }
        said = ", ".join(f"{size / 1e6:.0f} {what}" for what, size in parts.items())
        print(f"A year with runs of {kept_days} days: {sum(parts.values()) / 1e6:.0f} MB ({said}).")
    print(f"The aim with {KEPT_DAYS[0]} days: {GOALS[kind] / 1e6:.0f} MB.", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measure(folder / "sqlite", None)
        with shared_server(folder / "server") as server, server.database(migrated=False) as url:
            measure(folder / "postgresql", url)


if __name__ == "__main__":
    main()
