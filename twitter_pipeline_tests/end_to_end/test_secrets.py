"""A whole session in live mode, with servers that say back every secret: none stands in what it leaves or shows."""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from twitter_pipeline.launching.channel import socket_path
from twitter_pipeline.store.status import Status
from twitter_pipeline_tests.support.postgres import PostgresServer
from twitter_pipeline_tests.support.stack import Stack
from twitter_pipeline_tests.support.waiting import wait_for

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

#: By the environment variable each is in; letters that every way of writing treats in its own way.
PLANTED = {
    "PLANTED_KEY": "K3y/of+the=app",
    "PLANTED_SECRET": 's3cret "of" the\\app',
    "PLANTED_TOKEN": "1234567-t0ken'of&maker",
    "PLANTED_TOKEN_SECRET": "t0ken-secret%of<maker>",
    "PLANTED_GEMINI": "AIza-g3mini-of-somebody",
    "PLANTED_PASSWORD": "passw0rd:of/the database",
}
#: Stored, encrypted, with `account add`.
STORED = {
    "api_key": "st0red/key+one",
    "api_secret": "st0red=secret&two",
    "access_token": "7654321-st0red%three",
    "access_token_secret": "st0red-secret&four",
}
SECRETS = [*PLANTED.values(), *STORED.values()]
FORMS = {
    "plain": lambda secret: secret,
    "in an address": lambda secret: quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "repr": lambda secret: repr(secret)[1:-1],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
}


