"""A client of X that shares no code with ours or the sandbox: requests and requests_oauthlib."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import requests
from requests_oauthlib import OAuth1


class Account:
    """One account of the sandbox at `url`; requests are signed at the time `clock` gives."""

    def __init__(self, url: str, username: str, clock: Callable[[], float] = time.time) -> None:
        self.url = url
        self.username = username
        self._clock = clock

    def auth(self, **changed: Any) -> OAuth1:
        keys = {
            "client_key": "sandbox-key",
            "client_secret": "sandbox-secret",
            "resource_owner_key": f"sandbox-token-{self.username}",
            "resource_owner_secret": f"sandbox-token-secret-{self.username}",
            "timestamp": str(int(self._clock())),
        }
        return OAuth1(**{**keys, **changed})

    def get(self, path: str, **query: str | int) -> requests.Response:
        return requests.get(self.url + path, params=query, auth=self.auth(), timeout=10)

    def post(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        sent = more if body is None else {"json": body, **more}
        return requests.post(self.url + path, auth=self.auth(), timeout=20, **sent)

    def delete(self, path: str) -> requests.Response:
        return requests.delete(self.url + path, auth=self.auth(), timeout=10)

    @property
    def id(self) -> str:
        return str(data(self.get("/2/users/me"))["id"])

    def tweet(self, text: str, *media_ids: str) -> requests.Response:
        media = {"media": {"media_ids": list(media_ids)}} if media_ids else {}
        return self.post("/2/tweets", {"text": text, **media})

    def send(self, text: str) -> socket.socket:
        """A connection of its own that has sent a whole post, and nothing read."""
        prepared = requests.Request("POST", f"{self.url}/2/tweets", json={"text": text}, auth=self.auth()).prepare()
        host, port = self.url.removeprefix("http://").split(":")
        assert isinstance(prepared.body, bytes)
        lines = ["POST /2/tweets HTTP/1.1", f"host: {host}:{port}"]
        for name, value in prepared.headers.items():
            lines.append(f"{name}: {value.decode() if isinstance(value, bytes) else value}")
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + prepared.body)
        return connection

    def initialize(self, size: int, category: str, media_type: str) -> requests.Response:
        body = {"media_type": media_type, "media_category": category, "total_bytes": size}
        return self.post("/2/media/upload/initialize", body)

    def append(self, media_id: str, index: int | str, content: bytes) -> requests.Response:
        return self.post(
            f"/2/media/upload/{media_id}/append",
            data={"segment_index": str(index)},
            files={"media": ("blob", content, "application/octet-stream")},
        )

    def finalize(self, media_id: str) -> requests.Response:
        return self.post(f"/2/media/upload/{media_id}/finalize")

    def status(self, media_id: str) -> requests.Response:
        return self.get("/2/media/upload", command="STATUS", media_id=media_id)

    def upload(self, content: bytes, category: str, media_type: str, *, chunk: int = 1 << 20) -> str:
        """The media id of a finalized upload."""
        media_id: str = data(self.initialize(len(content), category, media_type))["id"]
        for index, at in enumerate(range(0, len(content), chunk)):
            data(self.append(media_id, index, content[at : at + chunk]))
        data(self.finalize(media_id))
        return media_id


def data(response: requests.Response) -> Any:
    assert response.ok, f"{response.status_code} {response.text} {response.headers.get('x-sandbox-reason')}"
    return response.json()["data"]


def message(response: requests.Response, status: int = 400) -> str:
    """The words of a refusal with this status."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    body = response.json()
    return str(body["errors"][0]["message"] if "errors" in body else body["detail"])
