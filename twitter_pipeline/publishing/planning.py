"""Planning: when each pending task of a project may go out.

Times are aware UTC; a day is a day of the project's time zone, so that one has 23 or 25 hours twice a year.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, time, timedelta, timezone, tzinfo

from twitter_pipeline.config import Pacing


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
