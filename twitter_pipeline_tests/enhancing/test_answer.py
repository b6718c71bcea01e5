"""An answer taken as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twitter_pipeline.enhancing.answer import NoAnswer, Outcome, Reply, Words, read


def said(**fields: Any) -> Words:
    return read(Reply(json.dumps({"text": "A cat", **fields})))


def test_text_is_cleaned_as_a_sidecars_is() -> None:
    assert said(text="\ufeff A\r\ncat\x00  \n\n\n\nsleeps ").text == "A\ncat\n\nsleeps"
    assert said(alt_texts=[" A\x07 cat ", ""]).alt_texts == ("A cat", "")


def test_hashtags_are_made_valid_each_once_and_not_too_many() -> None:
    assert said(hashtags=["#cats #dogs", "Cats", "paper airplane", "!!", "", "#1"]).hashtags == (
        "#cats",
        "#dogs",
        "#paperairplane",
    )
    assert len(said(hashtags=[f"tag{number}" for number in range(99)]).hashtags) == 10
    assert said(hashtags=["x" * 5000]).hashtags == ()


def test_each_alt_text_is_cut_to_what_x_takes_and_all_are_counted() -> None:
    long, words, *_ = said(alt_texts=["a" * 4000, "cat " * 1000, *"abcdef"]).alt_texts
    assert len(long) == 1000
    assert (len(words) <= 1000, words[-8:]) == (True, "cat cat…")
    assert len(said(alt_texts=["a"] * 9).alt_texts) == 9


def test_what_it_adds_or_leaves_out_does_not_matter() -> None:
    assert said(mood="dry") == Words(text="A cat")


@pytest.mark.parametrize(
    "text",
    ["[]", "null", '"A cat"', "{}", '{"text": null}', '{"text": 7}', '{"text": "A", "hashtags": "a"}', '{"text": "A"'],
)
def test_another_shape_is_malformed_and_its_words_are_not_repeated(text: str) -> None:
    with pytest.raises(NoAnswer) as told:
        read(Reply(text))
    assert told.value.outcome is Outcome.MALFORMED
    assert "A cat" not in str(told.value)


@pytest.mark.parametrize(
    "text", ['```json\n{"text": "A cat"}\n```', '{"text": "A cat"}', "```{}```", ' ```JSON {"a": [1]} ``` ']
)
def test_an_answer_within_the_answer_is_no_text(text: str) -> None:
    with pytest.raises(NoAnswer, match="its text is JSON, not words"):
        said(text=text)


@pytest.mark.parametrize("text", ["{A cat}", "[1]", "```A cat```", '{"text": ' * 2500, "7"])
def test_what_only_looks_like_one_is_a_text(text: str) -> None:
    assert said(text=text).text == text.strip()


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(""), Outcome.EMPTY),
        (Reply('{"text": " \\n "}'), Outcome.EMPTY),
        (Reply('{"text": "A cat"}', finish="OTHER"), Outcome.EMPTY),
        (Reply("", finish="17"), Outcome.EMPTY),
        (Reply('{"text": "A cat"}', finish="RECITATION"), Outcome.BLOCKED),
        (Reply('{"text": "A cat"}', blocked="OTHER"), Outcome.BLOCKED),
        (Reply('{"text": "A cat"}', finish="MAX_TOKENS"), Outcome.MALFORMED),
    ],
)
def test_how_it_ended_decides_before_its_words(reply: Reply, outcome: Outcome) -> None:
    with pytest.raises(NoAnswer) as told:
        read(reply)
    assert told.value.outcome is outcome
