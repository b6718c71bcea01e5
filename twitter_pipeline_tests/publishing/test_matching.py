"""Whether a post of the timeline is one that was sent from here."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.publishing.matching import ONE_SECOND, Sent, Verdict, judge, text_key
from twitter_pipeline.x.posts import Post

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
#: The newest post that was known when things were sent.
KNOWN = 10 * ONE_SECOND


def post(seconds: float, words: str = "cats", *media: str) -> Post:
    """A post whose id is so many seconds after the one that was known."""
    return Post(str(int(KNOWN + seconds * ONE_SECOND)), words, words, NOW, media)


def text(id: int, words: str = "cats") -> Sent:
    return Sent(id, text_key(words), (), (), str(KNOWN))


def film(id: int, media_id: str, words: str = "cats") -> Sent:
    return Sent(id, text_key(words), (media_id,), (f"7_{media_id}",), str(KNOWN))


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("  two\n\nlines ", "two lines"),
        ("look: example.com", "look: http://example.com/"),
        ("https://Example.com/A", "HTTPS://example.com/A"),
        ("münchen.de", "http://xn--mnchen-3ya.de"),
        ("example.com/käse", "https://example.com/k%C3%A4se"),
        ("Cafe\u0301", "Café"),
        ("cat\ufe0f\u200b", "cat"),
    ],
)
def test_what_x_may_change_does_not_count(sent: str, shown: str) -> None:
    assert text_key(sent) == text_key(shown)


@given(st.text())
def test_the_normal_form_of_a_text_has_its_key(words: str) -> None:
    assert text_key(words) == text_key(unicodedata.normalize("NFC", f" {words} "))


@pytest.mark.parametrize("other", ["dogs", "cats 2", "cats!", "cats 🐈", "cats.example.com", "кats"])
def test_other_words_have_another_key(other: str) -> None:
    assert text_key("cats") != text_key(other)


def test_a_post_that_shows_the_media_is_the_items_whatever_its_words() -> None:
    own = post(1, "X has put other words there", "7_42")
    assert judge([film(1, "42")], [post(2), own], set()) == {1: Verdict(own)}


def test_media_is_known_by_its_id_where_x_names_its_key_otherwise() -> None:
    own = post(1, "cats", "13_42")
    assert judge([film(1, "42")], [own], set()) == {1: Verdict(own)}


def test_the_same_words_with_other_media_are_neither_the_post_nor_its_absence() -> None:
    like = post(1, "cats", "7_99")
    verdict = judge([film(1, "42")], [like], set())[1]
    assert verdict == Verdict(unclear=like)
    assert not verdict.missed


def test_a_post_that_shows_another_items_media_is_no_sign_of_this_one() -> None:
    theirs = post(1, "cats", "7_43")
    verdicts = judge([film(1, "42"), film(2, "43")], [theirs], set())
    assert verdicts[1].missed
    assert verdicts[2] == Verdict(theirs)


def test_the_words_of_a_text_under_a_picture_are_something_else() -> None:
    assert judge([text(1)], [post(1, "cats", "3_5")], set())[1].missed


def test_what_was_posted_before_is_not_it_but_for_a_second_in_which_ids_may_change_places() -> None:
    assert judge([text(1)], [post(-1)], set())[1].missed
    just_before = post(-0.5)
    assert judge([text(1)], [just_before], set()) == {1: Verdict(just_before)}
    assert judge([film(1, "42")], [post(-1, "cats", "7_99")], set())[1].missed


def test_a_post_that_is_known_as_anothers_is_not_it() -> None:
    known = post(1)
    assert judge([text(1)], [known], {known.id})[1].missed


def test_as_many_posts_as_attempts_with_the_same_words_are_shared_out_by_age() -> None:
    first, second = post(1), post(2)
    assert judge([text(2), text(1)], [second, first], set()) == {1: Verdict(first), 2: Verdict(second)}


def test_fewer_posts_than_attempts_with_the_same_words_are_nobodys() -> None:
    only = post(1)
    assert judge([text(1), text(2)], [only], set()) == {1: Verdict(unclear=only), 2: Verdict(unclear=only)}


def test_no_post_at_all_is_missed_by_each() -> None:
    assert all(verdict.missed for verdict in judge([text(1), film(2, "42")], [], set()).values())


@given(
    st.lists(st.sampled_from(["text", "film"]), max_size=4),
    st.lists(st.tuples(st.sampled_from(["cats", "dogs"]), st.sampled_from(["", "7_0", "7_1", "7_9"])), max_size=4),
)
def test_no_post_is_given_to_two(kinds: list[str], shown: list[tuple[str, str]]) -> None:
    sent = [text(id) if kind == "text" else film(id, str(id)) for id, kind in enumerate(kinds)]
    posts = [post(age, words, *([media] if media else [])) for age, (words, media) in enumerate(shown, 1)]
    found = [verdict.found.id for verdict in judge(sent, posts, set()).values() if verdict.found]
    assert len(found) == len(set(found))
