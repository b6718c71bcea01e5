"""Alerts while `up` runs: it sees that Dagster's daemon is gone, and goes on whatever breaks."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa

from twitter_pipeline.alerting import keeping
from twitter_pipeline.cli.up import alerting
from twitter_pipeline.store.engine import reading
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.alerting.receivers import webhook
from twitter_pipeline_tests.support.items import put_task
from twitter_pipeline_tests.support.waiting import wait_for
from twitter_pipeline_tests.support.world import MakeWorld, World


class Webserver:
    """What Dagster's webserver says of its daemons."""

    def __init__(self) -> None:
        self.seen = time.time()
        self.status = 200
        self.port = 0


@pytest.fixture
def webserver() -> Iterator[Webserver]:
    said = Webserver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            daemons = [{"daemonType": "SENSOR", "required": True, "lastHeartbeatTime": said.seen}]
            self.send_response(said.status)
            self.end_headers()
            answer = {"data": {"instance": {"daemonHealth": {"allDaemonStatuses": daemons}}}}
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        said.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield said
        server.shutdown()
        thread.join()


def causes(world: World) -> list[str]:
    with reading(world.engine) as connection:
        return [alert.cause for alert in keeping.listing(connection)]


def test_a_daemon_without_a_heartbeat_is_an_alert(world: MakeWorld, webserver: Webserver) -> None:
    here = world(top={"dagster": {"port": webserver.port}})
    alerting.look_at_daemon(here.engine, here.settings)
    assert causes(here) == []
    webserver.seen -= alerting.GONE_AFTER + 10
    alerting.look_at_daemon(here.engine, here.settings)
    assert causes(here) == ["daemon:dagster"]
    webserver.status = 503  # nothing is known: it is not taken for mended
    alerting.look_at_daemon(here.engine, here.settings)
    with reading(here.engine) as connection:
        assert [alert.gone_since for alert in keeping.listing(connection)] == [None]
    webserver.status, webserver.seen = 200, time.time()
    alerting.look_at_daemon(here.engine, here.settings)
    with reading(here.engine) as connection:
        assert [alert.gone_since is None for alert in keeping.listing(connection)] == [False]


def test_it_looks_at_once_and_a_last_time_at_the_end(world: MakeWorld) -> None:
    with webhook() as hook:
        here = world(top={"alerts": {"urls": [hook.url()], "disk_free_percent": 0}, "dagster": {"port": 9}})
        looking = alerting.Alerts(here.engine, lambda: here.settings)
        looking.begin()
        put_task(here.engine, Status.FAILED, error_message="no")
        looking.end(tell=True)
        wait_for(lambda: hook.got, 30, "the message")
    assert hook.titles == ["cats: 1 item failed"]


def test_a_database_that_is_away_ends_nothing_and_is_told_once(
    world: MakeWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    here = world(top={"dagster": {"port": 9}})
    monkeypatch.setattr(alerting, "EVERY", 0.01)
    looks = []

    def away(*_: object, **__: object) -> int:
        looks.append(1)
        raise sa.exc.OperationalError("SELECT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(alerting.tick, "tick", away)
    looking = alerting.Alerts(here.engine, lambda: here.settings)
    with caplog.at_level(logging.WARNING):
        looking.begin()
        wait_for(lambda: len(looks) > 3, 30, "several looks")
        looking.end(tell=False)
    told = [record.getMessage() for record in caplog.records if record.name == alerting.__name__]
    assert told == ["alerts were not looked for; tried again in a minute: the server closed the connection"]
