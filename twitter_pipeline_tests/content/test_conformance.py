"""twitter-text's published cases of hashtags, mentions and cashtags; those of URLs are in test_weight.

Not held against them: where a hashtag or a mention begins and ends, and the name of a list behind a mention, since
nothing here asks for either.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from twitter_pipeline.content import foreign, hashtags
from twitter_pipeline_tests.content.test_weight import URL_GROUPS
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir

HASHTAGS = ("hashtags", "hashtags_from_astral", "hashtags_with_indices")
MENTIONS = ("mentions", "mentions_with_indices", "mentions_or_lists_with_indices", "replies")
CASHTAGS = ("cashtags", "cashtags_with_indices")


def cases(*groups: str) -> list[Any]:
    path = samples_dir() / "conformance" / "extract.yml"
    if not path.is_file():
        return [pytest.param("", [], marks=needs_samples)]
    tests = yaml.safe_load(path.read_text("utf-8"))["tests"]
    return [
        pytest.param(case["text"], names(case["expected"]), id=f"{group}: {case['description']}")
        for group in groups
        for case in tests[group]
    ]


def names(expected: Any) -> list[str]:
    found = expected if isinstance(expected, list) else [expected] if expected else []
    return [str(next(iter(one.values()))) if isinstance(one, dict) else str(one) for one in found]


@pytest.mark.parametrize(("text", "expected"), cases(*HASHTAGS))
def test_hashtags_are_found_where_twitter_text_finds_them(text: str, expected: list[str]) -> None:
    assert list(hashtags.found_in(text)) == expected
    # Left out, each is a word, and no hashtag is left.
    bare, gone = hashtags.without(text, set(map(hashtags.key, expected)))
    assert (list(hashtags.found_in(bare)), gone) == ([], len(expected))


@pytest.mark.parametrize(("text", "expected"), cases(*MENTIONS))
def test_no_mention_that_twitter_text_finds_is_left(text: str, expected: list[str]) -> None:
    stripped, _ = foreign.without_mentions(text)
    assert not [name for name in expected if f"@{name}" in stripped or f"＠{name}" in stripped]
    assert all(name in stripped for name in expected)


@pytest.mark.parametrize(("text", "expected"), cases(*CASHTAGS))
def test_of_the_cashtags_that_twitter_text_finds_one_is_left(text: str, expected: list[str]) -> None:
    one, gone = foreign.one_cashtag(text)
    assert text.count("$") - one.count("$") == gone == max(0, len(expected) - 1)
    assert foreign.one_cashtag(one) == (one, 0)


@needs_samples
def test_every_group_of_cases_is_read() -> None:
    tests = yaml.safe_load((samples_dir() / "conformance" / "extract.yml").read_text("utf-8"))["tests"]
    assert set(tests) == {*HASHTAGS, *MENTIONS, *CASHTAGS, *URL_GROUPS}
