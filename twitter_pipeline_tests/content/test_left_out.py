"""Hashtags that a source wants in no post, and what stands behind its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.foreign import plain
from twitter_pipeline.content.hashtags import found_in, key, without
from twitter_pipeline.content.weight import normalize, weighted_length
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.content.test_fit import times


@pytest.mark.parametrize("at", ["text", "end"])
def test_hashtags_to_leave_out_are_in_no_post_wherever_they_come_from(at: str) -> None:
    composed = compose(
        Metadata(title="A #viral cat #FYP #cat", description="It naps ＃ｆｙｐ", hashtags=("ForYou", "#nap", "shorts")),
        template=None,
        hashtags=("fyp", "daily"),
        style=Style(hashtags_to_leave_out=("fyp", "#foryou", "Viral", "SHORTS"), hashtags_at=at),  # type: ignore[arg-type]
    )
    words, tags = ("A viral cat #cat", "#nap #daily") if at == "text" else ("A viral cat", "#cat #nap #daily")
    assert composed.text == f"{words}\n\nIt naps\n\n{tags}"
    assert composed.gave_way == ("6 hashtags to leave out",)


def test_a_word_that_was_a_hashtag_becomes_no_link() -> None:
    assert without("see #fyp.com and https://a.com/#fyp #fyp", {"fyp"}) == ("see .com and https://a.com/#fyp ", 2)


@times
@given(texts.map(plain).map(normalize), st.lists(st.sampled_from(["tag", "日本", "word", "é"]), max_size=3))
def test_none_that_is_left_out_is_found_again(text: str, names: list[str]) -> None:
    unwanted = set(map(key, names))
    bare, gone = without(text, unwanted)
    assert gone == sum(key(tag) in unwanted for tag in found_in(text))
    assert not unwanted & set(map(key, found_in(bare))) or gone
    assert len(text) - len(bare) >= gone


@pytest.mark.parametrize(
    ("metadata", "template", "text"),
    [
        (Metadata(title="Cat #a", description="It naps. #b", hashtags=("c",)), None, "Cat #a\n\nIt naps. (2) #b\n\n#c"),
        (Metadata(title="Cat #a #b"), None, "Cat (2) #a #b"),
        (Metadata(title="Cat", description="It naps."), "{{ title }}!", "Cat (2)!"),
        (Metadata(title="Cat", description="It naps."), "Always", "Always"),
    ],
)
def test_an_ending_stands_behind_the_last_words_of_the_metadata(
    metadata: Metadata, template: str | None, text: str
) -> None:
    assert compose(metadata, template=template, hashtags=(), ending="(2)").text == text


@times
@given(texts, texts, st.integers(20, 300))
def test_with_an_ending_no_post_is_over_the_limit(title: str, description: str, limit: int) -> None:
    metadata = Metadata(title=title, description=description)
    composed = compose(metadata, template=None, hashtags=(), limit=limit, ending="🐾 zzz")
    assert composed.weight == weighted_length(composed.text) <= limit


def test_all_that_is_taken_out_of_the_words_is_told() -> None:
    composed = compose(
        Metadata(
            title="Iron Man vs.me, says @ann $CATS",
            description="It naps, $DOGS and $FISH too. So it is. See https://a.com/x #nap #cat",
            hashtags=("fyp", "sofa", "sun"),
        ),
        template=None,
        hashtags=(),
        style=Style(mentions="strip", links="strip", max_hashtags=1, hashtags_to_leave_out=("fyp",)),
    )
    assert composed.text == "Iron Man vs. me, says ann $CATS\n\nIt naps, DOGS and FISH too. So it is. #nap"
    assert composed.gave_way == (
        "1 link",
        "1 link nobody meant",
        "1 mention",
        "2 cashtags beyond the first",
        "1 hashtag to leave out",
        "3 hashtags beyond max_hashtags",
    )


def test_nothing_is_told_of_what_the_template_does_not_show() -> None:
    composed = compose(
        Metadata(title="A cat", description="vs.me, says @ann $CATS $DOGS", hashtags=("a", "b", "fyp")),
        template="{{ title }}",
        hashtags=(),
        style=Style(mentions="strip", links="strip", max_hashtags=1, hashtags_to_leave_out=("fyp",)),
    )
    assert (composed.text, composed.gave_way) == ("A cat", ())


def test_a_hashtag_that_is_none_to_x_is_told() -> None:
    metadata = Metadata(title="Cat #1", hashtags=("#1", "＃1", "123", "#🎉", "#c", "#", " ", "1st"))
    composed = compose(metadata, template=None, hashtags=("2026",))
    assert (composed.text, composed.gave_way) == ("Cat #1\n\n#c #1st", ("4 hashtags without a letter",))
    assert compose(metadata, template="{{ title }}", hashtags=()).gave_way == ()
