"""One alert a cause: repeats counted, acknowledged by a person, closed by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping, outbox
from twitter_pipeline.alerting.cause import Cause, Kind
from twitter_pipeline.scanning.reasons import LATE
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Event, Status
from twitter_pipeline.store.tables import alerts
from twitter_pipeline_tests.alerting.conftest import MakePipeline, Pipeline, many
from twitter_pipeline_tests.alerting.receivers import Webhook
from twitter_pipeline_tests.support.items import NOW, carry_out, put_task


def fail(here: Pipeline, reason: str = "no") -> int:
    return put_task(here.engine, Status.FAILED, error_message=reason, updated_at=here.now)


def know(here: Pipeline, alert_id: int) -> bool:
    with writing(here.engine) as connection:
        return keeping.acknowledge(connection, alert_id, "ann", now=here.now)


def test_a_thousand_failures_are_one_alert_and_one_message(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    fail(here)
    (alert,) = here.look()
    for number in (10, 100, 1000):
        many(here, number - alert.count, Status.FAILED, updated_at=here.now)
        (alert,) = here.look(minutes=1)
        assert alert.count == number
        here.deliver()
    assert hook.titles == ["cats: 1 item failed"]
    assert here.open(closed=True) == here.open()
    assert alert.title == "cats: 1,000 items failed"


def test_the_database_takes_no_second_open_alert_of_a_cause(pipeline: MakePipeline) -> None:
    here = pipeline()
    fail(here)
    (alert,) = here.look()
    values = {"cause": alert.cause, "title": "", "message": "", "remedy": "", "count": 1}
    with pytest.raises(sa.exc.IntegrityError), writing(here.engine) as connection:
        connection.execute(sa.insert(alerts).values(opened_at=NOW, last_at=NOW, **values))
    with writing(here.engine) as connection:
        connection.execute(sa.insert(alerts).values(opened_at=NOW, last_at=NOW, closed_at=NOW, **values))


def test_many_who_look_at_once_open_one(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    fail(here)
    together = threading.Barrier(4)

    def look() -> None:
        together.wait()
        here.look()

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(here.open(closed=True)) == 1
    assert len(here.messages()) == 1


def test_it_is_closed_when_its_cause_has_been_gone_for_a_while_and_that_is_told(
    pipeline: MakePipeline, hook: Webhook
) -> None:
    here = pipeline([hook.url()])
    task_id = fail(here)
    here.look()
    here.deliver()
    carry_out(here.engine, task_id, Event.RETRY)
    (alert,) = here.look(minutes=1)
    assert alert.gone_since == here.now
    (alert,) = here.look(minutes=4)
    assert here.look(minutes=1) == []
    here.deliver()
    assert hook.titles == ["cats: 1 item failed", "Over: cats: 1 item failed"]
    (closed,) = here.open(closed=True)
    assert closed.closed_at == here.now


@pytest.mark.parametrize("reason", ["the file is cut off", f"{LATE} by 3 days"])
@pytest.mark.parametrize(("days", "begins"), [(6, "Over: "), (8, "No longer told: ")])
def test_what_is_only_old_is_not_called_over(
    pipeline: MakePipeline, hook: Webhook, reason: str, days: int, begins: str
) -> None:
    here = pipeline([hook.url()])
    task_id = put_task(here.engine, Status.SKIPPED, error_message=reason, updated_at=here.now)
    (alert,) = here.look()
    here.deliver()
    here.look(days=days)
    if days < 7:
        carry_out(here.engine, task_id, Event.RETRY)
        here.look()
    assert here.look(minutes=6) == []
    here.deliver()
    assert hook.titles == [alert.title, f"{begins}{alert.title}"]
    assert ("There is nothing to do" in str(hook.got[-1])) == (days < 7)
    with reading(here.engine) as connection:
        assert len(keeping.ended(connection, since=NOW)) == (days < 7)


def test_one_that_comes_and_goes_is_told_once(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    with writing(here.engine) as connection:
        account = accounts.by_name(connection, "sandbox")
    for _ in range(5):
        with writing(here.engine) as connection:
            accounts.stop(connection, account.id, "X answered 401")
        here.look(minutes=1)
        here.deliver()
        with writing(here.engine) as connection:
            accounts.resume(connection, "sandbox")
        here.look(minutes=1)
        here.deliver()
    assert hook.titles == ["account sandbox is stopped: nothing is posted with it"]
    assert len(here.open(closed=True)) == 1


def test_what_comes_back_after_it_was_closed_is_an_alert_of_its_own(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    for _ in range(2):
        task_id = fail(here)
        here.look(minutes=1)
        here.deliver()
        carry_out(here.engine, task_id, Event.RETRY)
        here.look(minutes=1)
        here.look(minutes=6)
        here.deliver()
    assert hook.titles == ["cats: 1 item failed", "Over: cats: 1 item failed"] * 2
    assert len(here.open(closed=True)) == 2


def test_what_was_over_before_it_was_told_is_not_told(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    hook.status = 500
    task_id = fail(here)
    here.look()
    here.deliver()
    carry_out(here.engine, task_id, Event.RETRY)
    here.look(minutes=1)
    assert here.look(minutes=6) == []
    assert here.messages() == []
    hook.status = 200
    here.deliver(hours=1)
    assert hook.got == []


def test_one_a_person_knows_of_is_told_again_when_more_of_it_comes(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    fail(here)
    (alert,) = here.look()
    here.deliver()
    here.now += timedelta(minutes=1)
    assert know(here, alert.id)
    (alert,) = here.look(minutes=1)
    assert (alert.acknowledged_by, here.messages()) == ("ann", [])
    here.now += timedelta(minutes=1)
    fail(here, "another reason")
    (alert,) = here.look()
    assert (alert.acknowledged_by, alert.count) == (None, 2)
    here.look(minutes=1)
    here.deliver()
    assert hook.titles == ["cats: 1 item failed", "cats: 2 items failed"]


def test_what_a_person_knows_of_before_it_was_told_is_not_told(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    fail(here)
    (alert,) = here.look()
    assert know(here, alert.id)
    assert here.deliver(minutes=1) == 0
    assert here.messages() == []


def test_one_that_is_over_cannot_be_acknowledged(pipeline: MakePipeline) -> None:
    here = pipeline()
    task_id = fail(here)
    (alert,) = here.look()
    carry_out(here.engine, task_id, Event.RETRY)
    here.look(minutes=1)
    assert here.look(minutes=6) == []
    assert not know(here, alert.id)
    with pytest.raises(LookupError):
        know(here, 4711)


def test_while_nothing_changes_nothing_is_written(pipeline: MakePipeline) -> None:
    here = pipeline()
    fail(here)
    with writing(here.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X answered 401")
    here.look()
    written: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "BEGIN")):
            written.append(statement)

    sa.event.listen(here.engine, "before_cursor_execute", note)
    here.look(minutes=1)
    sa.event.remove(here.engine, "before_cursor_execute", note)
    assert written == []


def test_what_was_not_looked_for_is_not_taken_for_gone(pipeline: MakePipeline) -> None:
    here = pipeline()
    run = Cause(Kind.RUN, "analyse_hour", "a run failed", "why", "look")
    keeping.happened(here.engine, here.settings, run, now=here.now)
    keeping.happened(here.engine, here.settings, run, now=here.now)
    (alert,) = here.look(days=1)
    assert (alert.cause, alert.count, alert.gone_since) == ("run:analyse_hour", 2, None)
    assert know(here, alert.id)  # nothing else ends it
    assert here.open() == []


@pytest.mark.parametrize(
    ("quiet", "zone", "waits_until"),
    [
        ("11:00-13:30", "UTC", "13:30"),
        ("12:30-13:00", "UTC", "12:00"),
        ("22:00-07:00", "Asia/Tokyo", "12:00"),  # 21:00 there
        ("20:00-07:00", "Asia/Tokyo", "22:00"),
        ("22:00-12:00", "UTC", "12:00"),
    ],
)
def test_in_quiet_hours_a_message_waits_for_their_end(
    pipeline: MakePipeline, hook: Webhook, quiet: str, zone: str, waits_until: str
) -> None:
    here = pipeline([hook.url()], quiet_hours=quiet, time_zone=zone)
    fail(here)
    here.look()
    with reading(here.engine) as connection:
        (at,) = [one.next_at for one in outbox.unsent(connection)]
    assert f"{at:%H:%M}" == waits_until
    assert here.deliver() == (waits_until == "12:00")
    here.now = at
    here.deliver()
    assert len(hook.got) == 1
