"""A way to load a configuration from its text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from twitter_pipeline.config import ConfigError, Settings, load

Loads = Callable[..., Settings]
Finds = Callable[..., list[str]]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """Write a text to config.yaml and load it."""

    def loads(text: str, environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ=environ or {})

    return loads


@pytest.fixture
def finds(loads: Loads, tmp_path: Path) -> Finds:
    """The problems of a text, each as the line a person reads, without the folder."""

    def finds(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            loads(text, environ)
        return str(raised.value).replace(f"{tmp_path}/", "").splitlines()

    return finds
