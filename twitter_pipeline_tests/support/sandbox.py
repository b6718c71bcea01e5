"""The sandbox for tests: a process of its own on a free port."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from twitter_pipeline_tests.support.ports import free_port

_START_SECONDS = 60
#: Gemini's call, as faults name it.
GEMINI = "POST /v1beta/models/{model}:generateContent"


class SandboxServer:
    """``with SandboxServer(tmp_path / "x") as sandbox: … sandbox.url …``; its state stays in the folder.

    `limits`: so many times X's rate limits hold (X: 100 posts of an account in 15 minutes).
    """

    def __init__(
        self, state_dir: Path, *, processing_seconds: float = 0.2, limits: int = 1, port: int | None = None
    ) -> None:
        self.state_dir = state_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = ("--processing-seconds", str(processing_seconds), "--limits", str(limits))
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def at(cls, url: str) -> SandboxServer:
        """One that somebody else runs at `url`: to be asked, not to be started or stopped."""
        server = cls(Path())
        server.url = url
        return server

    def start(self) -> SandboxServer:
        """Start it (again) on the same port and state; returns once it answers."""
        assert self._process is None, "the sandbox is running already"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "twitter_pipeline.sandbox"),
                *("--port", str(self.port), "--state", str(self.state_dir)),
                *self._options,
            ]
        )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.control("GET", "/sandbox/health")
            except OSError:
                assert self._process.poll() is None, "the sandbox ended at once; its message is above"
                assert time.monotonic() < deadline, f"the sandbox did not answer in {_START_SECONDS} s"
                time.sleep(0.02)
            else:
                return self

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Stop it (signal.SIGKILL for the hard way); its exit code."""
        assert self._process is not None, "the sandbox is not running"
        process, self._process = self._process, None
        process.send_signal(sig)
        return process.wait(timeout=60)

    def posts(self, username: str | None = None, *, deleted: bool = False) -> list[dict[str, Any]]:
        """What stands on the timeline, newest first: id, username, text as sent, media, created_at, fault.

        With `deleted` every post ever accepted. `fault` is the name of the fault that befell the accepting request.
        """
        every: list[dict[str, Any]] = self.control("GET", f"/sandbox/posts?deleted={'yes' if deleted else 'no'}")[
            "posts"
        ]
        return [post for post in every if username in (None, post["username"])]

    def fault(self, call: str, kind: str, **more: Any) -> None:
        """Let something go wrong: ``fault("POST /2/tweets", "status", status=503, times=2)``; see docs/sandbox.md."""
        self.control("POST", "/sandbox/faults", {"call": call, "kind": kind, **more})

    def add_faults(self, rules: Sequence[dict[str, Any]]) -> None:
        """Several rules at once, in this order, all or none."""
        self.control("POST", "/sandbox/faults", list(rules))

    def happened(self) -> list[dict[str, Any]]:
        """How many requests each fault has befallen: call, fault, account, times."""
        counts: list[dict[str, Any]] = self.control("GET", "/sandbox/faults/happened")["happened"]
        return counts

    def gemini_requests(self) -> list[dict[str, Any]]:
        """What Gemini's stand-in was asked, oldest first: model, body, status of the answer."""
        asked: list[dict[str, Any]] = self.control("GET", "/sandbox/gemini")["requests"]
        return asked

    def gemini_answers(self, answer: str, body: Any = None, **more: Any) -> None:
        """Let Gemini answer badly, or (`says`) in these words; see docs/sandbox.md."""
        self.fault(GEMINI, "answer", answer=answer, body=body, **more)

    def faults(self) -> list[dict[str, Any]]:
        """The faults that have not (wholly) happened yet."""
        waiting: list[dict[str, Any]] = self.control("GET", "/sandbox/faults")["faults"]
        return waiting

    def clear_faults(self) -> None:
        self.control("DELETE", "/sandbox/faults")

    def account(self, username: str, **flags: bool) -> dict[str, Any]:
        """Set ``revoked`` or ``read_only`` of an account; the account as it is then."""
        account: dict[str, Any] = self.control("POST", f"/sandbox/accounts/{username}", flags)
        return account

    def clear(self) -> None:
        """Forget all posts, media, accounts, limits and faults."""
        self.control("DELETE", "/sandbox/state")

    @staticmethod
    def credentials(username: str) -> dict[str, str]:
        """The four keys of an account, named as tweepy and requests_oauthlib users know them."""
        return {
            "api_key": "sandbox-key",
            "api_secret": "sandbox-secret",
            "access_token": f"sandbox-token-{username}",
            "access_token_secret": f"sandbox-token-secret-{username}",
        }

    def control(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self.stop()
