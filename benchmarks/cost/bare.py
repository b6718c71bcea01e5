"""`python -m benchmarks.cost.bare FILE`: the least that posts a file, as somebody would let cron run it.

It reads the words beside the file, uploads it in chunks, waits until X has processed it, and posts. It remembers
nothing: what it does when anything goes wrong is to stop. X_URL says where X is, X_USER as whom to post.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import requests
import tweepy

CHUNK = 1024 * 1024


class ElsewhereSession(requests.Session):
    """tweepy always speaks to api.twitter.com; this sends it to X_URL."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        elsewhere = url.replace("https://api.twitter.com", os.environ["X_URL"])
        return super().request(method, elsewhere, timeout=60, **kwargs)


def main(path: Path) -> None:
    user = os.environ["X_USER"]
    keys = ("sandbox-key", "sandbox-secret", f"sandbox-token-{user}", f"sandbox-token-secret-{user}")
    client = tweepy.Client(None, *keys, return_type=dict)
    client.session = ElsewhereSession()
    auth = tweepy.OAuth1UserHandler(*keys).apply_auth()

    def call(method: str, route: str, **what: Any) -> dict[str, Any]:
        answer: dict[str, Any] = client.request(method, route, user_auth=True, **what).json()
        return answer["data"]

    said = json.loads(path.with_suffix(".json").read_text())
    size = path.stat().st_size
    kind = {"media_type": "video/mp4", "media_category": "tweet_video", "total_bytes": size}
    media_id = call("POST", "/2/media/upload/initialize", json=kind)["id"]
    with path.open("rb") as file:
        for index, chunk in enumerate(iter(lambda: file.read(CHUNK), b"")):
            client.session.request(
                "POST",
                f"https://api.twitter.com/2/media/upload/{media_id}/append",
                data={"segment_index": str(index)},
                files={"media": chunk},
                auth=auth,
            ).raise_for_status()
    state = call("POST", f"/2/media/upload/{media_id}/finalize")
    while (info := state.get("processing_info")) and info["state"] != "succeeded":
        time.sleep(info["check_after_secs"])
        state = call("GET", "/2/media/upload", params={"command": "STATUS", "media_id": media_id})
    text = "\n\n".join([said["title"], said["description"], " ".join(said["hashtags"])])
    call("POST", "/2/tweets", json={"text": text, "media": {"media_ids": [media_id]}})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
