from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twitter_pipeline.config import Settings, load
from twitter_pipeline_tests.support.gemini import import_library
from twitter_pipeline_tests.support.sandbox import SandboxServer

#: Both libraries: what is promised of one is promised of the other.
SDKS = ("google-genai", "google-generativeai")

MakeGemini = Callable[..., Settings]


@pytest.fixture(params=SDKS)
def gemini(request: pytest.FixtureRequest, tmp_path: Path, sandbox: SandboxServer) -> MakeGemini:
    """``gemini(timeout="1 s")``: settings that ask the sandbox with one library, then with the other."""
    import_library(request.param)

    def make(*, mode: str = "sandbox", **changes: Any) -> Settings:
        said = {"sdk": request.param, "base_url": sandbox.url, "api_key": "AIza-a-real-key", **changes}
        path = tmp_path / "config.yaml"
        path.write_text(
            yaml.safe_dump({"mode": mode, "accounts": [{"name": "cats"}], "gemini": said}), encoding="utf-8"
        )
        return load(path, environ={})

    return make
