"""Alarms do not flutter, whatever is measured and however often somebody looks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.monitoring.hysteresis import GAP, Level, State, follow, level
from twitter_pipeline_tests.support.items import MINUTE, NOW

#: How many seconds after the last look, and what is seen then.
LOOKS = st.lists(
    st.tuples(st.sampled_from([30, 60, 60, 60, 90, 400]), st.sampled_from([*Level, Level.OVER, Level.BELOW])),
    max_size=80,
)
WAITS = st.integers(0, 6).map(lambda minutes: minutes * MINUTE)


@given(LOOKS, WAITS, WAITS)
def test_an_alarm_begins_and_ends_only_with_what_was_seen_for_long_enough_without_a_break(
    looks: list[tuple[int, Level]], alarm_after: timedelta, over_after: timedelta
) -> None:
    now, state = NOW, None
    #: Looks that showed something, newest last.
    seen: list[tuple[timedelta, Level]] = []
    began = ended = 0
    for seconds, found in looks:
        now += timedelta(seconds=seconds)
        if found is not Level.UNKNOWN:
            seen.append((now - NOW, found))
        before, state = state, follow(state, found, now=now, alarm_after=alarm_after, over_after=over_after)
        was_raised = before is not None and before.raised_at is not None
        is_raised = state is not None and state.raised_at is not None
        should_begin = lasted(seen, Level.OVER) >= alarm_after if found is Level.OVER else False
        should_end = lasted(seen, Level.BELOW) >= over_after if found is Level.BELOW else False
        if not was_raised:
            assert is_raised == should_begin
            began += is_raised
        else:
            assert state is not None
            assert (state.closed_at is not None) == should_end
            if should_end:
                ended += 1
                state, seen = None, []
        if found is Level.UNKNOWN:
            assert state == before
    spent = now - NOW
    assert ended * over_after + began * alarm_after <= spent
    assert ended <= began <= ended + 1


def lasted(seen: list[tuple[timedelta, Level]], wanted: Level) -> timedelta:
    """How long it has been so, up to the newest look, without a break."""
    at, first = seen[-1][0], seen[-1][0]
    for when, found in reversed(seen):
        if found is not wanted or first - when > GAP:
            break
        first = when
    return at - first


@given(st.floats(0.01, 1e9), st.booleans())
def test_around_its_threshold_a_value_neither_begins_nor_ends_anything(threshold: float, downward: bool) -> None:
    side = -1 if downward else 1
    assert level(threshold, threshold, downward=downward) is Level.OVER
    assert level(threshold * (1 + side * 0.5), threshold, downward=downward) is Level.OVER
    assert level(threshold * (1 - side * 0.05), threshold, downward=downward) is Level.BETWEEN
    assert level(threshold * (1 - side * 0.2), threshold, downward=downward) is Level.BELOW


@pytest.mark.parametrize("found", [Level.OVER, Level.BELOW])
def test_what_nobody_looked_at_did_not_go_on(found: Level) -> None:
    """The process was away for an hour: what it saw before and sees now is no hour of it."""
    raised = None if found is Level.OVER else NOW
    state = State(NOW, raised, None if raised is None else NOW, NOW)
    later = follow(state, found, now=NOW + 60 * MINUTE, alarm_after=5 * MINUTE, over_after=5 * MINUTE)
    assert later is not None
    assert (later.raised_at, later.closed_at) == (raised, None)
