"""Whether the media of a post are those that were planned: what was prepared, held against what was sent."""

from __future__ import annotations

import sqlalchemy as sa

from twitter_pipeline.publishing.drafts import Draft
from twitter_pipeline.store.attempts import AttemptState
from twitter_pipeline.store.tables import media_uploads, publishing_attempts


def differences(connection: sa.Connection, task_id: int, draft: Draft) -> list[str]:
    """In words, where the media that the task's post was sent with are others than the draft's, or in another order.

    Nothing for a post that no attempt of this database made. Of media that X has forgotten by now only the number is
    known.
    """
    attempts, uploads = publishing_attempts.c, media_uploads.c
    sent = connection.scalar(
        sa.select(attempts.media_ids).where(
            attempts.task_id == task_id,
            attempts.sent_at.is_not(None),
            attempts.part == 1,  # the others of a thread have none
            attempts.state.in_([AttemptState.CONFIRMED.value, AttemptState.ADOPTED.value]),
        )
    )
    if sent is None:
        return []
    if len(sent) != len(draft.media):
        return [f"{len(draft.media)} media were planned, {len(sent)} were sent"]
    query = sa.select(uploads.media_id, uploads.path, uploads.sha256).where(uploads.task_id == task_id)
    uploaded = {media_id: (path, sha256) for media_id, path, sha256 in connection.execute(query)}
    said = []
    for number, (medium, media_id) in enumerate(zip(draft.media, sent, strict=True), 1):
        path, sha256 = uploaded.get(media_id, (medium.path, medium.sha256))
        # By content where that is known: a file may have been moved since.
        if (sha256 != medium.sha256) if sha256 and medium.sha256 else (path != medium.path):
            said.append(f"medium {number}: {medium.path} was planned, {path} was sent")
    return said
