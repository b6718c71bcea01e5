"""The steps of publishing one item, in order: prepare, enhance, upload; `post.create` is the last.

Each takes the session and what the step before it made, and raises `Ended` when the item cannot go on. None knows
Dagster: its ops call these, and so may any other process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from twitter_pipeline.config import Source
from twitter_pipeline.publishing.drafts import Draft, MediaFile, UploadedMedia
from twitter_pipeline.publishing.outcomes import (
    AccountStopped,
    Failed,
    MustWait,
    NotPublishable,
    Outcome,
    Refused,
    Unknown,
)
from twitter_pipeline.publishing.session import Ended, Session, utc_now
from twitter_pipeline.store import accounts
from twitter_pipeline.store.engine import reading, writing
from twitter_pipeline.store.secrets import KeyLost, open_vault
from twitter_pipeline.store.tables import publishing_tasks

if TYPE_CHECKING:
    from twitter_pipeline.content.metadata import Metadata
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.errors import XError

#: How long X's word on who an account is stays good.
VERIFIED_FOR = timedelta(days=1)


def prepare(session: Session) -> Draft:
    """Read and check everything of the item: its file, whether it was posted before, its sidecar, its text.

    What comes out is frozen in the task's `content_data`.
    """
    from twitter_pipeline.content import TemplateError, compose

    source = session.source()
    with _file_errors(session):
        path = media_path(session)
        _refuse_what_was_seen(session, path)
        metadata, sidecar = read_metadata(session, source, path)
        media = check_media(session, source, path)
    try:
        composed = compose(
            metadata,
            template=source.template,
            hashtags=source.hashtags,
            limit=session.settings.x.text_limit,
        )
    except TemplateError as error:
        raise Ended(NotPublishable(f"the template of source {source.key}: {error}")) from error
    draft = Draft(
        text=composed.text,
        weight=composed.weight,
        was_cut=composed.was_cut,
        alt_text=metadata.alt_text,
        media=media,
        sidecar=sidecar,
    )
    with writing(session.engine) as connection:
        connection.execute(
            sa.update(publishing_tasks)
            .where(publishing_tasks.c.id == session.task.id, publishing_tasks.c.fence == session.claim.fence)
            .values(content_data=draft.model_dump(mode="json"), metadata_path=sidecar, media_bytes=media.bytes)
        )
    session.note("prepared", f"text of {draft.weight} characters by X's counting", draft.model_dump(mode="json"))
    return draft


def enhance(session: Session, draft: Draft) -> Draft:
    """Hand the draft on as it is; the place where Gemini will improve it."""
    return draft


def upload(session: Session, draft: Draft) -> UploadedMedia:
    """Upload the draft's media and wait until X can post it."""
    from twitter_pipeline.x.upload import set_alt_text
    from twitter_pipeline.x.upload import upload as send

    x = session.settings.x
    with _file_errors(session), x_errors(), client(session) as connected:
        sent = send(
            connected,
            media_path(session),
            media_type=draft.media.media_type,
            category=draft.media.category,
            chunk_bytes=x.chunk_bytes,
            processing_timeout=x.processing_timeout,
        )
        if draft.alt_text:
            set_alt_text(connected, sent.media_id, draft.alt_text)
    session.note("uploaded", f"{draft.media.path}: {sent.bytes:,} bytes", {"media_id": sent.media_id})
    return UploadedMedia(draft=draft, media_ids=(sent.media_id,), expires_at=sent.expires_at)


def media_path(session: Session) -> Path:
    """The item's file. Raises Ended when it is gone, or a link now leads out of the project."""
    from twitter_pipeline.scanning.boundary import leaves

    root = session.project.path
    path = root / session.task.media_path
    if not root.is_dir():
        raise Ended(Failed(f"the project's folder {root} is not there; is the disk mounted?"))
    if not path.exists():
        raise Ended(NotPublishable(f"the file {session.task.media_path} is gone"))
    if leaves(path, os.path.realpath(root)):
        raise Ended(NotPublishable(f"{session.task.media_path} leads out of the project's folder"))
    return path


