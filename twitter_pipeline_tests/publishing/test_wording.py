"""What title and description make together, as a source wants it."""

from __future__ import annotations

import pytest

from twitter_pipeline.config import Source
from twitter_pipeline.content import Metadata
from twitter_pipeline.publishing.wording import composed, ways


def text(title: str, description: str, *tags: str, **source: object) -> str:
    given = Source.model_validate({"type": "video", "path": "media", **source})
    return composed(given, Metadata(title=title, description=description, hashtags=tags), 280).text


@pytest.mark.parametrize(
    ("title", "description", "posted"),
    [
        ("The fox", "The fox", "The fox"),
        ("The fox", "The Fox\n\nIt sleeps.", "The Fox\n\nIt sleeps."),
        ("The fox", "The fox. It sleeps.", "The fox. It sleeps."),
        ("The fox!", "The fox! It sleeps.", "The fox! It sleeps."),
        ("狐", "狐。\n寝ている", "狐。\n寝ている"),
        ("狐です", "狐です。寝ている", "狐です。寝ている"),
        ("狐です。", "狐です。寝ている", "狐です。寝ている"),
        ("बिल्ली सोती है", "बिल्ली सोती है। वह खाती है।", "बिल्ली सोती है। वह खाती है।"),
        ("The fox", "The foxes sleep.", "The fox\n\nThe foxes sleep."),
        ("The fox", "The fox sleeps.", "The fox\n\nThe fox sleeps."),
        ("The fox", "", "The fox"),
        ("", "The fox", "The fox"),
    ],
)
def test_a_title_that_the_description_begins_with_is_said_once(title: str, description: str, posted: str) -> None:
    assert text(title, description) == posted


def test_a_person_s_own_words_and_a_template_say_it_twice_if_they_do() -> None:
    assert text("Row, row", "Row, row\nGently", type="text") == "Row, row\n\nRow, row\nGently"
    assert text("The fox", "The fox", template="{{ title }}: {{ description }}") == "The fox: The fox"


def test_what_is_left_of_a_link_mentions_nobody() -> None:
    assert "@" not in text("The fox", "It sleeps. https://t.co/a@ann")


def test_entities_of_hashtags_are_the_signs_they_stand_for() -> None:
    assert text("The fox", "", "R&amp;B", "rock&#39;n&#39;roll") == "The fox\n\n#RB #rocknroll"
    assert text("The fox", "", "R&amp;B", markdown="keep") == "The fox\n\n#RampB"
    # "&reg" and "&para" without their end are none.
    assert text("The fox", "", "love&regret", "arts&parapente") == "The fox\n\n#loveregret #artsparapente"


def test_a_title_said_once_does_not_come_back_to_vary_the_words() -> None:
    source = Source.model_validate({"type": "video", "path": "media"})
    words = Metadata(title="The fox", description="The fox. It sleeps. It eats.")
    assert [way.text for way in ways(source, words, 280, name="a")] == [
        "It sleeps. It eats.",
        "It eats.",
        "The fox. It sleeps. It eats. (a)",
    ]
