"""Alerts reach the mailbox of whose they are, through a real mail server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from twitter_pipeline.alerting import outbox, reports
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.alerting.conftest import MakePipeline, Pipeline
from twitter_pipeline_tests.alerting.receivers import Mailbox, Webhook, mailbox
from twitter_pipeline_tests.support.items import put_task

PEOPLE = {
    "users": [
        {"name": "ann", "email": "ann+cats@example.com"},
        {"name": "bob", "email": "bob@example.com"},
        {"name": "eve"},
    ],
    "accounts": [{"name": "sandbox", "owner": "bob"}],
}


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


def server(box: Mailbox) -> str:
    return f"mailto://127.0.0.1:{box.port}?from=pipeline@example.com"


def mails(box: Mailbox) -> list[tuple[str, str]]:
    return sorted((mail["To"], mail["Subject"].removeprefix("[sandbox] ")) for mail in box.got)


def stop(here: Pipeline) -> None:
    with writing(here.engine) as connection:
        accounts.stop(connection, accounts.by_name(connection, "sandbox").id, "X said no")


def test_each_owner_is_told_of_what_is_theirs_and_the_others_are_not(
    pipeline: MakePipeline, hook: Webhook, box: Mailbox
) -> None:
    here = pipeline([hook.url()], top=PEOPLE, mail=server(box))
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=here.now)
    stop(here)
    here.look()
    assert here.deliver() == 4
    of_account = "account sandbox is stopped: nothing is posted with it"
    assert mails(box) == [("ann+cats@example.com", "cats: 1 item failed"), ("bob@example.com", of_account)]
    assert sorted(hook.titles) == [of_account, "cats: 1 item failed"]
    with writing(here.engine) as connection:
        accounts.resume(connection, "sandbox")
    here.look(minutes=1)
    here.look(minutes=6)
    here.deliver()
    assert mails(box)[1:] == [("bob@example.com", f"Over: {of_account}"), ("bob@example.com", of_account)]


def test_what_is_nobody_s_is_the_first_user_s(pipeline: MakePipeline, box: Mailbox) -> None:
    here = pipeline(top=PEOPLE, mail=server(box), disk_free_percent=99.99)
    here.look()
    here.deliver()
    assert {to for to, _ in mails(box)} == {"ann+cats@example.com"}


def test_digest_and_all_is_well_go_to_the_owner_whom_they_are_about(pipeline: MakePipeline, box: Mailbox) -> None:
    here = pipeline(top=PEOPLE, mail=server(box), all_is_well="wednesday")
    reports.report(here.engine, here.settings, now=here.now)
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=here.now)
    here.look()
    here.now += timedelta(days=1)
    reports.report(here.engine, here.settings, now=here.now)
    here.deliver()
    assert mails(box) == [
        ("ann+cats@example.com", "1 alert is open"),
        ("ann+cats@example.com", "cats: 1 item failed"),
        ("bob@example.com", "all is well"),
    ]


def test_a_mail_server_that_is_down_holds_the_mail_until_it_is_up(pipeline: MakePipeline, box: Mailbox) -> None:
    here = pipeline(top=PEOPLE, mail="mailto://127.0.0.1:1?from=pipeline@example.com&pass=s3cret")
    put_task(here.engine, Status.FAILED, error_message="no", updated_at=here.now)
    here.look()
    assert here.deliver() == 0
    with reading(here.engine) as connection:
        (waiting,) = outbox.unsent(connection)
    assert waiting.channel == "owner-ann"
    assert "s3cret" not in str(waiting)
    up_again = here.settings.alerts.model_copy(update={"mail": type(here.settings.alerts.mail)(server(box))})
    here.settings = here.settings.model_copy(update={"alerts": up_again})
    assert here.deliver(minutes=2) == 1
    assert mails(box) == [("ann+cats@example.com", "cats: 1 item failed")]