def _refuse_what_was_seen(session: Session, path: Path) -> None:
    """Take the whole file's hash, which no two tasks of a project may share: the second is a repetition."""
    from twitter_pipeline.scanning.fingerprint import full

    content_hash = full(path)
    tasks = publishing_tasks.c
    try:
        with writing(session.engine) as connection:
            connection.execute(
                sa.update(publishing_tasks)
                .where(tasks.id == session.task.id, tasks.fence == session.claim.fence)
                .values(content_hash=content_hash)
            )
    except sa.exc.IntegrityError:
        with reading(session.engine) as connection:
            other = connection.execute(
                sa.select(tasks.media_path, tasks.status).where(
                    tasks.project_id == session.project.id, tasks.content_hash == content_hash
                )
            ).one()
        raise Ended(NotPublishable(f"the same file as {other.media_path}, which is {other.status}")) from None


def read_metadata(session: Session, source: Source, path: Path) -> tuple[Metadata, str | None]:
    """The item's metadata and where it lay. Without any: waits, then the words of the file's name or `Ended`."""
    from twitter_pipeline.content import Metadata, words_of
    from twitter_pipeline.scanning.sidecars import Problem, finder_for

    found = finder_for(session.project, source).find(session.task.media_path)
    if found is not None and not isinstance(found, Problem):
        sidecar = found.path.relative_to(session.project.path).as_posix()
        if not found.metadata.has_words:
            raise Ended(NotPublishable(f"{sidecar}: there is neither a title nor a description for it; write one"))
        return found.metadata, sidecar
    why = found.message if isinstance(found, Problem) else "it has no metadata"
    until = session.task.created_at + session.project.metadata_wait
    if utc_now() < until:
        raise Ended(MustWait(f"{why}; waits for it until {until:%Y-%m-%d %H:%M:%S} UTC", until))
    if found is None and session.project.without_metadata == "post":
        return Metadata(title=words_of(path.name)), None
    raise Ended(NotPublishable(why))


def check_media(session: Session, source: Source, path: Path) -> MediaFile:
    """What the file holds, by X's rules. Raises Ended with the reason a person needs."""
    from twitter_pipeline.media import MediaRefused, check

    try:
        info = check(path, source.type, session.settings.x.media_limits)
    except MediaRefused as error:
        raise Ended(NotPublishable(str(error))) from error
    return MediaFile(
        path=session.task.media_path,
        media_type=info.media_type,
        category=info.category,
        bytes=info.bytes,
        width=info.width,
        height=info.height,
        seconds=info.seconds,
    )


@contextmanager
def client(session: Session) -> Iterator[XClient]:
    """A connection to X as the project's account, whose identity X has confirmed within a day."""
    from twitter_pipeline.x.client import connect

    x = session.settings.x
    with reading(session.engine) as connection:
        account = accounts.of_project(connection, session.project.id)
        try:
            keys = accounts.credentials(connection, account.id, open_vault(session.settings.home))
        except KeyLost as error:
            raise Ended(AccountStopped(str(error))) from error
    connected = connect(
        keys,
        base_url=session.settings.x_base_url,
        connect_timeout=x.connect_timeout,
        read_timeout=x.read_timeout,
    )
    try:
        if account.verified_at is None or account.verified_at < utc_now() - VERIFIED_FOR:
            me = connected.me()
            with writing(session.engine) as connection:
                accounts.verified(connection, account.id, user_id=me.id, username=me.username, now=utc_now())
        yield connected
    finally:
        connected.close()


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


@contextmanager
def _file_errors(session: Session) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Ended(NotPublishable(f"{session.task.media_path} went away: {error.strerror}")) from error
    except OSError as error:
        raise Ended(Failed(f"{session.task.media_path} cannot be read: {error}")) from error
