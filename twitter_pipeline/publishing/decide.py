"""The one place that decides what becomes of a task: `decide(outcome, task, now) → Move`.

| outcome | becomes | again |
|---|---|---|
| Posted | completed | – |
| MustWait | pending | at its time; no retry used |
| AccountStopped | pending | when a person resumed the account; no retry used |
| Failed, Died | pending, `retry_count` + 1 | after 1, 4, 16 … minutes, at most 6 hours; then failed |
| NotPublishable | skipped | when its cause is gone or a person retries |
| Refused | failed | when a person retries |
| Unknown | unconfirmed | never by itself |
| Interrupted by a person | cancelled | when a person launches or retries it |
| Interrupted by shutdown | pending | at the next start; no retry used |
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from twitter_pipeline.publishing.outcomes import (
    AccountStopped,
    Died,
    Failed,
    Interrupted,
    MustWait,
    NotPublishable,
    Outcome,
    Posted,
    Refused,
    Unknown,
)
from twitter_pipeline.store.status import Event, Move
from twitter_pipeline.store.tasks import Task

#: How many later runs a failing task gets before it is `failed`.
MAX_RETRIES = 5

_FIRST_BACK_OFF = timedelta(minutes=1)
_LONGEST_BACK_OFF = timedelta(hours=6)


def decide(outcome: Outcome, task: Task, now: datetime) -> Move:
    """What becomes of a running task after `outcome`. Pure but for the jitter of a back-off."""
    reason = outcome.reason
    if isinstance(outcome, Posted):
        return Move(
            Event.POST, reason, tweet_id=outcome.tweet_id, details={"url": outcome.url, "tweet_id": outcome.tweet_id}
        )
    if isinstance(outcome, MustWait):
        until = max(outcome.until, now)
        return Move(Event.WAIT, reason, not_before=until, details={"until": until.isoformat()})
    if isinstance(outcome, AccountStopped):
        return Move(Event.WAIT, reason, not_before=now)
    if isinstance(outcome, NotPublishable):
        return Move(Event.SKIP, reason)
    if isinstance(outcome, Refused):
        return Move(Event.FAIL, reason)
    if isinstance(outcome, Unknown):
        return Move(Event.LOSE_TRACK, reason)
    if isinstance(outcome, Interrupted):
        if outcome.by_person:
            return Move(Event.STOP, f"{reason}; launch its partition, or run: twitter-pipeline retry {task.id}")
        return Move(Event.RELEASE, reason, not_before=now)
    if isinstance(outcome, (Failed, Died)):
        if task.retry_count >= MAX_RETRIES:
            return Move(Event.FAIL, f"{reason} (given up after {task.retry_count} retries)")
        until = now + back_off(task.retry_count)
        return Move(
            Event.BACK_OFF,
            f"{reason}; retry {task.retry_count + 1} of {MAX_RETRIES} at {until:%Y-%m-%d %H:%M:%S} UTC",
            not_before=until,
            counts_as_retry=True,
            details={"until": until.isoformat()},
        )
    raise TypeError(f"no rule for {outcome!r}")


def back_off(retries: int) -> timedelta:
    """How long to wait after the failure that follows `retries` earlier ones: four times as long each time, ± 20 %."""
    wait = min(_FIRST_BACK_OFF.total_seconds() * 4.0**retries, _LONGEST_BACK_OFF.total_seconds())
    return timedelta(seconds=wait * random.uniform(0.8, 1.2))