class Echo(BaseHTTPRequestHandler):
    """Speaks as X and as Gemini do, and says in each refusal the next secret in every form.

    Of those the process that asks has read: what it has not read it cannot know for a secret.
    """

    declared: Iterator[str]
    stored: Iterator[str]
    ways: Iterator[str]

    def do_GET(self) -> None:
        if self.path.startswith("/2/users/me"):
            stored = quote(STORED["api_key"], safe="") in self.headers["Authorization"]
            if stored:
                self._answer(401, {"title": "Unauthorized", "detail": self._echo(self.stored)})
            else:
                self._answer(200, {"data": {"id": "7", "username": "maker", "name": "Maker"}})
        else:
            self._answer(200, {"data": [], "meta": {"result_count": 0}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/2/tweets":
            self._answer(400, {"error": {"code": 400, "message": self._echo(), "status": "INVALID_ARGUMENT"}})
            return
        way = next(self.ways)
        if way == "post":
            self._answer(201, {"data": {"id": "1900000000000000001", "text": "x"}})
        elif way == "garbage":
            self.wfile.write(f"{self._echo()}\r\n".encode())
            self.close_connection = True
        else:
            self._answer(int(way), {"title": "Refused", "detail": self._echo()})

    def _echo(self, secrets: Iterator[str] | None = None) -> str:
        secret = next(secrets or self.declared)
        return " ".join(write(secret) for write in FORMS.values())

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of the server."""
    Echo.declared = itertools.cycle(PLANTED.values())
    Echo.stored = itertools.cycle(STORED.values())
    Echo.ways = itertools.chain(["post", "403", "400", "garbage", "403", "500"], itertools.repeat("403"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def stack(tmp_path: Path, echo: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    for name, secret in PLANTED.items():
        monkeypatch.setenv(name, secret)
    for folder, words in (("words", ["one", "two", "three", "four", "five", "six"]), ("more", ["seven"])):
        (tmp_path / folder).mkdir()
        for word in words:
            (tmp_path / folder / f"{word}.txt").write_text(f"A text about {word}.")
    with postgres.database(migrated=False) as url:
        address = sa.make_url(url).set(password="PLANTED").render_as_string(hide_password=False)
        old = os.umask(0o022)
        yield Stack(
            tmp_path,
            [
                {"id": "words", "path": "words", "sources": [{"type": "text", "gemini": True}], **OPEN},
                {"id": "more", "path": "more", "account": "stored", "sources": [{"type": "text"}], **OPEN},
            ],
            mode="live",
            database_url=address.replace("PLANTED", quote(PLANTED["PLANTED_PASSWORD"], safe="")),
            x={"base_url": echo, "read_timeout": "5 s", "settle_time": "1 s"},
            gemini={"api_key": "${PLANTED_GEMINI}", "base_url": echo},
            accounts=[
                {
                    "name": "maker",
                    "api_key": "${PLANTED_KEY}",
                    "api_secret": "${PLANTED_SECRET}",
                    "access_token": "${PLANTED_TOKEN}",
                    "access_token_secret": "${PLANTED_TOKEN_SECRET}",
                },
                {"name": "stored"},
            ],
        )
        os.umask(old)


OPEN = {"canary": False, "min_interval": "0 s", "max_per_day": 100}


def command(stack: Stack, *arguments: str, stdin: str = "") -> str:
    """What a command shows on both its outputs."""
    program = [sys.executable, "-m", "twitter_pipeline.cli.main", *arguments, "--config", str(stack.config)]
    done = subprocess.run(program, capture_output=True, text=True, input=stdin, timeout=60)
    return done.stdout + done.stderr


def test_no_secret_is_left_or_shown_by_a_session_and_its_files_are_its_owners_only(stack: Stack) -> None:
    # The configuration holds the password, as a person may write it; whoever may read it has it.
    own = {stack.config, stack.settings.home / "config.yaml"}
    command(stack, "db", "upgrade")
    shown = {"account add": command(stack, "account", "add", "stored", "--from", "-", "--no-check", stdin=_lines())}
    with stack:
        wait_for(lambda: _all_ended(stack), 90, "every item to end, or to wait")
        run_events = stack.dagster.ask(
            """{ runsOrError { ... on Runs { results { runId tags { key value } eventConnection { events {
                 __typename ... on MessageEvent { message }
                 ... on ExecutionStepFailureEvent { error { message stack causes { message stack } } } } } } } } }"""
        )
        shown["Dagster's runs"] = json.dumps(run_events, ensure_ascii=False)
        for task in stack.tasks():
            shown[f"log {task.partition_key}"] = command(stack, "log", task.partition_key)
            shown[f"page of {task.partition_key}"] = json.dumps(
                stack.dagster.events(task.project_id, task.partition_key)
            )
        for words in ("status", "status --json", "preview --all", "account list", "account verify", "config check"):
            shown[words] = command(stack, *words.split())
    shown["up"] = "".join(stack.output)
    shown["the databases"] = dump(stack.settings.sqlalchemy_url)
    for path in stack.folder.rglob("*"):
        if path.is_file() and path not in own:
            shown[str(path.relative_to(stack.folder))] = path.read_bytes().decode(errors="replace")

    found = [
        (where, secret, form)
        for where, text in shown.items()
        for secret in SECRETS
        for form, write in FORMS.items()
        if write(secret) in text
    ]
    assert found == []
    # They did come by.
    for where in ("the databases", "Dagster's runs", "status", "account verify", "up"):
        assert re.search(r"\*\*\*|•••", shown[where]), (where, shown[where][:2000])

    home = stack.settings.home
    for path in (home, socket_path(home).parent, *home.rglob("*")):
        if path.exists():  # the socket's folder is gone with the launcher
            assert path.lstat().st_mode & 0o077 == 0, (path, oct(path.lstat().st_mode))


def _lines() -> str:
    return "".join(f"{name}={secret}\n" for name, secret in STORED.items())


def _all_ended(stack: Stack) -> bool:
    tasks = stack.tasks()
    waiting = [task for task in tasks if task.status in (Status.QUEUED, Status.RUNNING)]
    seen = [task for task in tasks if task.error_message or task.status is Status.COMPLETED]
    return len(tasks) == 7 and not waiting and len(seen) >= 6


def dump(url: str) -> str:
    """All rows of all tables of a PostgreSQL database."""
    engine = sa.create_engine(url)
    said = []
    with engine.connect() as connection:
        tables = connection.execute(
            sa.text("SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema ~ '_live$'")
        ).all()
        assert {"dagster_live", "pipeline_live"} == {schema for schema, _ in tables}
        for schema, name in tables:
            rows = connection.execute(sa.text(f'SELECT t.* FROM "{schema}"."{name}" t'))  # noqa: S608 - of the catalogue
            said += [f"{name}: {' '.join(map(str, row))}" for row in rows]
    engine.dispose()
    return "\n".join(said)
