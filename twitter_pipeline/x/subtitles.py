"""Captions of a video: X takes a file of them as media of its own, and is then told whose they are."""

from __future__ import annotations

from twitter_pipeline.x.client import XClient
from twitter_pipeline.x.upload_answers import media_id

#: How POST /2/media/subtitles calls what was uploaded under these categories.
_TARGETS = {"tweet_video": "TweetVideo", "amplify_video": "AmplifyVideo"}


def add_captions(
    client: XClient, video_id: str, category: str, *, captions_id: str, language: str, display_name: str
) -> None:
    """Let a processed video have uploaded captions. Asked again, nothing changes: a language has one file of them.

    `category` is the video's, `language` two capital letters ("EN"), `display_name` what viewers choose. Raises as
    `upload.upload` does; nothing of it is about a post.
    """
    answer = client.call(
        "POST",
        "/2/media/subtitles",
        json={
            "id": video_id,
            "media_category": _TARGETS[category],
            "subtitles": {"id": captions_id, "language_code": language, "display_name": display_name},
        },
    )
    media_id(answer, "subtitles")
