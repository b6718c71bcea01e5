"""`twitter-pipeline alert …`, as a person runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twitter_pipeline.alerting import outbox, tick
from twitter_pipeline.cli.alert import NOBODY
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.alerting.receivers import Webhook, webhook
from twitter_pipeline_tests.cli.conftest import Command, Said
from twitter_pipeline_tests.support.items import NOW, put_task
from twitter_pipeline_tests.support.ports import free_port
from twitter_pipeline_tests.support.world import MakeWorld, World


@pytest.fixture
def told(world: MakeWorld, command: Callable[[World], Command]) -> Callable[..., tuple[World, Command]]:
    """``told([url])``: a world with these addresses, and its commands."""

    def make(urls: list[str]) -> tuple[World, Command]:
        made = world(top={"alerts": {"urls": urls, "disk_free_percent": 0}})
        return made, command(made)

    return make


def look(world: World) -> None:
    tick.look(world.engine, world.settings, now=NOW, running_since=NOW)


Told = Callable[..., tuple[Any, Command]]


def said(one: Said) -> str:
    return one.out + one.err


def test_with_nothing_open_the_list_says_so_and_whether_anybody_would_be_told(told: Told) -> None:
    _, alert = told([])
    shown = alert("alert", "list")
    assert (shown.code, shown.out.splitlines()) == (0, ["nothing needs you", f"nobody is told: {NOBODY}"])


def test_what_is_open_is_shown_until_somebody_knows_of_it(told: Told) -> None:
    world, alert = told([])
    put_task(world.engine, Status.FAILED, error_message="X refused\x1b[2J it", updated_at=NOW)
    look(world)
    shown = alert("alert", "list")
    assert shown.code == 3
    assert "cats: 1 item failed  (open, since 2026-11-24 12:00:00 UTC)" in shown.out
    assert "X refused" in shown.out
    assert "\x1b" not in shown.out
    (one,) = alert("alert", "list", "--json").json["alerts"]
    assert (one["cause"], one["count"], one["acknowledged_by"]) == ("failed:cats", 1, None)
    assert alert("alert", "acknowledge", str(one["id"]), "--by", "ann").out == f"{one['id']}: ann knows\n"
    shown = alert("alert", "list")
    assert (shown.code, "(ann knows, since" in shown.out) == (0, True)


def test_an_alert_there_is_not_is_a_wrong_command(told: Told) -> None:
    _, alert = told([])
    assert alert("alert", "acknowledge", "4711").code == 2
    assert alert("alert", "acknowledge", "99999999999999999999").code == 2


def test_a_test_says_of_each_address_what_came_of_it(told: Told) -> None:
    nobody = Webhook()
    nobody.port = free_port()
    with webhook() as hook:
        _, alert = told([nobody.url().replace("t0ken", "an0ther"), hook.url()])
        done = alert("alert", "test")
    first, second = done.out.splitlines()
    assert done.code == 3
    assert first.startswith("json-")
    assert "not sent: " in first
    assert second.endswith(": sent")
    assert hook.titles == ["a test"]
    assert "an0ther-of-the-webhook" not in said(done)
    assert "t0ken-of-the-webhook" not in said(done)


def test_a_test_without_an_address_says_what_to_do(told: Told) -> None:
    _, alert = told([])
    done = alert("alert", "test")
    assert done.code == 1
    assert "alerts.urls" in done.err


def test_a_secret_address_is_shown_nowhere(told: Told) -> None:
    hook = Webhook()
    hook.port = 9  # nobody listens
    world, alert = told(["json://ann:pa55word@127.0.0.1:9/t0ken-of-the-webhook?+X-Key=k3y-of-the-header"])
    with writing(world.engine) as connection:
        outbox.put(connection, world.settings, "open", "a title", "b", now=NOW)
    outbox.deliver(world.engine, world.settings, now=NOW)
    for shown in (alert("alert", "list"), alert("alert", "list", "--json"), alert("alert", "test")):
        assert "json-" in shown.out
        for secret in ("pa55word", "t0ken-of-the-webhook", "k3y-of-the-header"):
            assert secret not in said(shown)
    with world.engine.connect() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM alert_outbox").all())
    assert "a title" in dump
    for secret in ("pa55word", "t0ken-of-the-webhook", "k3y-of-the-header"):
        assert secret not in dump
