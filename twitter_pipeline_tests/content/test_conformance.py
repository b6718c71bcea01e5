"""twitter-text's published cases of hashtags, mentions and cashtags; those of URLs are in test_weight.

Not held against them: the name of a list behind a mention, and whether one makes the post a reply, since nothing here
asks for either.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from twitter_pipeline.content import foreign, hashtags, shown
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # twitter-text finds the link e.co too; of what overlaps it takes what begins first.
        ("#日本e.co #b", ["日本e", "b"]),
        ("日本e.co#b #c", ["c"]),
        ("https://e.co/#日本 #c", ["c"]),
    ],
)
def test_of_a_hashtag_and_a_link_that_overlap_the_first_counts(text: str, expected: list[str]) -> None:
    assert list(hashtags.found_in(text)) == expected


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


def found_as(kind: str, text: str) -> list[tuple[str, list[int]]]:
    """What the preview colours, with where it begins and ends."""
    position, found = 0, []
    for piece in shown.pieces(text):
        if piece.kind == kind:
            found.append((piece.written[1:], [position, position + len(piece.written)]))
        position += len(piece.written)
    return found


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(kind, *case.values, marks=case.marks, id=case.id)
        for kind, groups in (("hashtag", HASHTAGS), ("mention", MENTIONS[:3]), ("cashtag", CASHTAGS))
        for case in cases(*groups)
    ],
)
def test_the_preview_colours_what_twitter_text_finds(kind: str, text: str, expected: list[str]) -> None:
    assert [name for name, _ in found_as(kind, text)] == expected


def placed_cases() -> list[Any]:
    path = samples_dir() / "conformance" / "extract.yml"
    if not path.is_file():
        return [pytest.param("", "", [], marks=needs_samples)]
    tests = yaml.safe_load(path.read_text("utf-8"))["tests"]
    fields = {"hashtag": "hashtag", "mention": "screen_name", "cashtag": "cashtag"}
    return [
        pytest.param(
            kind,
            case["text"],
            [(one[field], one["indices"]) for one in case["expected"]],
            id=f"{group}: {case['description']}",
        )
        for kind, field in fields.items()
        for group in tests
        if group.startswith(kind) and group.endswith("_with_indices")
        for case in tests[group]
    ]


@pytest.mark.parametrize(("kind", "text", "expected"), placed_cases())
def test_each_begins_and_ends_where_twitter_text_says(
    kind: str, text: str, expected: list[tuple[str, list[int]]]
) -> None:
    # Of "@name/list" the preview colours the name.
    assert found_as(kind, text) == [(name, [at, at + len(name) + 1]) for name, (at, _) in expected]


@needs_samples
def test_every_group_of_cases_is_read() -> None:
    tests = yaml.safe_load((samples_dir() / "conformance" / "extract.yml").read_text("utf-8"))["tests"]
    assert set(tests) == {*HASHTAGS, *MENTIONS, *CASHTAGS, *URL_GROUPS}
