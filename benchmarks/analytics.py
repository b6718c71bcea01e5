"""What the figures cost: `python -m benchmarks.analytics`.

A million posted tasks of a year in three projects, with an attempt and five lines of the log each, made by the database
itself. Then, on PostgreSQL and on SQLite: one hour, finding what is out of date, the whole year hour by hour in one go
as a backfill does it (counting, storing, and the check against the tasks), a day, and a month's report.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import sqlalchemy as sa
import yaml

from twitter_pipeline.analytics import checks, daily, hourly, report
from twitter_pipeline.config import Settings, load
from twitter_pipeline.store import defaults, schema
from twitter_pipeline.store.engine import connect, writing
from twitter_pipeline.store.secrets import open_vault
from twitter_pipeline_tests.support.postgres import OUR_SCHEMA, shared_server

TASKS = int(os.environ.get("TASKS", "1000000"))
PROJECTS = 3
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
YEAR = timedelta(days=365)
HOUR = timedelta(hours=1)
#: Each is measured so often, and the median counts.
ROUNDS = 5
#: In seconds, on PostgreSQL.
GOALS = {"one hour": 1.0, "a year of hours": 60.0}

#: What differs: so many numbers `i` from 1, and the time so many seconds after START.
NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS numbers(i)",
    "sqlite": "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {n}) SELECT i FROM c)",
}
TIMES = {
    "postgresql": "(timestamptz '2026-01-01 00:00:00+00' + ({seconds}) * interval '1 second')",
    "sqlite": "(strftime('%Y-%m-%d %H:%M:%f', '2026-01-01', ({seconds}) || ' seconds') || '000')",
}
#: When each happens, in seconds after the task was found.
LINES = {"found": 0, "queue": 600, "claim": 605, "uploaded": 610, "post": 615}


def fill(engine: sa.Engine) -> None:
    """Make the year's tasks, attempts and lines, each with one statement."""
    dialect = engine.dialect.name
    numbers = NUMBERS[dialect].format(n=TASKS)
    step = YEAR.total_seconds() / TASKS

    def at(number: str, later: object = 0) -> str:
        return TIMES[dialect].format(seconds=f"{number} * {step} - {step} + {later}")

    # Half of them take longer: an hour at most.
    posted = at("i", "615 + (i % 2) * (i % 3000)")
    with writing(engine) as connection:
        if dialect == "sqlite":  # only for making them: nine indexes do not fit into what it keeps in memory
            connection.exec_driver_sql("PRAGMA cache_size = -1000000")
        for statement in (
            f"""INSERT INTO publishing_tasks (id, project_id, content_source_id, media_path, metadata_path, status,
                    content_data, scheduled_time, executed_time, created_at, updated_at, not_before, partition_key,
                    content_hash, tweet_id)
                SELECT i, 'p' || (i % {PROJECTS}), 1 + i % {PROJECTS}, 'clips/clip-' || i || '.mp4',
                    'clips/clip-' || i || '.json', 'completed', '{{"text": "A holiday clip, and what to say of it"}}',
                    {at("i")}, {posted}, {at("i")}, {posted}, {at("i")}, '2026-clip-' || i, 'hash-' || i, 'post-' || i
                FROM {numbers}""",
            f"""INSERT INTO publishing_attempts (task_id, number, fence, run_id, state, text, media_ids, prepared_at,
                    sent_at, tweet_id, account_id, has_link)
                SELECT i, 1, 1, 'run-' || i, 'confirmed', 'A holiday clip, and what there is to say about it', '[]',
                    {posted}, {posted}, 'post-' || i, 1, i % 10 = 0
                FROM {numbers}""",
            *(
                f"""INSERT INTO publishing_log (task_id, action, status, message, details, created_at, run_id, relayed)
                    SELECT i, '{action}', 'running', 'what is said of it in a sentence', '{{}}',
                        {posted if action == "post" else at("i", later)}, 'run-' || i, 2
                    FROM {numbers}"""
                for action, later in LINES.items()
            ),
        ):
            connection.exec_driver_sql(statement.replace("%", "%%") if dialect == "postgresql" else statement)
    engine.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if dialect == "postgresql" else "ANALYZE")


def median(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds that a call takes."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]


def measure(engine: sa.Engine, settings: Settings) -> dict[str, float]:
    """Seconds of each."""
    prices, projects = settings.x.prices, settings.projects
    noon = START + timedelta(days=200, hours=12)
    day = date(2026, 7, 20)
    hourly.compute(engine, noon, prices=prices)  # imports pandas

    def year() -> None:
        table = hourly.compute(engine, START, START + YEAR, prices=prices)
        # What is posted in the last hour of the year lies in the next one.
        assert 0 <= TASKS - table["tasks_completed"].sum() < TASKS / 1000, table["tasks_completed"].sum()
        assert checks.differences(engine, table, START, START + YEAR) == []

    def a_month() -> None:
        report.render(engine, settings, projects, day - timedelta(days=29), day)

    return {
        "one hour": median(lambda: hourly.compute(engine, noon, prices=prices)),
        "what is out of date, of a week": median(lambda: hourly.stale_hours(engine, now=noon)),
        "a year of hours": median(year, 1),
        "one day": median(lambda: daily.compute(engine, projects, day, prices=prices)),
        "a year of days": median(
            lambda: daily.compute(engine, projects, START.date(), START.date() + timedelta(days=364), prices=prices),
            1,
        ),
        "a report on 30 days": median(a_month, 3),
    }


def prepare(base: Path, database_url: str | None) -> tuple[sa.Engine, Settings]:
    """An empty database with the projects."""
    content = {
        "projects": [
            {"id": f"p{number}", "path": ".", "time_zone": "Europe/Berlin", "sources": [{"type": "video"}]}
            for number in range(PROJECTS)
        ],
        **({"database_url": database_url} if database_url else {}),
    }
    (base / "config.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    settings = load(base / "config.yaml", environ={})
    engine = connect(settings.sqlalchemy_url)
    schema.upgrade(engine)
    with writing(engine) as connection:
        defaults.apply(connection, settings, open_vault(settings.home, {}), now=datetime.now(timezone.utc))
    return engine, settings


def one(base: Path, database_url: str | None) -> dict[str, float]:
    """Make the data, and measure."""
    base.mkdir()
    engine, settings = prepare(base, database_url)
    began = time.perf_counter()
    fill(engine)
    print(f"{engine.dialect.name}: {TASKS:,} tasks made in {time.perf_counter() - began:.0f} s", flush=True)
    measured = measure(engine, settings)
    for name, took in measured.items():
        print(f"| {name} | {took:.2f} |", flush=True)
    engine.dispose()
    return measured


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        with shared_server(base / "server") as server, server.database() as url:
            postgresql = one(base / "postgresql", f"{url}?{OUR_SCHEMA}")
        one(base / "sqlite", None)
    if missed := [name for name, goal in GOALS.items() if postgresql[name] >= goal]:
        raise SystemExit(f"over the goal: {', '.join(missed)}")


if __name__ == "__main__":
    main()
