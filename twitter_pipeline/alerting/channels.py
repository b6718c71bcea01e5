"""Where messages go, and what these addresses are called: they hold passwords and are never shown."""

from __future__ import annotations

import hashlib

from twitter_pipeline.config import Settings


def channels(settings: Settings) -> dict[str, str]:
    """The addresses of config.yaml by their names, such as `mailtos-3f2a9c01`; the same address has the same name."""
    return {name_of(url.get_secret_value()): url.get_secret_value() for url in settings.alerts.urls}


def name_of(url: str) -> str:
    """Kind and fingerprint. Of the latter so little that no password can be found by it."""
    kind = url.partition("://")[0].lower()
    return f"{kind}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"
