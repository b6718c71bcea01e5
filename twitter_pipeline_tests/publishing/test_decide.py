"""Every rule about waiting, retrying and failing."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.publishing.decide import MAX_RETRIES, back_off, decide
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
from twitter_pipeline.store.status import TRANSITIONS, Event, Status
from twitter_pipeline.store.tasks import Task
from twitter_pipeline_tests.support.items import NOW

HOUR = timedelta(hours=1)
URL = "https://x.com/cats/status/1859"


def running(**changes: Any) -> Task:
    """A task as a run holds it."""
    nothing = {field.name: None for field in dataclasses.fields(Task)}
    values = {"id": 7, "status": Status.RUNNING, "retry_count": 0, "attempt": 1, "fence": 1, **changes}
    return Task(**{**nothing, **values})  # type: ignore[arg-type]


#: Every outcome there is: what the task becomes, whether at a later time, and whether that uses up a retry.
TABLE: list[tuple[Outcome, Event, Status, bool]] = [
    (Posted("posted", "1859", URL), Event.POST, Status.COMPLETED, False),
    (Adopted("found", "1859", URL, NOW - HOUR), Event.ADOPT, Status.COMPLETED, False),
    (Absent("not there"), Event.REOPEN, Status.PENDING, True),
    (Absent("not there", was_busy=True), Event.REOPEN, Status.PENDING, False),
    (Absent("says ann", by_person=True), Event.REOPEN, Status.PENDING, False),
    (MustWait("429", NOW + HOUR), Event.WAIT, Status.PENDING, False),
    (MustWait("429", NOW + HOUR, whole_account=True), Event.WAIT, Status.PENDING, False),
    (AccountStopped("401"), Event.WAIT, Status.PENDING, False),
    (NotPublishable("no video in it"), Event.SKIP, Status.SKIPPED, False),
    (Refused("403"), Event.FAIL, Status.FAILED, False),
    (Failed("503"), Event.BACK_OFF, Status.PENDING, True),
    (Died("it died"), Event.BACK_OFF, Status.PENDING, True),
    (Unknown("no answer"), Event.LOSE_TRACK, Status.UNCONFIRMED, False),
    (Interrupted("ended", by_person=True), Event.STOP, Status.CANCELLED, False),
    (Interrupted("ended", by_person=False), Event.RELEASE, Status.PENDING, False),
]
_ids = [f"{type(outcome).__name__}-{event}" for outcome, event, _, _ in TABLE]


@pytest.mark.parametrize(("outcome", "event", "status", "retry"), TABLE, ids=_ids)
def test_an_outcome_becomes_its_move(outcome: Outcome, event: Event, status: Status, retry: bool) -> None:
    move = decide(outcome, running(), NOW)
    assert (move.event, TRANSITIONS[move.event].to, move.counts_as_retry) == (event, status, retry)


def test_the_table_above_is_whole() -> None:
    assert {type(row[0]) for row in TABLE} == {*Outcome.__subclasses__(), *Posted.__subclasses__()}


def test_an_outcome_without_a_rule_is_a_bug_that_shows() -> None:
    with pytest.raises(TypeError, match="no rule for Outcome"):
        decide(Outcome("what?"), running(), NOW)


_outcomes = st.one_of(
    st.builds(Posted, st.text(), st.text(), st.text()),
    st.builds(Adopted, st.text(), st.text(), st.text(), st.just(NOW)),
    st.builds(Absent, st.text(), by_person=st.booleans(), was_busy=st.booleans()),
    st.builds(MustWait, st.text(), st.timedeltas(-HOUR, 48 * HOUR).map(lambda after: NOW + after), st.booleans()),
    *(st.builds(kind, st.text()) for kind in (AccountStopped, NotPublishable, Refused, Failed, Died, Unknown)),
    st.builds(Interrupted, st.text(), by_person=st.booleans()),
)
_retries = st.integers(0, 2 * MAX_RETRIES)


@given(outcome=_outcomes, retries=_retries)
def test_waiting_is_not_failing(outcome: Outcome, retries: int) -> None:
    move = decide(outcome, running(retry_count=retries), NOW)
    failed = isinstance(outcome, (Failed, Died, Absent)) and not (
        isinstance(outcome, Absent) and (outcome.by_person or outcome.was_busy)
    )
    assert move.counts_as_retry == (failed and retries < MAX_RETRIES)


@given(outcome=_outcomes, retries=_retries)
def test_only_what_x_confirmed_is_called_posted(outcome: Outcome, retries: int) -> None:
    move = decide(outcome, running(retry_count=retries), NOW)
    assert (move.event in (Event.POST, Event.ADOPT)) == isinstance(outcome, Posted)
    if isinstance(outcome, Posted):
        assert move.tweet_id == outcome.tweet_id
        assert move.details["url"] == outcome.url
    else:
        assert move.tweet_id is None


@given(outcome=_outcomes, retries=_retries)
def test_what_may_be_on_x_is_never_posted_again_by_itself(outcome: Outcome, retries: int) -> None:
    move = decide(outcome, running(retry_count=retries), NOW)
    if isinstance(outcome, (Unknown, Posted)):
        assert TRANSITIONS[move.event].to in (Status.UNCONFIRMED, Status.COMPLETED)


@given(outcome=_outcomes, retries=_retries)
def test_a_decision_can_be_carried_out(outcome: Outcome, retries: int) -> None:
    move = decide(outcome, running(retry_count=retries), NOW)
    transition = TRANSITIONS[move.event]
    # Only what nobody works on any more is found to be absent.
    assert (Status.UNCONFIRMED if isinstance(outcome, Absent) else Status.RUNNING) in transition.froms
    assert (move.not_before is not None) == (transition.to is Status.PENDING)
    assert move.not_before is None or move.not_before >= NOW
    assert outcome.reason in move.message
    json.dumps(move.details)


@pytest.mark.parametrize(("retries", "minutes"), [(0, 1), (1, 4), (2, 16), (3, 64), (4, 256), (5, 360), (50, 360)])
def test_the_time_between_retries_grows_to_six_hours(retries: int, minutes: int) -> None:
    waits = [back_off(retries) for _ in range(200)]
    assert all(0.8 * minutes <= wait / timedelta(minutes=1) <= 1.2 * minutes for wait in waits)
    assert max(waits) - min(waits) > timedelta(minutes=0.1 * minutes), "a thousand items do not come back at once"


def test_a_failing_task_is_retried_as_often_as_allowed_and_then_failed() -> None:
    for retries in range(MAX_RETRIES):
        move = decide(Failed("503 from X"), running(retry_count=retries), NOW)
        assert move.event is Event.BACK_OFF
        assert move.message.startswith(f"503 from X; retry {retries + 1} of {MAX_RETRIES} at 2026-11-24 ")
        assert move.not_before is not None
        assert move.details == {"until": move.not_before.isoformat()}
    last = decide(Failed("503 from X"), running(retry_count=MAX_RETRIES), NOW)
    assert last.event is Event.FAIL
    assert last.message == f"503 from X (given up after {MAX_RETRIES} retries)"


def test_a_wait_lasts_until_its_time_but_never_into_the_past() -> None:
    assert decide(MustWait("429", NOW + HOUR), running(), NOW).not_before == NOW + HOUR
    assert decide(MustWait("paused", NOW - HOUR), running(), NOW).not_before == NOW


def test_what_a_person_ended_says_how_to_go_on() -> None:
    message = decide(Interrupted("ended by a person", by_person=True), running(), NOW).message
    assert message == "ended by a person; launch its partition, or run: twitter-pipeline retry 7"
