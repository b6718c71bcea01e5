"""Dagster's daemon, as a service: `python -m twitter_pipeline.launching.daemon run …`.

It looks for backfills every five seconds. Dagster waits thirty, before it begins one and again before it sees that it
has ended, and no setting says otherwise.
"""

from __future__ import annotations

from dagster._daemon import controller
from dagster._daemon.cli import main

#: Seconds between looks.
EVERY = 5


def look_often() -> None:
    """Have the loop of backfills, which reads this when it begins, wait so long."""
    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = EVERY


if __name__ == "__main__":
    look_often()
    main()
