from __future__ import annotations

from typing import Any

import pytest

from twitter_pipeline_tests.conftest import MakeWorld
from twitter_pipeline_tests.support.gemini import MakeAsking, import_library
from twitter_pipeline_tests.support.sandbox import SandboxServer
from twitter_pipeline_tests.support.world import World


@pytest.fixture
def asking(world: MakeWorld, sandbox: SandboxServer) -> MakeAsking:
    """``asking(source={"template": …}, voice="Dry.")``: settings of `gemini` beside those of the one source."""
    import_library("google-genai")

    def make(
        *, source: dict[str, Any] | None = None, sources: tuple[dict[str, Any], ...] = (), **changes: Any
    ) -> World:
        said = {"base_url": sandbox.url, "timeout": "5 s", **changes}
        every = sources or ({"type": "video", **(source or {})},)
        return world(top={"gemini": said}, sources=[{"gemini": True, **one} for one in every])

    return make
