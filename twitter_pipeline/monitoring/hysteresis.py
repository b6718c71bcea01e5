"""When a value beyond its threshold is an alarm, and when that is over: pure, told the time, and never in a flutter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

#: What was not looked at for longer did not go on meanwhile: its times begin anew.
GAP = timedelta(minutes=3)
#: An alarm is over when its value is within the threshold by this part of it: what hovers around it is no change.
MARGIN = 0.1


class Level(Enum):
    """How a value stands to its threshold."""

    OVER = "over"
    #: Within it, but not well: neither begins nor ends anything.
    BETWEEN = "between"
    BELOW = "below"
    #: Nobody knows: what was measured failed.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class State:
    """A value that went beyond its threshold. Times are aware UTC."""

    over_since: datetime
    #: Since when it is an alarm; None while it is not.
    raised_at: datetime | None
    below_since: datetime | None
    seen_at: datetime
    closed_at: datetime | None = None


def level(value: float, threshold: float, *, downward: bool = False) -> Level:
    """How a value stands; `downward`: the threshold is a least."""
    if value <= threshold if downward else value >= threshold:
        return Level.OVER
    clear = threshold * (1 + MARGIN if downward else 1 - MARGIN)
    return Level.BELOW if (value > clear if downward else value < clear) else Level.BETWEEN


def follow(
    state: State | None, seen: Level, *, now: datetime, alarm_after: timedelta, over_after: timedelta
) -> State | None:
    """What becomes of a state, none at first, with what is seen now; None: there is nothing to keep.

    An alarm is raised once the value was seen beyond its threshold for `alarm_after` without a break, and closed once
    it was seen well within for `over_after` without a break.
    """
    if seen is Level.UNKNOWN:
        return state
    went_on = state is not None and now - state.seen_at <= GAP
    if state is None or state.raised_at is None:
        if seen is not Level.OVER:
            return None
        since = state.over_since if state is not None and went_on else now
        return State(since, now if now - since >= alarm_after else None, None, now)
    if seen is not Level.BELOW:
        return replace(state, below_since=None, seen_at=now)
    since = state.below_since if state.below_since is not None and went_on else now
    return replace(state, below_since=since, seen_at=now, closed_at=now if now - since >= over_after else None)
