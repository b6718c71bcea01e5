"""Planning: when each pending task of a project may go out, and what is late after the pipeline was down.

Times are aware UTC; a day is a day of the project's time zone, so that one has 23 or 25 hours twice a year.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta, timezone, tzinfo

from twitter_pipeline.config import DOWN_AFTER, Pacing

#: Where a project has no `min_interval`, what came due while it was down goes out this far apart at most.
CATCH_UP_GAP = timedelta(minutes=30)


def plan(
    pacing: Pacing,
    zone: tzinfo,
    *,
    posted: Iterable[datetime],
    not_before: Iterable[datetime],
    now: datetime,
    given: Sequence[datetime] = (),
) -> Iterator[datetime]:
    """A slot for each waiting task; the first may be `now`. A pure function.

    `posted` are the times of the project's posts, done and under way: those of this day, and those within
    `min_interval`. `not_before`, ascending, says from when on each waiting task may go out. Slots keep `min_interval`
    from every post and from each other, and no day gets more than `max_per_day`. `given`, ascending, are slots that
    others have already: these keep their distance from them, too.
    """
    taken = sorted(posted)
    per_day = Counter(moment.astimezone(zone).date() for moment in (*taken, *given))
    ahead = deque(given)
    earliest = max(now, taken[-1] + pacing.min_interval) if taken else now
    for wish in not_before:
        slot = max(earliest, wish)
        while True:
            while ahead and ahead[0] + pacing.min_interval <= slot:
                ahead.popleft()
            if pacing.max_per_day is not None and per_day[slot.astimezone(zone).date()] >= pacing.max_per_day:
                slot = _next_midnight(slot, zone)
            elif ahead and slot + pacing.min_interval > ahead[0]:
                slot = ahead[0] + pacing.min_interval
            else:
                break
        per_day[slot.astimezone(zone).date()] += 1
        earliest = slot + pacing.min_interval
        yield slot


def _next_midnight(moment: datetime, zone: tzinfo) -> datetime:
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(timezone.utc)


def was_down(ran_until: datetime, now: datetime) -> bool:
    """Whether nobody looked after the project between the two."""
    return now - ran_until > DOWN_AFTER


def is_late(wanted: datetime, *, ran_until: datetime, now: datetime, max_lateness: timedelta) -> bool:
    """Whether an item that was to go out at `wanted` is late at `now`, the first moment after a stop. A pure function.

    Its time must have come while the pipeline was down, after `ran_until`: what was due before waited for something
    else (a pause, its turn), and what is found now has its time from now on.
    """
    return was_down(ran_until, now) and ran_until < wanted and now - wanted > max_lateness


def spread(missed: Iterable[datetime], now: datetime) -> Iterator[datetime]:
    """New times for items whose times, ascending, passed while the pipeline was down. A pure function.

    The first goes out now, each other as long after the one before it as it was to, but CATCH_UP_GAP at most: so hours
    become half-hours, and what was to go out at once still does.
    """
    at, before = now, None
    for wanted in missed:
        at += min(wanted - before, CATCH_UP_GAP) if before is not None else timedelta(0)
        before = wanted
        yield at
