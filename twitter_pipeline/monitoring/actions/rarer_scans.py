"""The scans of a project are slow: its folder rests between them, longer and longer while they are.

`defs.ticks` obeys. Only the scan is left out of a tick: what is due goes out as ever.
"""

from __future__ import annotations

from datetime import timedelta

from twitter_pipeline.monitoring.actions import BETWEEN_STEPS, LASTS, Now, said
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import RARER_SCANS
from twitter_pipeline.store.engine import writing

#: How long a folder rests at first, and at most: an alert says after 15 minutes that nobody looks.
SHORTEST, LONGEST = timedelta(seconds=30), timedelta(minutes=5)


def ease(now: Now) -> None:
    """Begin, lengthen and end the rests of all projects."""
    slow = {alarm.scope: alarm for alarm in now.named("scan_slow")}
    with writing(now.engine) as connection:
        resting = easings.listing(connection, now=now.at, action=RARER_SCANS)
        for easing in resting:
            longer = min(easing.level * 2, round(LONGEST.total_seconds()))
            if easing.scope not in slow:
                easings.end(connection, easing, "its scans are quick again", now=now.at)
            elif now.at - easing.stepped_at >= BETWEEN_STEPS and longer != easing.level:
                why = said(slow[easing.scope])
                easings.step(connection, easing, longer, why, now=now.at, until=now.at + LASTS)
            else:
                easings.renew(connection, easing, until=now.at + LASTS)
        for project in slow.keys() - {easing.scope for easing in resting}:
            seconds = round(SHORTEST.total_seconds())
            why = f"{said(slow[project])}; its folder rests {seconds} s between scans"
            easings.begin(connection, RARER_SCANS, project, seconds, why, now=now.at, until=now.at + LASTS)
