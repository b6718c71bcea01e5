"""What X's answers about an upload say."""

from __future__ import annotations

from typing import Any

from twitter_pipeline.x.errors import Transient


def is_done(answer: dict[str, Any]) -> bool:
    """Whether X is through with processing. Media without `processing_info` is."""
    info = answer.get("processing_info")
    return not isinstance(info, dict) or info.get("state") == "succeeded"


def failure(info: dict[str, Any]) -> str:
    """Why processing failed, in X's words."""
    error = info.get("error")
    said = [error.get("name"), error.get("message")] if isinstance(error, dict) else []
    return ": ".join(str(word) for word in said if word) or "it gives no reason"


def media_id(data: dict[str, Any], step: str) -> str:
    """The id of the medium; Transient when the answer was cut short of it. `step` names the call for people."""
    given = data.get("id")
    if not isinstance(given, str) or not given:
        raise Transient(f"X's answer to {step} of the upload has no media id.")
    return given
