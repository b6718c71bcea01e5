"""Sending through Apprise, in a process of its own: it costs 45 MB, hangs where a server does, and is needed rarely.

Addresses go to it over its standard input: a command line can be read by everybody.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

#: How long all messages of one go may take, in seconds: less than Dagster gives a tick (60).
TIMEOUT = 45.0
_MODULE = "twitter_pipeline.alerting.sending"


def send(messages: Sequence[tuple[str, str, str]]) -> Iterator[str | None]:
    """Send each (address, title, body) in turn: None when it was taken, or why not. One that hangs ends all."""
    if not messages:
        return
    process = subprocess.Popen(  # noqa: S603 - this program's own module
        [sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    timer = threading.Timer(TIMEOUT, process.kill)
    timer.start()
    try:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("it was asked for pipes")
        try:
            process.stdin.write(json.dumps(messages).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass  # it died: said below
        for _ in messages:
            line = process.stdout.readline()
            yield json.loads(line) if line else f"no answer within {TIMEOUT:.0f} s"
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def main() -> None:
    """Read the messages, send them, and write a line of JSON for each as soon as it is sent."""
    from twitter_pipeline.config import redaction
    from twitter_pipeline.config.secrecy import keep

    redaction.install()
    messages = json.load(sys.stdin)
    keep(url for url, _, _ in messages)
    refused: set[str] = set()
    for url, title, body in messages:
        why_not = "its server did not take the message before" if url in refused else _send(url, title, body)
        if why_not is not None:
            refused.add(url)
        sys.stdout.write(json.dumps(why_not) + "\n")
        sys.stdout.flush()


def _send(url: str, title: str, body: str) -> str | None:
    import apprise

    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.addHandler(heard)
    logger.propagate = False
    try:
        target = apprise.Apprise()
        if not target.add(url):
            return "Apprise does not know such an address"
        if target.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
            return None
    finally:
        logger.removeHandler(heard)
    return "; ".join(heard.said) or "its server did not take it"


class _Heard(logging.Handler):
    """What Apprise says of a message that was not taken: warnings, which hold no address."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


if __name__ == "__main__":
    main()
