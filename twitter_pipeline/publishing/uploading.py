"""The step that uploads an item's media, and the captions of a video.

What is named in the post is only ever what this step returned: media whose bytes, all of them, were those of the file
as it was prepared.
"""

from __future__ import annotations

from twitter_pipeline.publishing import captioning, drafting, steps
from twitter_pipeline.publishing.drafts import Draft, UploadedMedia
from twitter_pipeline.publishing.file_upload import MediumUpload
from twitter_pipeline.publishing.outcomes import Failed
from twitter_pipeline.publishing.session import Ended, Session


def upload(session: Session, draft: Draft) -> UploadedMedia:
    """Upload the draft's media, one after the other, and wait until X can post each."""
    if session.begun is not None:  # media go with the first post of a thread
        return UploadedMedia(draft=session.begun, media_ids=(), expires_at=None)
    drafting.refuse_outdated(session.task, draft)
    if not draft.media:
        return UploadedMedia(draft=draft, media_ids=(), expires_at=None)
    if tuple(medium.path for medium in draft.media) != session.task.files:
        # A re-execution from here, and the album has followed its folder, or the task its file, since.
        raise Ended(Failed("its files are others than those it was prepared with; the next run prepares it anew"))
    with drafting.file_errors(session), steps.x_errors(), steps.client(session) as connected:
        paths = drafting.media_paths(session)
        captioning.forget_others(session, draft)
        done = [
            MediumUpload(session, connected, medium, path).run()
            for medium, path in zip(draft.media, paths, strict=True)
        ]
        for medium, sent in zip(draft.media, done, strict=True):
            captioning.add(session, connected, medium, sent.media_id)
    return UploadedMedia(
        draft=draft,
        media_ids=tuple(sent.media_id for sent in done),
        expires_at=min(sent.expires_at for sent in done),
        media_keys=tuple(sent.media_key for sent in done),
    )
