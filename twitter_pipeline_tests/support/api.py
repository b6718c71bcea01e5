"""The API for tests: a real server in a thread, and a client that knows its token."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
import uvicorn

from twitter_pipeline.api.app import make_app
from twitter_pipeline.api.context import Context
from twitter_pipeline.config import Settings
from twitter_pipeline.store import tokens
from twitter_pipeline.store.engine import writing
from twitter_pipeline_tests.support.waiting import wait_for


@dataclass(frozen=True)
class Answer:
    """What a call was answered with."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Api:
    """An API that runs at `url`, asked with `token`."""

    url: str
    token: str | None

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request. `body` goes as JSON, `raw` as it is."""
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, method=method)
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=90) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def get(self, path: str) -> Any:
        """The answer to a GET that succeeds."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, body: Any = None) -> Any:
        """The answer to a POST that succeeds."""
        answer = self.ask("POST", path, body)
        assert answer.status in (200, 201, 202), answer
        return answer.json

    def with_token(self, token: str | None) -> Api:
        """The same, asked with another token."""
        return Api(self.url, token)


def new_token(engine: sa.Engine, *scopes: str, user: str = "owner") -> str:
    """A token with these scopes; all of them without."""
    with writing(engine) as connection:
        return tokens.create(connection, user, "test", scopes or tokens.SCOPES, now=datetime.now(timezone.utc))[1]


@contextlib.contextmanager
def running(engine: sa.Engine, settings: Settings) -> Iterator[Api]:
    """Serve these settings on a free port."""
    app = make_app(Context(settings, engine, reload=None))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, name="api", daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started or not thread.is_alive(), 60, "the API to start")
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Api(f"http://127.0.0.1:{port}", new_token(engine))
    finally:
        server.should_exit = True
        thread.join(20)
