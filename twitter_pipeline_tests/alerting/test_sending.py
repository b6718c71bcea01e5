"""Messages reach real servers, through whatever dies in between."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import channels, outbox, sending
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.status import Status
from twitter_pipeline.store.tables import alert_outbox
from twitter_pipeline_tests.alerting.conftest import MakePipeline
from twitter_pipeline_tests.alerting.receivers import Webhook, mailbox, webhook
from twitter_pipeline_tests.support.items import NOW, put_task
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.waiting import wait_for


def test_an_alert_reaches_each_channel_once_with_what_why_and_what_to_do(pipeline: MakePipeline, hook: Webhook) -> None:
    with mailbox() as box:
        here = pipeline([hook.url(), box.url()])
        put_task(here.engine, Status.FAILED, error_message="X refused the film: too long", media_path="cat.mp4")
        here.look()
        assert here.deliver() == 2
        assert here.deliver(hours=3) == 0
    (message,) = hook.got
    (mail,) = box.got
    assert message["title"] == "[sandbox] cats: 1 item failed"
    assert mail["Subject"] == "[sandbox] cats: 1 item failed"
    assert mail["To"] == "ann@example.com"
    body = mail.get_body(("plain",))
    assert body is not None
    for said in (message["message"], body.get_content()):
        for words in (
            "-cat-",
            "X refused the film: too long",
            "What to do: ",
            "twitter-pipeline retry",
            "http://127.0.0.1:3000/assets/cats/tweets?view=partitions&partition=2026-11-24-cat-",
        ):
            assert words in said


def test_a_server_that_is_dead_gets_the_message_when_it_is_alive_again(
    pipeline: MakePipeline, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    here = pipeline([f"json://127.0.0.1:{port}/s3cret-of-the-dead", hook.url()])
    put_task(here.engine, Status.FAILED, error_message="no")
    here.look()
    with caplog.at_level(logging.WARNING):
        assert here.deliver() == 1  # the other channel is not held up
    assert here.deliver(seconds=30) == 0  # it waits before it tries again
    assert here.deliver(seconds=31) == 0
    with reading(here.engine) as connection:
        row = connection.execute(sa.select(alert_outbox).where(alert_outbox.c.sent_at.is_(None))).one()
    assert row.tries == 2
    assert row.next_at == here.now + timedelta(minutes=2)
    assert row.error
    for said in (caplog.text, row.error, row.channel):
        assert "s3cret" not in said
    with webhook(port) as alive:
        assert here.deliver(minutes=2) == 1
    assert alive.titles == hook.titles == ["cats: 1 item failed"]


def test_a_server_that_refuses_is_asked_again_later_and_later_but_every_hour(
    pipeline: MakePipeline, hook: Webhook
) -> None:
    here = pipeline([hook.url()])
    hook.status = 500
    with writing(here.engine) as connection:
        outbox.put(connection, here.settings, "open", "a", "b", now=here.now)
    refuse = iter(lambda: "no", None)
    waits = []
    for _ in range(9):
        outbox.deliver(here.engine, here.settings, now=here.now, send=lambda batch: (next(refuse) for _ in batch))
        with reading(here.engine) as connection:
            due = connection.execute(sa.select(alert_outbox.c.next_at)).scalar_one()
        waits.append((due - here.now) // timedelta(minutes=1))
        here.now = due
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    here.now = NOW + outbox.TRIED_FOR + timedelta(hours=1)
    assert here.deliver() == 0
    assert here.messages() == []


def test_what_is_sent_together_and_refused_holds_up_only_its_own_channel(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([f"json://127.0.0.1:{free_port()}/", hook.url()])
    with writing(here.engine) as connection:
        for title in ("one", "two", "three"):
            outbox.put(connection, here.settings, "open", title, "b", now=here.now)
    assert here.deliver() == 3
    assert hook.titles == ["one", "two", "three"]
    assert len(here.messages()) == 3


def test_a_sender_that_is_killed_before_it_says_so_has_the_message_sent_again_once(
    pipeline: MakePipeline, hook: Webhook
) -> None:
    here = pipeline([hook.url()])
    hook.holds = threading.Event()
    with writing(here.engine) as connection:
        outbox.put(connection, here.settings, "open", "the cat is out", "b", now=here.now)
    code = f"""
        from datetime import datetime
        from pathlib import Path
        from twitter_pipeline.alerting import outbox
        from twitter_pipeline.config import load
        from twitter_pipeline.store.opening import open_store
        settings = load(Path({str(here.settings.path)!r}))
        outbox.deliver(open_store(settings), settings, now=datetime.fromisoformat({here.now.isoformat()!r}))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], start_new_session=True)
    wait_for(lambda: hook.got, 60, "the message to arrive")
    os.killpg(process.pid, signal.SIGKILL)  # it has arrived, and nobody knows
    process.wait()
    hook.holds.set()
    assert here.deliver() == 0  # not while the first try may be under way
    assert here.deliver(minutes=1) == 1
    assert here.deliver(minutes=10) == 0
    assert hook.titles == ["the cat is out", "the cat is out"]


def test_two_who_send_at_once_send_it_once(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    with writing(here.engine) as connection:
        for number in range(5):
            outbox.put(connection, here.settings, "open", f"{number}", "b", now=here.now)
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        outbox.deliver(here.engine, here.settings, now=here.now)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(hook.titles) == ["0", "1", "2", "3", "4"]


def test_a_channel_that_was_taken_out_of_the_settings_is_sent_nothing(pipeline: MakePipeline, hook: Webhook) -> None:
    here = pipeline([hook.url()])
    with writing(here.engine) as connection:
        outbox.put(connection, here.settings, "open", "a", "b", now=here.now)
    here.settings = pipeline([]).settings
    assert here.deliver() == 0
    assert (hook.got, here.messages()) == ([], [])


def test_one_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, hook: Webhook) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 1.5)
    hook.holds = threading.Event()
    (why_not,) = sending.send([(hook.url() + "?rto=20", "a", "b")])
    assert why_not is not None
    assert "no answer" in why_not


def test_an_address_apprise_does_not_know_is_said_to_be_one() -> None:
    (why_not,) = sending.send([("nonsense://t0ken-of-the-webhook", "a", "b")])
    assert why_not == "Apprise does not know such an address"


def test_the_name_of_a_channel_says_nothing_of_its_address() -> None:
    name = channels.name_of("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
    assert name.startswith("slack-")
    assert len(name) == len("slack-") + 8
    assert name != channels.name_of("slack://T1JJ3T3L2/A1BRTD4JD/another")
