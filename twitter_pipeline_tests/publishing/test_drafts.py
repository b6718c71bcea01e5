"""What the steps hand on can be read back, also as the first release kept it."""

from __future__ import annotations

import pytest

from twitter_pipeline.publishing.drafts import Draft, MediaFile

_CLIP = {
    **{"path": "cat.mp4", "media_type": "video/mp4", "category": "tweet_video", "bytes": 7},
    **{"width": 320, "height": 180, "seconds": 1.0},
}
_PICTURE = {**_CLIP, "path": "cat.png", "media_type": "image/png", "category": "tweet_image", "seconds": None}


@pytest.mark.parametrize(("medium", "alt_text"), [(_PICTURE, "A grey cat."), (_PICTURE, ""), (_CLIP, "")])
def test_a_draft_of_the_first_release_is_read(medium: dict[str, object], alt_text: str) -> None:
    kept = {"text": "Cat", "weight": 3, "was_cut": False, "alt_text": alt_text, "media": medium, "sidecar": "cat.json"}
    draft = Draft.model_validate(kept)
    assert draft.media == (MediaFile.model_validate({**medium, "alt_text": alt_text}),)
    assert Draft.model_validate_json(draft.model_dump_json()) == draft
    assert Draft.model_validate(draft.model_dump(mode="json")) == draft
