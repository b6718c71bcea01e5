"""The judge's own count of a text, and what it takes for links, tags and mentions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from twitter_pipeline.sandbox import entities
from twitter_pipeline.sandbox.tlds import KNOWN
from twitter_pipeline.sandbox.weight import weighted_length
from twitter_pipeline_tests.support.quickness import assert_quick

SAMPLES = Path(os.environ.get("SAMPLES_DIR", Path(__file__).parents[3] / "shared" / "samples"))


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("hello", 5),
        ("\u10ff\u1100", 3),
        ("\u2018quoted\u2019 \u2013 \u2026 \u20ac", 13 + 1 + 2),
        ("é e\u0301", 3),
        ("a\r\nb", 3),
        ("日本語", 6),
        ("한국어", 6),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🏳️‍🌈", 2),
        ("🇩🇪", 2),
        ("🇩🇪🇫🇷", 4),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("1️⃣", 2),
        ("❤️", 2),
        ("👩‍❤️‍💋‍👨", 2),
        ("©", 1),
        ("©️", 2),
        ("1*#", 3),
        ("https://example.com", 23),
        ("http://a.co", 23),
        ("example.com", 23),
        ("example.com/" + "a" * 300, 23),
        ("see example.com.", 28),
        ("mail me@example.com", 19),
        ("version 1.2.3", 13),
        ("e.g. this", 9),
        ("example.de", 23),
        ("cars.bmw", 23),
        ("example.notatld", 15),
        ("https://", 8),
        ("中文https://example.com中文", 8 + 23),
    ],
)
def test_a_text_weighs_what_x_says(text: str, weight: int) -> None:
    assert weighted_length(text) == weight


@pytest.mark.parametrize("piece", ["a.b.", "http://", "a", "@a", "#", "https://a.com/(", "(", "👨‍", "a-_."])
def test_counting_takes_linear_time(piece: str) -> None:
    assert_quick(lambda: weighted_length(piece * (25_000 // len(piece))), 1)


def test_the_judge_knows_every_top_level_domain_that_x_knows() -> None:
    path = SAMPLES / "conformance" / "tld_lib.yml"
    if not path.is_file():
        pytest.skip(f"twitter-text's list is not here: {path} (set SAMPLES_DIR)")
    lists = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {str(name) for name in lists["country"] + lists["generic"]} == KNOWN


def _cases() -> list[tuple[str, str, Any]]:
    path = SAMPLES / "conformance" / "extract.yml"
    if not path.is_file():
        return []
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
    wanted = ("urls", "hashtags", "hashtags_from_astral", "mentions", "cashtags")
    return [(group, case["text"], case["expected"]) for group in wanted for case in groups[group]]


def test_entities_agree_with_twitter_texts_published_cases() -> None:
    cases = _cases()
    if not cases:
        pytest.skip(f"twitter-text's published cases are not here: {SAMPLES / 'conformance'} (set SAMPLES_DIR)")
    finders = {
        "urls": entities.links,
        "hashtags": entities.hashtags,
        "hashtags_from_astral": entities.hashtags,
        "mentions": entities.mentions,
        "cashtags": entities.cashtags,
    }
    wrong = [
        (group, text, expected, found)
        for group, text, expected in cases
        if (found := [span.value for span in finders[group](text)]) != expected
    ]
    assert len(cases) > 150
    assert wrong == []
