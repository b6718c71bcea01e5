"""Uploading media in chunks (v2): initialize, append, finalize, then wait until X has processed it.

All of it may be repeated: a segment sent again replaces itself, and an upload that no post names is forgotten by X
after a day. So an upload goes on where it stopped, also in another process; and whenever X wants nothing to do
with what it was sent before, it begins anew.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.errors import ItemRefused, ProcessingStuck, Transient
from twitter_pipeline.x.upload_answers import failure, is_done, media_id

#: X takes segments 0 to 999.
_MOST_SEGMENTS = 1000
#: What X states after finalize; used when it states nothing.
_USUAL_EXPIRY_SECONDS = 86_400
#: A media id that X forgets this soon is not gone on with: it has yet to be posted.
EXPIRY_MARGIN = timedelta(minutes=10)
#: The wait when X names none.
_USUAL_CHECK_SECONDS = 5.0
#: X's limit for the description of a picture.
_LONGEST_ALT_TEXT = 1000


@dataclass(frozen=True)
class Source:
    """What is uploaded."""

    #: In bytes, as the file was when the upload began; mtime in nanoseconds since 1970.
    size: int
    mtime_ns: int
    #: Of the whole file as it was checked, 64 hexadecimal digits; empty when that is not known.
    sha256: str
    #: X's words: "video/mp4", "tweet_video".
    media_type: str
    category: str


@dataclass(frozen=True)
class Begun:
    """How far an upload got. Kept by the caller, it lets another process go on."""

    source: Source
    #: Size of each segment but the last, in bytes.
    chunk_bytes: int
    media_id: str
    #: What the timeline calls it ("7_…"); empty if X gave none.
    media_key: str
    #: When X forgets the id (aware, UTC).
    expires_at: datetime
    #: How many segments X has surely taken, from the first.
    segments: int = 0
    #: Whether X has all of it, and whether it is through with processing it.
    finalized: bool = False
    ready: bool = False

    @property
    def all_segments(self) -> int:
        """How many there are."""
        return -(-self.source.size // self.chunk_bytes)


@dataclass(frozen=True)
class Uploaded:
    """Media on X, ready to be named in a post."""

    media_id: str
    #: What the timeline calls it ("7_…"); empty if X gave none.
    media_key: str
    #: Until when a post may name it (aware, UTC).
    expires_at: datetime
    #: Bytes of the file.
    bytes: int


def upload(
    client: XClient,
    path: Path,
    *,
    media_type: str,
    category: str,
    chunk_bytes: int,
    processing_timeout: timedelta,
    sha256: str = "",
    content: bytes | None = None,
    begun: Begun | None = None,
    keep: Callable[[Begun], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _sent, _all: None,
    wait: Callable[[float], None] = time.sleep,
) -> Uploaded:
    """Upload the file at `path` and return when X is ready to post it.

    `media_type` and `category` are X's words ("video/mp4", "tweet_video"). `sha256`, when given, is what the bytes
    must be. `content`, when given, is sent in place of what the file holds, of which it was made. `begun` is where an
    earlier try of the same account got to: this one goes on from there if it can, and `say` is told, in words. `keep`
    is given each step X has taken, before the next one is made; what it raises ends the upload. `on_progress` gets the
    bytes sent and all bytes after each chunk. `wait` sleeps for that many seconds between two looks at the processing;
    pass another to do something meanwhile.

    Raises ItemRefused when X cannot use the file, Transient when the upload may be tried again (also when the
    file changed meanwhile), ProcessingStuck when X takes longer than `processing_timeout`, AccountRefused,
    WaitUntil; OSError when the file cannot be read.
    """
    with path.open("rb") as original:
        stamp = size, mtime_ns = _stamp(original)
        file: IO[bytes] = original
        if content is not None:
            file, size = io.BytesIO(content), len(content)
        source = Source(size, mtime_ns, sha256, media_type, category)
        made = _Upload(
            client=client,
            file=file,
            is_unchanged=lambda: _stamp(original) == stamp,
            name=path.name,
            source=source,
            chunk_bytes=max(chunk_bytes, -(-size // _MOST_SEGMENTS)),
            processing_timeout=processing_timeout,
            keep=keep,
            say=say,
            on_progress=on_progress,
            wait=wait,
        )
        if begun is not None:
            why = made.why_not(begun)
            if why is None:
                try:
                    return made.go_on(begun)
                except ItemRefused as refused:  # perhaps only because of what was sent before
                    why = str(refused)
                except Transient as error:
                    if error.status != 404:
                        raise
                    why = str(error)
            say(f"from the beginning: {why}")
        return made.go_on(made.initialize())


def set_alt_text(client: XClient, media_id: str, text: str) -> None:
    """Describe an uploaded picture for those who cannot see it. Text beyond X's 1,000 characters is cut."""
    if len(text) > _LONGEST_ALT_TEXT:
        text = text[: _LONGEST_ALT_TEXT - 1].rstrip() + "…"
    client.call("POST", "/2/media/metadata", json={"id": media_id, "metadata": {"alt_text": {"text": text}}})


