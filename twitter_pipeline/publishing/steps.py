"""The steps of publishing one item, in order: prepare, enhance, upload; `post.create` is the last.

Each takes the session and what the step before it made, and raises `Ended` when the item cannot go on. None knows
Dagster: its ops call these, and so may any other process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from twitter_pipeline.publishing import drafting, enhancing
from twitter_pipeline.publishing.connecting import connected_as
from twitter_pipeline.publishing.drafting import file_errors
from twitter_pipeline.publishing.drafts import Draft, UploadedMedia
from twitter_pipeline.publishing.outcomes import (
    AccountStopped,
    Failed,
    MustWait,
    NotPublishable,
    Outcome,
    Refused,
    Unknown,
)
from twitter_pipeline.publishing.session import Ended, Session
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.secrets import KeyLost
from twitter_pipeline.store.tables import publishing_tasks

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.errors import XError


def prepare(session: Session) -> Draft:
    """Read and check everything of the item: its files, whether it was posted before, its sidecar, its text.

    What comes out is frozen in the task's `content_data`.
    """
    with file_errors(session):
        try:
            paths = drafting.media_paths(session)
        except Ended:
            _keep(session, media_bytes=None)  # when the file comes back, even unchanged, the scan judges it anew
            raise
        try:
            _refuse_what_was_seen(session, paths)
            draft = drafting.draft(session, paths)
        except drafting.Gone:
            _keep(session, media_bytes=None)
            raise
        except drafting.NoMetadata:
            _keep(session, metadata_path=None)
            raise
    values: dict[str, Any] = {"content_data": draft.model_dump(mode="json"), "metadata_path": draft.sidecar}
    if draft.media:
        values["media_bytes"] = sum(medium.bytes for medium in draft.media)
    _keep(session, **values)
    said = draft.model_dump(mode="json", exclude={"words", "enhanced"})
    session.note("prepared", f"text of {draft.weight} characters by X's counting", said)
    return draft


def enhance(session: Session, draft: Draft) -> Draft:
    """Let Gemini improve the words where the source says so; whatever comes of it, the item goes on."""
    improved = enhancing.enhance(session, draft)
    if improved is not draft:
        _keep(session, content_data=improved.model_dump(mode="json"))
    return improved


def upload(session: Session, draft: Draft) -> UploadedMedia:
    """Upload the draft's media, one after the other, and wait until X can post each."""
    from twitter_pipeline.x.upload import Uploaded, set_alt_text
    from twitter_pipeline.x.upload import upload as send

    if not draft.media:
        return UploadedMedia(draft=draft, media_ids=(), expires_at=None)
    if tuple(medium.path for medium in draft.media) != session.task.files:
        # A re-execution from here, and the album has followed its folder, or the task its file, since.
        raise Ended(Failed("its files are others than those it was prepared with; the next run prepares it anew"))
    x = session.settings.x
    done: list[Uploaded] = []
    with file_errors(session), x_errors(), client(session) as connected:
        for medium, path in zip(draft.media, drafting.media_paths(session), strict=True):
            sent = send(
                connected,
                path,
                media_type=medium.media_type,
                category=medium.category,
                chunk_bytes=x.chunk_bytes,
                processing_timeout=x.processing_timeout,
            )
            if medium.alt_text:
                set_alt_text(connected, sent.media_id, medium.alt_text)
            session.note("uploaded", f"{medium.path}: {sent.bytes:,} bytes", {"media_id": sent.media_id})
            done.append(sent)
    return UploadedMedia(
        draft=draft,
        media_ids=tuple(sent.media_id for sent in done),
        expires_at=min(sent.expires_at for sent in done),
    )


def _refuse_what_was_seen(session: Session, paths: Sequence[Path]) -> None:
    """Take the item's identity, which no two tasks of a project may share: the second is a repetition."""
    content_hash = drafting.content_identity(session, paths)
    try:
        _keep(session, content_hash=content_hash)
    except sa.exc.IntegrityError:
        twin = drafting.twin_of(session, content_hash)
        if twin is None:
            raise  # another rule of the table was broken
        raise Ended(NotPublishable(twin)) from None


def _keep(session: Session, **values: Any) -> None:
    """Write into the task's row, while it is still this session's."""
    tasks = publishing_tasks.c
    with writing(session.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(tasks.id == session.task.id, tasks.fence == session.claim.fence)
            .values(**values)
        )


@contextmanager
def client(session: Session) -> Iterator[XClient]:
    """A connection to X as the account the item posts with, whose identity X has confirmed within a day."""
    try:
        with connected_as(session.engine, session.settings, session.account.id) as connected:
            yield connected
    except KeyLost as error:
        raise Ended(AccountStopped(str(error))) from error


@contextmanager
def x_errors() -> Iterator[None]:
    """Turn what X said into how the work ended."""
    from twitter_pipeline.x.errors import XError

    try:
        yield
    except XError as error:
        raise Ended(outcome_of(error)) from error


def outcome_of(error: XError) -> Outcome:
    """What an error of X means for the task."""
    from twitter_pipeline.x import errors

    reason = str(error)
    if isinstance(error, errors.WaitUntil):
        return MustWait(reason, error.until, whole_account=True)
    if isinstance(error, errors.AccountRefused):
        return AccountStopped(reason)
    if isinstance(error, errors.ItemRefused):
        return Refused(reason)
    if isinstance(error, errors.OutcomeUnknown):
        return Unknown(reason)
    return Failed(reason)
