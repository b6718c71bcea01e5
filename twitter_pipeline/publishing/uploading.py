"""The step that uploads an item's media: it goes on where an earlier run stopped, and keeps its own state as it goes.

What is named in the post is only ever what this step returned: media whose bytes, all of them, were those of the file
as it was prepared.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twitter_pipeline.publishing import drafting, steps
from twitter_pipeline.publishing.drafts import Draft, MediaFile, UploadedMedia
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.publishing.session import Ended, Session, utc_now
from twitter_pipeline.store import uploads
from twitter_pipeline.store.engine import reading, writing

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.upload import Begun, Uploaded

#: A long upload says how far it is this often, in seconds.
SAYS_EVERY = 120.0


def upload(session: Session, draft: Draft) -> UploadedMedia:
    """Upload the draft's media, one after the other, and wait until X can post each."""
    drafting.refuse_outdated(session.task, draft)
    if not draft.media or session.begun is not None:  # media go with the first post of a thread
        return UploadedMedia(draft=draft, media_ids=(), expires_at=None)
    if tuple(medium.path for medium in draft.media) != session.task.files:
        # A re-execution from here, and the album has followed its folder, or the task its file, since.
        raise Ended(Failed("its files are others than those it was prepared with; the next run prepares it anew"))
    with drafting.file_errors(session), steps.x_errors(), steps.client(session) as connected:
        paths = drafting.media_paths(session)
        done = [
            _Upload(session, connected, medium, path).run() for medium, path in zip(draft.media, paths, strict=True)
        ]
    return UploadedMedia(
        draft=draft,
        media_ids=tuple(sent.media_id for sent in done),
        expires_at=min(sent.expires_at for sent in done),
        media_keys=tuple(sent.media_key for sent in done),
    )


class _Upload:
    """The upload of one file, and its row."""

    def __init__(self, session: Session, client: XClient, medium: MediaFile, path: Path) -> None:
        self._session = session
        self._client = client
        self._medium = medium
        self._path = path
        #: The media id and the description of the row.
        self._media_id: str | None = None
        self._alt_text = ""
        self._said_at = time.monotonic()

    def run(self) -> Uploaded:
        """Returns when X can post it, description included."""
        from twitter_pipeline.x.errors import ItemRefused, ProcessingStuck

        begun = self._begun()
        try:
            try:
                sent = self._send(begun)
                self._describe(sent)
            except ItemRefused as refused:
                if begun is None or not begun.ready or self._media_id != begun.media_id:
                    raise
                # What was ready is asked for nothing until it is described: only now X says that it is unknown.
                self._note("uploading", f"from the beginning: {refused}")
                sent = self._send(None)
                self._describe(sent)
        except (ItemRefused, ProcessingStuck):
            with writing(self._session.engine) as connection:
                uploads.forget(connection, self._session.task.id, self._medium.path)
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
        if row["alt_text"] and not self._medium.alt_text:
            return None  # X knows no way to take a description back
        self._media_id, self._alt_text = row["media_id"], row["alt_text"]
        return _of_row(row)

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
            begun=begun,
            keep=self._keep,
            say=lambda words: self._note("uploading", words),
            on_progress=self._progress,
        )

    def _describe(self, sent: Uploaded) -> None:
        from twitter_pipeline.x.upload import set_alt_text

        wanted = self._medium.alt_text
        if wanted and wanted != self._alt_text:
            set_alt_text(self._client, sent.media_id, wanted)
            self._write(sent.media_id, {"alt_text": wanted})

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
            self._media_id, self._alt_text = media_id, ""

    def _progress(self, sent: int, total: int) -> None:
        if time.monotonic() - self._said_at >= SAYS_EVERY and sent < total:
            self._note("uploading", f"{sent:,} of {total:,} bytes")

    def _note(self, action: str, words: str, **details: Any) -> None:
        self._said_at = time.monotonic()
        self._session.note(action, f"{self._medium.path}: {words}", details)


def _of_row(row: Mapping[str, Any]) -> Begun:
    from twitter_pipeline.x.upload import Begun, Source

    source = Source(**{field.name: row[field.name] for field in fields(Source)})
    rest = {field.name: row[field.name] for field in fields(Begun) if field.name != "source"}
    return Begun(source=source, **rest)


def _as_row(begun: Begun) -> dict[str, Any]:
    values = asdict(begun)
    return {**values.pop("source"), **values}
