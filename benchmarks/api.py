"""How soon the API answers: `python -m benchmarks.api`, with `TASKS=…` for another number than 100,000.

The API as a process of its own, and a generator on the same cores that asks for pages of tasks 50 times a second,
whether or not the last answer has come: a page anywhere, of one state (many or few tasks are in it), of a text, of a
day. On SQLite and on PostgreSQL.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

import psutil
import sqlalchemy as sa
import yaml

from twitter_pipeline.config import Settings, load
from twitter_pipeline.store import schema
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.opening import prepare_store
from twitter_pipeline_tests.support.api import new_token
from twitter_pipeline_tests.support.postgres import OUR_SCHEMA, shared_server
from twitter_pipeline_tests.support.stack import free_port
from twitter_pipeline_tests.support.waiting import wait_for

TASKS = int(os.environ.get("TASKS", "100000"))
A_SECOND = 50
SECONDS = 20
#: In milliseconds, of all requests.
GOAL = 50.0
#: The states of tasks, by how many of a thousand are in them.
STATES = {"completed": 960, "skipped": 30, "failed": 9, "pending": 1}

NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS numbers(i)",
    "sqlite": "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {n}) SELECT i FROM c)",
}
TIMES = {
    "postgresql": "(timestamptz '2026-01-01 00:00:00+00' + i * interval '300 second')",
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%f', '2026-01-01', (i * 300) || ' seconds') || '000')",
}


def fill(engine: sa.Engine) -> None:
    """Make the tasks with one statement."""
    dialect = engine.dialect.name
    at = TIMES[dialect]
    upto, cases = 0, []
    for state, share in STATES.items():
        upto += share
        cases.append(f"WHEN i - (i / 1000) * 1000 < {upto} THEN '{state}'")
    with writing(engine) as connection:
        source = connection.scalar(sa.text("SELECT min(id) FROM content_sources"))
        content = '{"text": "' + "A quiet evening at the harbour. " * 6 + '"}'
        connection.exec_driver_sql(
            "INSERT INTO publishing_tasks (project_id, content_source_id, media_path, status, content_data,"
            " scheduled_time, executed_time, created_at, updated_at, not_before, partition_key, tweet_id, tweet_url)"
            f" SELECT 'cats', {source}, 'films/' || i || '.mp4', CASE {' '.join(cases)} END, '{content}',"
            f" {at}, {at}, {at}, {at}, {at}, '2026-01-01-film-' || i, CAST(i AS TEXT), 'https://x.com/a/status/' || i"
            f" FROM {NUMBERS[dialect].format(n=TASKS)}"
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def queries(number: int) -> tuple[str, str]:
    """A kind of request, and one of it."""
    chance = random.Random(number)
    day = datetime.fromtimestamp(1767225600 + chance.randrange(1, 340) * 86400, timezone.utc)
    kinds = {
        "newest": "limit=50",
        "a page": f"limit=50&cursor={chance.randrange(1, TASKS)}",
        "of a project": f"limit=50&project=cats&cursor={chance.randrange(1, TASKS)}",
        "many in the state": f"limit=50&status=completed&cursor={chance.randrange(1, TASKS)}",
        "few in the state": "limit=50&status=pending",
        "a text": f"limit=50&text={chance.randrange(TASKS)}.mp4",
        "a day": f"limit=50&found_from={day:%Y-%m-%dT00:00:00Z}",
    }
    kind = list(kinds)[number % len(kinds)]
    return kind, kinds[kind]


def measure(url: str, token: str) -> dict[str, list[float]]:
    """Ask as often as wanted; how long each kind took, in seconds, counted from when it was to be sent."""
    took: dict[str, list[float]] = defaultdict(list)
    began = time.perf_counter() + 0.5

    def ask(number: int) -> None:
        due = began + number / A_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        kind, query = queries(number)
        request = urllib.request.Request(f"{url}/api/tasks?{query}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        took[kind].append(time.perf_counter() - due)

    def worker(first: int, workers: int) -> None:
        for number in range(first, A_SECOND * SECONDS, workers):
            ask(number)

    workers = [threading.Thread(target=worker, args=(first, 16)) for first in range(16)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return took


def run(settings: Settings) -> tuple[dict[str, list[float]], float]:
    """Fill the database of these settings, serve it, measure; also the CPU-seconds of the API for one request."""
    engine = connect(settings.sqlalchemy_url)
    schema.upgrade(engine)
    prepare_store(settings)
    fill(engine)
    token = new_token(engine)
    environment = {**os.environ, "TWITTER_PIPELINE_CONFIG": str(settings.path)}
    with (settings.path.parent / "api.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "twitter_pipeline.api"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{settings.api.url}/openapi.json", timeout=1):
                    return True
            except OSError:
                return False

        wait_for(answers, 30, "the API")
        before = psutil.Process(process.pid).cpu_times()
        took = measure(settings.api.url, token)
        after = psutil.Process(process.pid).cpu_times()
        cpu = after.user + after.system - before.user - before.system
        return took, cpu / sum(map(len, took.values()))
    finally:
        process.terminate()
        process.wait(20)
        engine.dispose()


def configured(folder: Path, database_url: str | None) -> Settings:
    folder.mkdir()
    content: dict[str, object] = {"projects": [{"id": "cats", "path": "cats"}], "api": {"port": free_port()}}
    if database_url is not None:
        content["database_url"] = database_url
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    return load(folder / "config.yaml", environ={})


def told(took: dict[str, list[float]]) -> list[str]:
    """Rows of the table."""

    def row(kind: str, seconds: list[float]) -> str:
        ordered = sorted(seconds)
        p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.99))
        return f"| {kind} | {len(ordered)} | {p50:.1f} ms | {p99:.1f} ms | {ordered[-1] * 1000:.1f} ms |"

    every = [one for seconds in took.values() for one in seconds]
    return [*(row(kind, seconds) for kind, seconds in took.items()), row("**all**", every)]


def main() -> None:
    """Measure both, and print a table of each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with shared_server(folder / "postgresql") as server, server.database() as url:
            for what, database_url in (("SQLite", None), ("PostgreSQL", f"{url}?{OUR_SCHEMA}")):
                print(f"\n{what}, {TASKS:,} tasks, {A_SECOND} requests a second (load {os.getloadavg()[0]:.1f})\n")
                print("| `GET /api/tasks` | requests | median | p99 | longest |\n|---|---|---|---|---|")
                took, cpu = run(configured(folder / what, database_url))
                print("\n".join(told(took)))
                print(f"\nThe API takes {cpu * 1000:.1f} ms of a core for one request.", flush=True)


if __name__ == "__main__":
    main()
