"""Memory or database connections are short: half as many runs at once, and half again, but never none.

`launching.run_queue` obeys: runs under way end as they would; those that wait stay in Dagster's queue.
"""

from __future__ import annotations

from twitter_pipeline.monitoring.actions import BETWEEN_STEPS, LASTS, Now, said
from twitter_pipeline.store import easings
from twitter_pipeline.store.easings import FEWER_RUNS
from twitter_pipeline.store.engine import writing

#: Which alarms are about what runs use up: the machine's memory, the server's connections.
SHORT = (("memory", ""), ("database_connections", "server"))


def ease(now: Now) -> None:
    """A step down while such an alarm is open, a step up when none is."""
    # What one process takes is eased by starting it anew; the API's own pool by nothing.
    short = [alarm for alarm in now.alarms if (alarm.name, alarm.scope) in SHORT]
    most = now.settings.dagster.max_concurrent_runs
    with writing(now.engine) as connection:
        easing = easings.in_force(connection, FEWER_RUNS, now=now.at)
        if easing is None:
            if short and most > 1:
                why = f"{said(short[0])}; {most // 2} runs at once instead of {most}"
                easings.begin(connection, FEWER_RUNS, "", most // 2, why, now=now.at, until=now.at + LASTS)
            return
        level = easing.level // 2 if short else easing.level * 2
        is_time = now.at - easing.stepped_at >= BETWEEN_STEPS
        if is_time and level >= most:
            easings.end(connection, easing, "no such alarm is open any more", now=now.at)
        elif is_time and level >= 1:
            why = said(short[0]) if short else "no such alarm is open any more"
            easings.step(connection, easing, level, why, now=now.at, until=now.at + LASTS)
        else:
            easings.renew(connection, easing, until=now.at + LASTS)
