"""The one place that decides what becomes of a task: `decide(outcome, task, now) → Move`.

| outcome | becomes | again |
|---|---|---|
| Posted, Adopted | completed | – |
| the same, more of its thread to come | pending, where it is not this run's any more | at once; no retry used |
| MustWait | pending | at its time; no retry used |
| AccountStopped | pending | when a person resumed the account; no retry used |
| Failed, Died | pending, `retry_count` + 1 | after 1, 4, 16 … minutes, at most 6 hours; then failed |
| NotPublishable | skipped | when its cause is gone or a person retries |
| Refused | failed | when a person retries |
| Unknown | unconfirmed | when the timeline, or a person, has shown that it is not on X |
| Absent | pending, `retry_count` + 1 | as after a failure; at once when a person says so; X was busy (503): no retry |
| Absent, its words a repetition, in a thread that has begun | pending, `retry_count` + 1 | after `x.repeat_window` |
| Interrupted by a person | cancelled | when a person launches or retries it |
| Interrupted by shutdown | pending | at the next start; no retry used |
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from twitter_pipeline.publishing.outcomes import (
    Absent,
    AccountStopped,
    Adopted,
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

#: How many later runs a failing task gets before it is `failed`, where a project does not say (`max_retries`).
MAX_RETRIES = 5

_FIRST_BACK_OFF = timedelta(minutes=1)
_LONGEST_BACK_OFF = timedelta(hours=6)


def decide(outcome: Outcome, task: Task, now: datetime, *, max_retries: int = MAX_RETRIES) -> Move:
    """What becomes of a running task after `outcome`, or of an unconfirmed one. Pure but for a back-off's jitter."""
    reason = outcome.reason
    if isinstance(outcome, Posted):
        tweet_id, url = outcome.head or (outcome.tweet_id, outcome.url)
        details: dict[str, object] = {"url": url, "tweet_id": tweet_id}
        if outcome.left:
            return Move(Event.REOPEN, f"{reason}; its thread goes on", because=reason, not_before=now, details=details)
        if isinstance(outcome, Adopted):
            details["adopted"] = True
            return Move(Event.ADOPT, reason, tweet_id=tweet_id, posted_at=outcome.posted_at, details=details)
        return Move(Event.POST, reason, tweet_id=tweet_id, details=details)
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
            how = f"{reason}; launch its partition, or run: twitter-pipeline retry {task.id}"
            return Move(Event.STOP, how, because=reason)
        return Move(Event.RELEASE, reason, not_before=now)
    if isinstance(outcome, Absent) and outcome.by_person:
        return Move(Event.REOPEN, reason, not_before=now, details={"by_person": True})
    if isinstance(outcome, Absent) and outcome.was_busy:
        return Move(Event.REOPEN, reason, not_before=now + back_off(task.retry_count))
    if isinstance(outcome, (Failed, Died, Absent)):
        if task.retry_count >= max_retries:
            return Move(Event.FAIL, f"{reason} (given up after {task.retry_count} retries)", because=reason)
        known = outcome.not_before if isinstance(outcome, Absent) else None
        until = known or now + back_off(task.retry_count)
        return Move(
            Event.REOPEN if isinstance(outcome, Absent) else Event.BACK_OFF,
            f"{reason}; retry {task.retry_count + 1} of {max_retries} at {until:%Y-%m-%d %H:%M:%S} UTC",
            because=reason,
            not_before=until,
            counts_as_retry=True,
            details={"until": until.isoformat()},
        )
    raise TypeError(f"no rule for {outcome!r}")


def back_off(retries: int) -> timedelta:
    """How long to wait after the failure that follows `retries` earlier ones: four times as long each time, ± 20 %."""
    wait = min(_FIRST_BACK_OFF.total_seconds() * 4.0**retries, _LONGEST_BACK_OFF.total_seconds())
    return timedelta(seconds=wait * random.uniform(0.8, 1.2))
