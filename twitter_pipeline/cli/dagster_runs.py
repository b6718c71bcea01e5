"""Waiting for the end of a run in the Dagster that `up` has started."""

from __future__ import annotations

import contextlib
import time

import typer

from twitter_pipeline.config import Settings
from twitter_pipeline.launching import by_hand
from twitter_pipeline.launching.graphql import DagsterAway

#: Seconds between two looks at the run.
LOOK = 0.5
#: A run that has not begun after so long (seconds) waits for others to end.
USUAL_START = 10.0
#: Dagster may be away this long (seconds) while a run is waited for.
PATIENCE = 30.0


def wait(settings: Settings, run_id: str) -> None:
    """Wait until the run has ended; Ctrl-C ends the waiting, not the run."""
    began = seen = time.monotonic()
    told = False
    try:
        while True:
            status = None
            with contextlib.suppress(DagsterAway):
                status = by_hand.status_of(settings, run_id)
                seen = time.monotonic()
            if status in by_hand.ENDED:
                return
            if time.monotonic() - seen > PATIENCE:
                typer.echo("Dagster does not answer any more; what became of the item:")
                return
            if not told and status == "QUEUED" and time.monotonic() - began > USUAL_START:
                told = True
                typer.echo("it waits for other runs to end (dagster.max_concurrent_runs)")
            time.sleep(LOOK)
    except KeyboardInterrupt:
        typer.echo("the run goes on without being watched")
