"""The upload of one file: it goes on where an earlier run stopped, and keeps its own state as it goes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing.drafts import Captions, MediaFile
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store import uploads
from twitter_pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.upload import Begun, Uploaded

#: A long upload says how far it is this often, in seconds.
SAYS_EVERY = 120.0


class FileUpload:
    """The upload of one file, and its row."""

    def __init__(
        self,
        session: Session,
        client: XClient,
        medium: MediaFile | Captions,
        path: Path,
        content: bytes | None = None,
    ) -> None:
        """`content` is what is sent in place of what the file at `path` holds."""
        self._session = session
        self._client = client
        self._medium = medium
        self._path = path
        self._content = content
        #: What the row says: the media id, and what X has confirmed of it (`alt_text`, `captions_of`).
        self._media_id: str | None = None
        self._confirmed: dict[str, str] = {}
        self._said_at = time.monotonic()

    def run(self) -> Uploaded:
        """Returns when X can post it, and knows all that is to be said of it."""
        from twitter_pipeline.x.errors import ItemRefused, ProcessingStuck

        begun = self._begun()
        try:
            try:
                sent = self._send(begun)
                self._tell(sent)
            except ItemRefused as refused:
                if begun is None or not begun.ready or self._media_id != begun.media_id:
                    raise
                # What was ready is asked for nothing until it is described: only now X says that it is unknown.
                self._note("uploading", f"from the beginning: {refused}")
                sent = self._send(None)
                self._tell(sent)
        except (ItemRefused, ProcessingStuck):
            with writing(self._session.engine) as connection:
                uploads.forget(connection, self._session.claim, self._medium.path)
            raise
        if begun is None or not begun.ready or sent.media_id != begun.media_id:
            self._note("uploaded", f"{sent.bytes:,} bytes", media_id=sent.media_id)
        return sent

    def _begun(self) -> Begun | None:
        """Where an earlier run of this account, or an earlier try of this one, got to."""
        with reading(self._session.engine) as connection:
            row = uploads.read(
                connection, self._session.task.id, self._medium.path, account_id=self._session.account.id
            )
        if row is None:
            return None
        if not self._is_usable(row):
            return None
        self._media_id = row["media_id"]
        self._confirmed = {name: row[name] for name in ("alt_text", "captions_of")}
        return _of_row(row)

    def _is_usable(self, row: Mapping[str, Any]) -> bool:
        """Whether what an earlier run told X of it may stay."""
        return True

    def _tell(self, sent: Uploaded) -> None:
        """Tell X what is to be said of it, unless X has confirmed that."""

    def _confirm(self, media_id: str, name: str, value: str) -> None:
        """Write down what X was told."""
        self._write(media_id, {name: value})
        self._confirmed[name] = value

    def _send(self, begun: Begun | None) -> Uploaded:
        from twitter_pipeline.x.upload import upload as send

        x = self._session.settings.x
        return send(
            self._client,
            self._path,
            media_type=self._medium.media_type,
            category=self._medium.category,
            chunk_bytes=x.chunk_bytes,
            processing_timeout=x.processing_timeout,
            sha256=self._medium.sha256,
            content=self._content,
            begun=begun,
            keep=self._keep,
            say=lambda words: self._note("uploading", words),
            on_progress=self._progress,
        )

    def _keep(self, begun: Begun) -> None:
        self._write(begun.media_id, _as_row(begun))

    def _write(self, media_id: str, values: Mapping[str, Any]) -> None:
        """Write down a step, while the task is still this session's."""
        session, path, now = self._session, self._medium.path, utc_now()
        with writing(session.engine) as connection:
            if media_id == self._media_id:
                held = uploads.advance(connection, session.claim, path, media_id, values, now=now)
            else:
                uploads.sweep(connection, session.account.id, now=now)
                held = uploads.begin(connection, session.claim, path, values, account_id=session.account.id, now=now)
        if not held:
            raise Ended(Failed("the task was taken by another run while its media was uploaded"))
        if media_id != self._media_id:
            self._media_id, self._confirmed = media_id, {}

    def _progress(self, sent: int, total: int) -> None:
        if time.monotonic() - self._said_at >= SAYS_EVERY and sent < total:
            self._note("uploading", f"{sent:,} of {total:,} bytes")

    def _note(self, action: str, words: str, **details: Any) -> None:
        self._said_at = time.monotonic()
        self._session.note(action, f"{self._medium.path}: {words}", details)


class MediumUpload(FileUpload):
    """The upload of what a post shows, with its description."""

    _medium: MediaFile

    def _is_usable(self, row: Mapping[str, Any]) -> bool:
        return not row["alt_text"] or bool(self._medium.alt_text)  # X knows no way to take a description back

    def _tell(self, sent: Uploaded) -> None:
        from twitter_pipeline.x.upload import set_alt_text

        wanted = self._medium.alt_text
        if wanted and wanted != self._confirmed.get("alt_text"):
            set_alt_text(self._client, sent.media_id, wanted)
            self._confirm(sent.media_id, "alt_text", wanted)


def _of_row(row: Mapping[str, Any]) -> Begun:
    from twitter_pipeline.x.upload import Begun, Source

    source = Source(**{field.name: row[field.name] for field in fields(Source)})
    rest = {field.name: row[field.name] for field in fields(Begun) if field.name != "source"}
    return Begun(source=source, **rest)


def _as_row(begun: Begun) -> dict[str, Any]:
    values = asdict(begun)
    return {**values.pop("source"), **values}
