"""The first steps of publishing one item: prepare, enhance. `uploading.upload` and `post.create` follow.

Each takes the session and what the step before it made, and raises `Ended` when the item cannot go on. None knows
Dagster: its ops call these, and so may any other process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from twitter_pipeline.clock import utc_now
from twitter_pipeline.publishing import drafting, enhancing, repeats
from twitter_pipeline.publishing.connecting import connected_as
from twitter_pipeline.publishing.drafting import file_errors
from twitter_pipeline.publishing.drafts import Draft
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
from twitter_pipeline.store import tasks
from twitter_pipeline.store.engine import writing
from twitter_pipeline.store.secrets import KeyLost

if TYPE_CHECKING:
    from twitter_pipeline.x.client import XClient
    from twitter_pipeline.x.errors import XError


def prepare(session: Session) -> Draft:
    """Read and check everything of the item: its files, whether it was posted before, its sidecar, its text.

    What comes out is frozen in the task's `content_data`. A thread that is on X in part stays as it was begun.
    """
    if session.begun is not None:
        session.note("prepared", "its thread is on X in part; it goes on with what was prepared then")
        return session.begun
    with file_errors(session):
        try:
            paths = drafting.media_paths(session)
        except Ended:
            _keep(session, media_bytes=None)  # when the file comes back, even unchanged, the scan judges it anew
            raise
        try:
            digests = drafting.digests_of(paths)
            content = _take_identity(session, paths, digests)
            draft = drafting.draft(session, paths).with_digests(digests).model_copy(update={"content": content})
            if draft.words is None:
                draft = repeats.settled(session, draft, now=utc_now())
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
    said = draft.model_dump(mode="json", exclude={"content", "words", "enhanced", "ways", "other_words"})
    varied = f"; varied: {draft.varied}" if draft.varied else ""
    unused = "".join(f"; not used: {each}" for each in draft.unused)
    session.note("prepared", f"text of {draft.weight} characters by X's counting{varied}{unused}", said)
    return draft


def enhance(session: Session, draft: Draft) -> Draft:
    """Let Gemini improve the words where the source says so; whatever comes of it, the item goes on.

    Only what goes out then is held against the account's recent posts. Raises Ended to wait.
    """
    if session.begun is not None:  # a re-execution from here has a draft of before
        return session.begun
    improved = enhancing.enhance(session, draft)
    if draft.words is not None:
        improved = repeats.settled(session, improved, now=utc_now())
        if improved.varied:
            session.note("prepared", f"varied: {improved.varied}", {"text": improved.text, "weight": improved.weight})
    if improved is not draft:
        _keep(session, content_data=improved.model_dump(mode="json"))
    return improved


def _take_identity(session: Session, paths: Sequence[Path], digests: Sequence[str]) -> str:
    """The item's identity, which is its own from now on. Raises Ended where another task has it: it is a repetition."""
    content_hash = drafting.content_identity(session, paths, digests)
    try:
        _keep(session, content_hash=content_hash)
    except sa.exc.IntegrityError:
        twin = drafting.twin_of(session, content_hash)
        if twin is None:
            raise  # another rule of the table was broken
        raise Ended(NotPublishable(twin)) from None
    return content_hash


def _keep(session: Session, **values: Any) -> None:
    """Write into the task's row, while it is still this session's."""
    with writing(session.engine) as connection:
        tasks.keep(connection, session.task.id, session.claim.fence, **values)


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
        return Unknown(reason, x_is_out=error.is_outage)
    return Failed(reason, x_is_out=error.is_outage, for_later=isinstance(error, errors.ProcessingStuck))
