"""Words too long for one post, in several."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.foreign import plain
from twitter_pipeline.content.thread import split
from twitter_pipeline.content.weight import normalize, weighted_length
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.content.test_fit import times
from twitter_pipeline_tests.support.quickness import assert_quick

words = texts.map(plain).map(normalize)


@pytest.mark.parametrize(
    ("text", "limit", "numbered", "expected"),
    [
        ("It sleeps all day.", 30, True, ("It sleeps all day.",)),
        # After a sentence, else a clause, else a word; nothing marks the place, and nothing is left out.
        (
            "It sleeps all day. Then it eats. At night it walks over the roofs.",
            40,
            True,
            ("It sleeps all day. Then it eats. (1/2)", "At night it walks over the roofs. (2/2)"),
        ),
        ("In the quiet garden, cats sleep", 22, False, ("In the quiet garden,", "cats sleep")),
        ("See https://example.com/a/b now", 30, False, ("See https://example.com/a/b", "now")),
        ("今日は天気がいいですね。散歩に行きましょう", 30, False, ("今日は天気がいいですね。", "散歩に行きましょう")),
        # Nothing dangles at the end of a post, and the last one is no single word.
        (
            "The wind blows hard at the pier where boats lie still",
            27,
            False,
            ("The wind blows hard", "at the pier", "where boats lie still"),
        ),
        (
            "Boats and gulls lie still beside the old pier today",
            46,
            False,
            ("Boats and gulls lie still", "beside the old pier today"),
        ),
        (
            "Tips for you: 1. Come early. 2. Bring us all coffee",
            33,
            False,
            ("Tips for you: 1. Come early.", "2. Bring us all coffee"),
        ),
        (
            "Er sagte: „Der Hafen lag im Nebel und niemand war da“",
            40,
            False,
            ("Er sagte: „Der Hafen lag im Nebel", "und niemand war da“"),
        ),
        # X takes the same words once: such posts get their numbers whatever is asked.
        ("So it goes. So it goes.", 20, False, ("So it goes. (1/2)", "So it goes. (2/2)")),
    ],
)
def test_a_text_is_divided_where_an_editor_would_divide_it(
    text: str, limit: int, numbered: bool, expected: tuple[str, ...]
) -> None:
    assert split(text, limit, most=9, numbered=numbered) == (expected, False)


def test_of_a_text_beyond_the_longest_thread_the_end_is_cut() -> None:
    found = split("One two three. Four five six. Seven eight nine ten.", 20, most=2, numbered=False)
    assert found == (("One two three.", "Four five six."), True)


def test_a_link_that_no_post_has_room_for_is_told_and_breaks_no_limit() -> None:
    found = split("One two three. " * 12 + "https://example.com/a", 30, most=50, numbered=True)
    assert found.was_cut
    assert all(weighted_length(post) <= 30 for post in found.texts)


def test_no_post_of_a_thread_is_empty_though_nothing_of_the_end_can_be_kept() -> None:
    found = split("a" + "\u0301\u0302" * 1500, 280, most=3, numbered=False)
    assert [bool(text) for text in found.texts] == [True, True]
    assert found.was_cut


# From 31 on, a post has room for a link and a number: " (10/12)".
@times
@given(words, st.integers(31, 300), st.booleans())
@example("a" * 1000, 40, True)
@example("https://example.com/" * 50, 60, True)
@example("#tag日本語example.com", 30, False)
@example("  example.com日本語", 30, True)
@example("t.co/1\ufe0f\u20e3word", 30, True)
@example("a" + "\u0301\u0302" * 300, 280, False)
def test_a_thread_says_every_word_once_and_each_of_its_posts_fits(text: str, limit: int, numbered: bool) -> None:
    found = split(text, limit, most=5000, numbered=numbered)
    assert not found.was_cut
    assert all(weighted_length(post) <= limit for post in found.texts)
    assert len(found.texts) == 1 or len(set(found.texts)) == len(found.texts)
    said = [re.sub(r" \(\d+/\d+\)\Z", "", post) for post in found.texts] if len(found.texts) > 1 else [text]
    assert "".join("".join(said).split()) in (
        "".join(text.split()),
        # It may end with such a number itself.
        re.sub(r"\(\d+/\d+\)\Z", "", "".join(text.split())),
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "part", ["a.b.", "猫", "👍", "((((", "www.a.com ", "« ", "1. ", "«a", "a", "1", "猫。", "เ", "…", "🇩🇪"]
)
def test_a_thread_takes_linear_time_whatever_a_sidecar_holds(part: str) -> None:
    assert_quick(lambda: split(part * (25_000 // len(part)), 280, most=25, numbered=True), 4)


LONG = Metadata(
    title="Paper planes",
    description="They fly far over the sea. " * 5,
    hashtags=("#one", "#two", "#three_and_a_half_that_is_long"),
)


def test_hashtags_make_no_thread_longer() -> None:
    made = compose(LONG, template=None, hashtags=(), limit=100, style=Style(most_posts=9))
    assert [made.text.rpartition(" ")[2], *(text.rpartition(" ")[2] for text in made.more)] == ["(1/2)", "(2/2)"]
    assert made.more[-1].endswith("the sea.\n\n#one #two (2/2)")
    assert made.gave_way == ("1 hashtag",)


def test_no_thread_is_made_for_hashtags_alone() -> None:
    made = compose(
        Metadata(title="Paper planes", hashtags=tuple(f"#tag{number}" for number in range(30))),
        template=None,
        hashtags=(),
        limit=100,
        style=Style(most_posts=9),
    )
    assert (made.more, made.gave_way) == ((), ("17 hashtags",))


def test_what_a_thread_has_no_room_for_is_told() -> None:
    made = compose(LONG, template=None, hashtags=(), limit=60, style=Style(most_posts=2))
    assert len(made.more) == 1
    assert made.gave_way == ("3 hashtags", "words at the end")
