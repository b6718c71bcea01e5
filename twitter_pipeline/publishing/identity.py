"""What may be posted once: a content, and for a source that repeats or posts elsewhere, a content there."""

from __future__ import annotations

import hashlib

from twitter_pipeline.config import Project, Source


def salted(content: str, project: Project, source: Source) -> str:
    """What no two tasks of the project may share (64 hex digits), for a source's item with this content (SHA-256).

    Sources that post as the project's account share it, so that each content goes out once; one with an account of its
    own shares it with those of that account, and one that repeats with none.
    """
    if source.repeat:
        salt = f"source {source.key}"
    elif source.account not in (None, project.account):
        salt = f"account {source.account}"
    else:
        return content
    return hashlib.sha256(f"{salt}\n{content}".encode()).hexdigest()
