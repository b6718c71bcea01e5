"""docs/gemini.md against the code."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import get_args

from twitter_pipeline.config import Settings, load
from twitter_pipeline.config.duration import format_duration
from twitter_pipeline.config.services import GeminiSettings
from twitter_pipeline.enhancing.answer import MOST_ALT_TEXT
from twitter_pipeline.enhancing.question import MOST_DESCRIPTION, MOST_EXAMPLE, TOKENS, TOKENS_OF_ALT_TEXT
from twitter_pipeline.enhancing.removing import without_added
from twitter_pipeline.media.glimpse import FRAMES, MOST_BYTES, SIDE
from twitter_pipeline.store.gemini import MOST_TRIES
from twitter_pipeline.store.gemini_limits import MOST_WAIT

PAGE = (Path(__file__).parents[2] / "docs" / "gemini.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())


def loaded(folder: Path, example: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(textwrap.dedent(example), encoding="utf-8")
    return load(path, environ={"GEMINI_API_KEY": "k"})


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    first, second = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    settings = loaded(tmp_path, first)
    assert settings.projects[0].sources[0].gemini
    assert settings.gemini.voice
    assert not settings.projects[0].sources[0].sees_media(settings.gemini)
    settings = loaded(tmp_path, second)
    assert [source.sees_media(settings.gemini) for source in settings.projects[0].sources] == [True, True, False]
    assert f"the source's {number(settings.gemini.examples)} latest posts" in PAGE


def number(value: int) -> str:
    return {3: "three", 4: "four", 5: "five"}[value]


def test_what_it_says_of_words_that_are_taken_out_is_so() -> None:
    table = PAGE.split("<!-- taken out -->")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `(.+)` \| (.+) \|$", table, re.MULTILINE)
    assert len(rows) == 9
    for said, left in rows:
        kept = without_added(said, "A cat")
        assert left == ("the original" if kept is None else f"`{kept.text}`")


def test_its_numbers_and_names_are_those_of_the_code() -> None:
    assert f"{number(MOST_TRIES)} times in all" in TEXT
    assert f"up to {FRAMES} frames of a video" in TEXT
    assert f"or {number(FRAMES)} frames of a video" in TEXT
    assert f"at most {SIDE} pixels on the longer side and {MOST_BYTES:,} bytes each" in TEXT
    assert f"each up to {MOST_EXAMPLE} characters" in TEXT
    assert f"up to {MOST_ALT_TEXT:,} characters" in TEXT
    assert f"and {TOKENS_OF_ALT_TEXT} more for each picture" in TEXT
    assert f"up to {format_duration(MOST_WAIT)}." in TEXT
    assert f"a description after {MOST_DESCRIPTION:,} characters" in TEXT
    assert f"over all projects, {GeminiSettings().daily_budget} by default" in TEXT
    assert f"about {round(TOKENS + 280, -2):,} tokens" in TEXT
    assert set(re.findall(r"^\| `(google-\w+)` \|", PAGE, re.MULTILINE)) == set(
        get_args(GeminiSettings.model_fields["sdk"].annotation)
    )
