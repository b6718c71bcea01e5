"""Slots: the promised distance and number, in any time zone, on any day."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twitter_pipeline.config import DOWN_AFTER, Pacing
from twitter_pipeline.publishing.planning import CATCH_UP_GAP, is_late, plan, spread
from twitter_pipeline_tests.support.items import NOW

UTC = timezone.utc
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
NO_INTERVAL = timedelta(0)

#: Pacing, zone, the times of posts, the earliest times of those that wait, now.
Situation = tuple[Pacing, ZoneInfo, list[datetime], list[datetime], datetime]

#: Days are odd here: clocks change at midnight, by half an hour, or across it.
_ODD = ["America/Havana", "America/Santiago", "Asia/Beirut", "Africa/Cairo", "Australia/Lord_Howe", "America/Nuuk"]
_zones = st.sampled_from(_ODD) | st.sampled_from(sorted(available_timezones()))


@functools.cache
def _transitions(zone: ZoneInfo) -> list[datetime]:
    """The hours of 2025 to 2027 after which the zone's clocks were changed."""
    start = datetime(2025, 1, 1, tzinfo=UTC)

    def changes(moments: list[datetime]) -> list[datetime]:
        offsets = [moment.astimezone(zone).utcoffset() for moment in moments]
        return [moment for moment, one, other in zip(moments, offsets, offsets[1:], strict=False) if one != other]

    # Hour by hour only in days that end with another offset: 1,000 questions instead of 17,000.
    days = changes([start + DAY * number for number in range(2 * 365)])
    return [hour for day in days for hour in changes([day + HOUR * number for number in range(25)])]


