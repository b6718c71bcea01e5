"""docs/gemini.md against the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from twitter_pipeline.config import load
from twitter_pipeline.config.services import GeminiSettings
from twitter_pipeline.enhancing.question import MOST_DESCRIPTION, TOKENS
from twitter_pipeline.store.gemini import MOST_TRIES

PAGE = (Path(__file__).parents[2] / "docs" / "gemini.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "config.yaml"
    path.write_text(re.sub(r"^   ", "", example, flags=re.MULTILINE), encoding="utf-8")
    settings = load(path, environ={"GEMINI_API_KEY": "k"})
    assert settings.projects[0].sources[0].gemini
    assert settings.gemini.voice


def test_its_numbers_and_names_are_those_of_the_code() -> None:
    numbers = {3: "three"}
    assert f"{numbers[MOST_TRIES]} times in all" in TEXT
    assert f"a description after {MOST_DESCRIPTION:,} characters" in TEXT
    assert f"over all projects, {GeminiSettings().daily_budget} by default" in TEXT
    assert f"about {round(TOKENS + 280, -2):,} tokens" in TEXT
    assert set(re.findall(r"^\| `(google-\w+)` \|", PAGE, re.MULTILINE)) == set(
        get_args(GeminiSettings.model_fields["sdk"].annotation)
    )
