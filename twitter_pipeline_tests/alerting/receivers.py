"""Those who receive alerts, as real servers: a webhook over HTTP, and a mailbox over SMTP."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Webhook:
    """What arrived at a webhook. Answers with `status`; with `holds`, only once that is set."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.holds: threading.Event | None = None
        self.port = 0

    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/t0ken-of-the-webhook"

    @property
    def titles(self) -> list[str]:
        return [message["title"].removeprefix("[sandbox] ") for message in self.got]


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    """A running webhook."""
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if hook.status == 200:
                hook.got.append(json.loads(body))
            if hook.holds is not None:
                hook.holds.wait(30)
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        hook.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hook
        finally:
            if hook.holds is not None:
                hook.holds.set()
            server.shutdown()
            thread.join()


class Mailbox:
    """Mails that arrived over SMTP."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.port = 0

    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=pipeline@example.com&to=ann@example.com"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A running mail server that takes everything."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 mailbox")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    lines = []
                    while (part := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(part)
                    message = message_from_bytes(b"".join(lines), policy=policy.default)
                    assert isinstance(message, EmailMessage)
                    box.got.append(message)
                    self.say("250 taken")
                elif word == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 fine")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