@dataclass(frozen=True)
class _Upload:
    client: XClient
    file: IO[bytes]
    #: Whether the file on disk is as it was when it was opened.
    is_unchanged: Callable[[], bool]
    name: str
    source: Source
    chunk_bytes: int
    processing_timeout: timedelta
    keep: Callable[[Begun], None]
    say: Callable[[str], None]
    on_progress: Callable[[int, int], None]
    wait: Callable[[float], None]

    def why_not(self, begun: Begun) -> str | None:
        """Why an earlier upload cannot be gone on with; None when it can."""
        if begun.source != self.source:
            return "the file is not what was uploaded before"
        if begun.chunk_bytes != self.chunk_bytes and not begun.finalized:
            return "x.chunk_bytes is another by now"
        if begun.expires_at - EXPIRY_MARGIN <= self.client.clock():
            return f"X forgets what it has of it at {begun.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        return None

    def initialize(self) -> Begun:
        request = {
            "media_type": self.source.media_type,
            "media_category": self.source.category,
            "total_bytes": self.source.size,
        }
        answer = self.client.call("POST", "/2/media/upload/initialize", json=request)
        given = media_id(answer, "initialize")
        begun = Begun(
            source=self.source,
            chunk_bytes=self.chunk_bytes,
            media_id=given,
            media_key=str(answer.get("media_key") or ""),
            expires_at=self._expiry(answer) or self._usual_expiry(),
        )
        self.keep(begun)
        return begun

    def go_on(self, begun: Begun) -> Uploaded:
        """Everything that is still to be done."""
        if begun.ready:
            self.say("is on X already")
        elif begun.finalized:
            self.say("is on X already, which is not through with it")
            begun = self._processed(begun, self._status(begun))
        else:
            if begun.segments:
                self.say(f"going on with segment {begun.segments + 1} of {begun.all_segments}")
            all_sent = begun.segments == begun.all_segments
            begun, answer = self._finalize(self._send(begun), perhaps_done=all_sent)
            begun = self._processed(begun, answer)
        return Uploaded(begun.media_id, begun.media_key, begun.expires_at, self.source.size)

    def _send(self, begun: Begun) -> Begun:
        """The segments that X does not have. All of the file is read, so that its digest is that of what X has."""
        digest = hashlib.sha256()
        size, length = self.source.size, begun.chunk_bytes
        self.file.seek(0)
        for index in range(begun.all_segments):
            chunk = self.file.read(min(length, size - index * length))
            self._unchanged()
            digest.update(chunk)
            if index < begun.segments:
                continue
            route = f"/2/media/upload/{begun.media_id}/append"
            self.client.send_chunk(route, fields={"segment_index": str(index)}, media=chunk)
            begun = replace(begun, segments=index + 1)
            self.keep(begun)
            self.on_progress(min((index + 1) * length, size), size)
        self._unchanged()
        if self.source.sha256 and digest.hexdigest() != self.source.sha256:
            raise Transient(f"{self.name} is another file than was checked.", remedy="It is checked and uploaded anew.")
        return begun

    def _unchanged(self) -> None:
        if not self.is_unchanged():
            raise Transient(f"{self.name} changed while it was uploaded.", remedy="It is uploaded anew.")

    def _finalize(self, begun: Begun, *, perhaps_done: bool) -> tuple[Begun, dict[str, Any]]:
        """Let X join the segments. `perhaps_done`: an earlier try may have had it done without being told."""
        try:
            answer = self.client.call("POST", f"/2/media/upload/{begun.media_id}/finalize")
            media_id(answer, "finalize")
        except ItemRefused:
            if not perhaps_done:
                raise
            answer = self._status(begun)
            if not isinstance(answer.get("processing_info"), dict):
                raise
        begun = replace(
            begun,
            finalized=True,
            ready=is_done(answer),
            media_key=str(answer.get("media_key") or begun.media_key),
            expires_at=self._expiry(answer) or self._usual_expiry(),
        )
        self.keep(begun)
        return begun, answer

    def _processed(self, begun: Begun, answer: dict[str, Any]) -> Begun:
        """Ask for the state as often as X wants to be asked, until it is done."""
        deadline = time.monotonic() + self.processing_timeout.total_seconds()
        while not is_done(answer):
            info = answer["processing_info"]
            if info.get("state") == "failed":
                raise ItemRefused(f"X cannot use this file: {failure(info)}", remedy="Convert the file and replace it.")
            left = deadline - time.monotonic()
            if left <= 0:
                percent = info.get("progress_percent", "?")
                raise ProcessingStuck(
                    f"X has been processing the media for {self.processing_timeout} ({percent} %).",
                    remedy="It is uploaded anew.",
                )
            check_after = info.get("check_after_secs")
            self.wait(min(left, check_after if isinstance(check_after, (int, float)) else _USUAL_CHECK_SECONDS))
            answer = self._status(begun)
        if not begun.ready:
            media_key = str(answer.get("media_key") or begun.media_key)
            expires_at = self._expiry(answer) or begun.expires_at
            begun = replace(begun, ready=True, media_key=media_key, expires_at=expires_at)
            self.keep(begun)
        return begun

    def _status(self, begun: Begun) -> dict[str, Any]:
        params = {"command": "STATUS", "media_id": begun.media_id}
        answer = self.client.call("GET", "/2/media/upload", params=params)
        media_id(answer, "STATUS")
        return answer

    def _expiry(self, answer: dict[str, Any]) -> datetime | None:
        seconds = answer.get("expires_after_secs")
        if not isinstance(seconds, int) or seconds <= 0:
            return None
        return self.client.clock() + timedelta(seconds=seconds)

    def _usual_expiry(self) -> datetime:
        return self.client.clock() + timedelta(seconds=_USUAL_EXPIRY_SECONDS)


def _stamp(file: IO[bytes]) -> tuple[int, int]:
    """What changes when somebody writes into an open file: its size and its mtime in nanoseconds.

    A time after the year 2262, which no database can keep, is taken for the last one before that.
    """
    status = os.fstat(file.fileno())
    return status.st_size, min(status.st_mtime_ns, 2**63 - 1)
