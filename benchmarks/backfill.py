"""What a backfill of the figures takes as a person starts it: `python -m benchmarks.backfill`, with `DAYS=31,310`.

On PostgreSQL, with all that runs, "Materialize" for a month of `analytics_hourly` and then ten, from the request
until Dagster says that the backfill is done. Beside it the CPU time of all processes, those of PostgreSQL included.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.analytics import PROJECTS, START, TASKS, YEAR, fill
from twitter_pipeline.analytics import hourly
from twitter_pipeline.store.engine import connect
from twitter_pipeline_tests.support.postgres import OUR_SCHEMA, shared_server
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for


def main() -> None:
    """Measure, and print."""
    projects = [{"id": f"p{number}", "path": ".", "sources": [{"type": "video"}]} for number in range(PROJECTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "up").mkdir()
        with (
            shared_server(folder / "server") as server,
            server.database() as url,
            Stack(folder / "up", projects, database_url=f"{url}?{OUR_SCHEMA}") as stack,
        ):
            for project in projects:  # what is posted already needs no partition for this
                stack.dagster.stop_sensor(f"scan_{project['id']}")
            engine = connect(stack.settings.sqlalchemy_url)
            fill(engine)
            # Or the schedule would have it done hour by hour.
            hourly.compute(engine, START, START + YEAR, prices=stack.settings.x.prices)
            for days in map(int, os.environ.get("DAYS", "31,310").split(",")):
                hours = [f"{START + timedelta(hours=hour):%Y-%m-%d-%H:%M}" for hour in range(days * 24)]
                began, before = time.perf_counter(), _cpu(stack, server.port)
                backfill = stack.dagster.backfill_asset("analytics_hourly", hours)
                wait_for(lambda id=backfill: _ended(stack, id), 1200, "the backfill")
                took = time.perf_counter() - began
                print(
                    f"{days} days, {len(hours):,} hours, {TASKS:,} tasks: {took:.0f} s,"
                    f" {_cpu(stack, server.port) - before:.0f} s of a core,"
                    f" {stack.dagster.backfill_status(backfill)} (load {os.getloadavg()[0]:.1f})",
                    flush=True,
                )


def _cpu(stack: Stack, port: int) -> float:
    """Seconds of a core that the pipeline and PostgreSQL have used, in processes that have ended, too."""
    used = 0.0
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            command = " ".join(process.cmdline())
            if any(part in command for part in (str(stack.folder), str(stack.socket), f"port={port}")):
                times = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
    return used


def _ended(stack: Stack, backfill: str) -> bool:
    return stack.dagster.backfill_status(backfill).startswith(("COMPLETED", "FAILED", "CANCELED"))


if __name__ == "__main__":
    main()
