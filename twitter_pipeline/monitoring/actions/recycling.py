"""A process has grown: it is started anew, once an hour at most.

`cli.up.recycling` obeys. Only services that no run is part of; the launcher, whose forks the runs are, is none.
"""

from __future__ import annotations

from datetime import timedelta

from twitter_pipeline.monitoring.actions import Now, said
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import RECYCLING
from twitter_pipeline.store.engine import writing

#: Services of `up` that may be started anew, by their names.
SERVICES = frozenset({"code-server", "daemon", "webserver", "api"})
#: The shortest time between two times for one process.
AGAIN_AFTER = timedelta(hours=1)
#: How long `up` has for it, which waits for a quiet moment; without an `up` nobody obeys.
WITHIN = timedelta(minutes=10)


def ease(now: Now) -> None:
    """Ask for each process that grew to be started anew; `up` ends the row once it is."""
    grown = {alarm.scope: alarm for alarm in now.named("memory") if alarm.scope in SERVICES}
    with writing(now.engine) as connection:
        for easing in easings.listing(connection, now=now.at, action=RECYCLING):
            if easing.scope not in grown:
                easings.end(connection, easing, "it has shrunk by itself", now=now.at)
        for service, alarm in grown.items():
            last = easings.last_began(connection, RECYCLING, service)
            if last is None or now.at - last >= AGAIN_AFTER:
                until = now.at + WITHIN
                easings.begin(connection, RECYCLING, service, 1, said(alarm), now=now.at, until=until)
