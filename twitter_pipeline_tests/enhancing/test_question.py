"""What the question holds, and when two are the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twitter_pipeline.content.metadata import Metadata
from twitter_pipeline.enhancing.question import MOST_DESCRIPTION, MOST_TAGS, Question, ask_for

WORDS = Metadata(
    title="A cat", description="It sleeps.", hashtags=("cats",), link="https://example.com", extra={"a": 1}
)


def question(words: Metadata = WORDS, **changes: Any) -> Question:
    asked = {"alt_text": "", "model": "m", "voice": "Dry.", "room": 250, "limit": 280, **changes}
    return ask_for(words, **asked)


def test_nothing_but_the_words_is_handed_over() -> None:
    assert json.loads(question(alt_text="A grey cat").data) == {
        "title": "A cat",
        "description": "It sleeps.",
        "hashtags": ["cats"],
        "alt_text": "A grey cat",
    }
    assert "example.com" not in repr(question())


def test_what_is_handed_over_has_an_end() -> None:
    long = Metadata(title="t" * 10**5, description="d" * 10**5, hashtags=("h" * 10**5,) * 500)
    asked = question(long, alt_text="a" * 10**5)
    assert len(json.loads(asked.data)["description"]) == MOST_DESCRIPTION
    assert len(json.loads(asked.data)["hashtags"]) == MOST_TAGS
    assert len(asked.data) < 11_000


def test_a_voice_is_taken_as_it_is_written() -> None:
    assert "Say {room} and {{ title }}!" in question(voice="Say {room} and {{ title }}!").instruction


@pytest.mark.parametrize(
    "other",
    [
        question(Metadata(title="A dog")),
        question(voice="Loud."),
        question(model="n"),
        question(room=100),
        question(alt_text="A grey cat"),
    ],
)
def test_another_question_has_another_digest(other: Question) -> None:
    assert question().digest == question().digest
    assert other.digest != question().digest