@st.composite
def _situations(draw: st.DrawFn) -> Situation:
    zone = ZoneInfo(draw(_zones))
    moments = st.datetimes(datetime(2025, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    if changes := _transitions(zone):
        around = st.sampled_from(changes)
        moments = moments | st.builds(lambda change, by: change + by, around, st.timedeltas(-2 * DAY, DAY))
    now = draw(moments)
    pacing = Pacing(
        draw(
            st.sampled_from([NO_INTERVAL, MINUTE, 30 * MINUTE, 7 * HOUR, 30 * HOUR]) | st.timedeltas(NO_INTERVAL, DAY)
        ),
        draw(st.none() | st.integers(1, 4)),
    )
    posted = [now - ago for ago in draw(st.lists(st.timedeltas(NO_INTERVAL, 2 * DAY), max_size=6))]
    waiting = sorted(now + by for by in draw(st.lists(st.timedeltas(-DAY, 4 * DAY), min_size=1, max_size=12)))
    return pacing, zone, posted, waiting, now


def _per_day(moments: Sequence[datetime], zone: ZoneInfo) -> Counter[object]:
    return Counter(moment.astimezone(zone).date() for moment in moments)


@given(_situations())
def test_the_interval_holds_between_any_two_posts(situation: Situation) -> None:
    pacing, zone, posted, waiting, now = situation
    slots = list(plan(pacing, zone, posted=posted, not_before=waiting, now=now))
    newest = sorted(posted)[-1:]
    for one, other in zip(newest + slots, slots if newest else slots[1:], strict=False):
        assert other - one >= pacing.min_interval


@given(_situations())
def test_no_day_of_the_project_s_zone_gets_too_many(situation: Situation) -> None:
    pacing, zone, posted, waiting, now = situation
    assume(pacing.max_per_day is not None)
    slots = list(plan(pacing, zone, posted=posted, not_before=waiting, now=now))
    before, planned = _per_day(posted, zone), _per_day(slots, zone)
    for day, number in planned.items():
        assert before[day] + number <= pacing.max_per_day  # type: ignore[operator]


@given(_situations())
def test_order_is_kept_and_nobody_goes_before_its_time(situation: Situation) -> None:
    pacing, zone, posted, waiting, now = situation
    slots = list(plan(pacing, zone, posted=posted, not_before=waiting, now=now))
    assert len(slots) == len(waiting)
    assert slots == sorted(slots)
    for slot, wish in zip(slots, waiting, strict=True):
        assert slot >= wish
        assert slot >= now


@given(_situations())
def test_nobody_waits_longer_than_the_rules_ask_for(situation: Situation) -> None:
    pacing, zone, posted, waiting, now = situation
    slots = list(plan(pacing, zone, posted=posted, not_before=waiting, now=now))
    before = sorted(posted)
    for slot, wish in zip(slots, waiting, strict=True):
        soonest = max([now, wish, *(moment + pacing.min_interval for moment in before[-1:])])
        if slot != soonest:  # only a full day puts it off, and only to the first moment of the next
            assert pacing.max_per_day is not None
            last_moment = (slot - timedelta(microseconds=1)).astimezone(zone)
            assert last_moment.date() < slot.astimezone(zone).date()
            assert _per_day(before, zone)[last_moment.date()] >= pacing.max_per_day
        before.append(slot)


@given(_situations())
def test_without_pacing_each_goes_out_as_soon_as_it_may(situation: Situation) -> None:
    _, zone, posted, waiting, now = situation
    slots = list(plan(Pacing(NO_INTERVAL, None), zone, posted=posted, not_before=waiting, now=now))
    assert slots == [max(now, wish) for wish in waiting]


def test_a_plan_reads_like_this() -> None:
    pacing = Pacing(30 * MINUTE, 3)
    now = datetime(2026, 11, 24, 21, 50, tzinfo=UTC)  # 22:50 in Berlin
    slots = plan(pacing, BERLIN, posted=[now - 20 * MINUTE], not_before=[now] * 4, now=now)
    assert [f"{slot.astimezone(BERLIN):%d %H:%M}" for slot in slots] == ["24 23:00", "24 23:30", "25 00:00", "25 00:30"]


@pytest.mark.parametrize(("date", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_day_is_as_long_as_it_is(date: str, hours: int) -> None:
    midnight = datetime.combine(datetime.fromisoformat(date).date(), time(), BERLIN).astimezone(UTC)
    first, second = plan(Pacing(NO_INTERVAL, 1), BERLIN, posted=[], not_before=[midnight] * 2, now=midnight)
    assert second - first == hours * HOUR


def test_where_midnight_is_skipped_the_day_begins_at_one() -> None:
    santiago = ZoneInfo("America/Santiago")
    before = datetime(2026, 9, 5, 22, 0, tzinfo=santiago).astimezone(UTC)
    _, second = plan(Pacing(NO_INTERVAL, 1), santiago, posted=[], not_before=[before] * 2, now=before)
    assert f"{second.astimezone(santiago):%Y-%m-%d %H:%M}" == "2026-09-06 01:00"


def test_a_day_that_has_too_many_already_gets_no_more() -> None:
    (slot,) = plan(Pacing(NO_INTERVAL, 1), UTC, posted=[NOW - HOUR] * 5, not_before=[NOW], now=NOW)
    assert slot == datetime(2026, 11, 25, tzinfo=UTC)


def test_nothing_waits_for_nothing() -> None:
    assert list(plan(Pacing(HOUR, 1), UTC, posted=[NOW], not_before=[], now=NOW)) == []


_lengths = st.timedeltas(NO_INTERVAL, 4 * DAY)


@given(stop=_lengths, before=st.timedeltas(-4 * DAY, 4 * DAY), limit=st.timedeltas(DOWN_AFTER, 4 * DAY))
def test_late_is_what_came_due_while_nothing_ran_and_longer_ago_than_the_limit(
    stop: timedelta, before: timedelta, limit: timedelta
) -> None:
    ran_until = NOW - stop
    wanted = NOW - before
    late = is_late(wanted, ran_until=ran_until, now=NOW, max_lateness=limit)
    assert late == (stop > DOWN_AFTER and stop > before > limit)
    # It is so until its time is another one, and once it is, it stays so while nothing runs.
    assert not late or is_late(wanted, ran_until=ran_until, now=NOW + HOUR, max_lateness=limit)
    # What runs without a stop never makes anything late, whatever its time.
    assert not is_late(wanted, ran_until=NOW - DOWN_AFTER, now=NOW, max_lateness=NO_INTERVAL)


@given(st.lists(_lengths, max_size=12))
def test_what_was_missed_keeps_its_order_and_comes_no_closer_than_half_hours(ago: list[timedelta]) -> None:
    missed = sorted(NOW - one for one in ago)
    times = list(spread(missed, NOW))
    assert times[:1] == [NOW][: len(missed)]
    distances = [other - one for one, other in itertools.pairwise(times)]
    before = [other - one for one, other in itertools.pairwise(missed)]
    assert distances == [min(one, CATCH_UP_GAP) for one in before]


@given(_situations(), st.integers(0, 3))
def test_slots_that_others_have_keep_their_distance_and_their_place_in_the_day(situation: Situation, many: int) -> None:
    pacing, zone, posted, waiting, now = situation
    given_ = list(plan(pacing, zone, posted=posted, not_before=waiting[:many], now=now))
    rest = list(plan(pacing, zone, posted=posted, not_before=waiting[many:], now=now, given=given_))
    every = sorted(given_ + rest)
    assert all(other - one >= pacing.min_interval for one, other in itertools.pairwise(every))
    assert all(slot >= wish for slot, wish in zip(rest, waiting[many:], strict=True))
    if pacing.max_per_day is not None:
        before = _per_day(posted, zone)
        assert all(before[day] + number <= pacing.max_per_day for day, number in _per_day(every, zone).items())
