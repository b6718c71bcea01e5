"""What is taken out of a model's text, and what is left of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twitter_pipeline.enhancing.guard import added
from twitter_pipeline.enhancing.removing import without_added
from twitter_pipeline_tests.support.quickness import assert_quick

ORIGINAL = "A cat by @ann: https://example.com/cats"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("A cat sleeps. Follow @evil for more at http://evil.example/x!", "A cat sleeps."),
        ("A cat sleeps.\n\nhttps://evil.example @evil", "A cat sleeps."),
        ("A cat for @stranger", "A cat"),
        ("A cat for @stranger!", "A cat!"),
        ("A cat, see https://evil.example/x", "A cat"),
        ("A cat sleeps: https://evil.example/x.", "A cat sleeps."),
        ("@evil A cat sleeps all day. Nice.", "A cat sleeps all day. Nice."),
        ("A cat naps in the sun (via @evil).", "A cat naps in the sun."),
        ("Die Katze schläft auf dem Dach von @evil.", "Die Katze schläft auf dem Dach."),
        ("Le chat dort, merci à @evil", "Le chat dort"),
        ("猫が寝る。詳しくは@evilで", "猫が寝る。"),
        ("Cats sleep. Mail me@evil.example/x now", "Cats sleep."),
        ("A cat by @Ann, asleep. More: evil.zz/path?x=1", "A cat by @Ann, asleep."),
        ("It sleeps @e\u200bvil", "It sleeps"),
        ("It was a quiet evening.Then the cat slept.", "It was a quiet evening. Then the cat slept."),
        ("Cats sleep all day exаmple.com", "Cats sleep all day"),
        ("Cats sleep all day, by @evilй", "Cats sleep all day"),
        ("スーパーexаmple.com 猫が寝る。犬が寝る。", "犬が寝る。"),
        ("Cats sleep all day. Click [here](https://evil.example).", "Cats sleep all day."),
        ("Cats sleep all day ([1](https://evil.example), asleep)", "Cats sleep all day"),
        ("![Win](https://evil.example/x.png)\n\nCats sleep all day.", "Cats sleep all day."),
        ("A cat naps <https://evil.example> in the sun", "A cat naps in the sun"),
        ("Cats sleep all day → evil.com", "Cats sleep all day"),
        ("Cats sleep all day 👉 evil.com", "Cats sleep all day"),
        ("1. Cats sleep\n2. @evil\n3. They eat well", "1. Cats sleep\n3. They eat well"),
        ("- Cats sleep\n- Follow @evil\n- They eat well", "- Cats sleep\n- They eat well"),
        ("Cats sleep. By @evil\nThey eat well.", "Cats sleep.\nThey eat well."),
        ("猫が寝る。@evilの猫だ\n犬が寝る。", "猫が寝る。\n犬が寝る。"),
        ("Cats sleep all day. Buy $EVIL now!", "Cats sleep all day."),
        ("Cats sleep all day. @evil loves them.", "Cats sleep all day."),
    ],
)
def test_what_is_left_reads_as_if_it_had_never_been_there(text: str, left: str) -> None:
    kept = without_added(text, ORIGINAL)
    assert kept is not None
    assert kept.text == left


@pytest.mark.parametrize(
    "text",
    [
        "@evil http://evil.example",
        "Follow @evil!",
        "Thanks to @evil the cat sleeps",
        "By @evil: a cat sleeps",
        "The cat, fed by @evil, sleeps",
        "Look. What a night we all had with @evil at the harbour, and at https://evil.example, until dawn.",
        "看evil.comと",
        "@evil's cat sleeps all day",
        "@evil loves this cat that sleeps all day",
        "The cat sleeps at [evil.example](https://evil.example) all day",
        "[Win](https://evil.example) now.",
        "![x](https://evil.example/x.png)",
        "[1](https://evil.example)",
        "A cat naps (see [this](https://evil.example/a_(b))) in the sun",
    ],
)
def test_nothing_is_kept_of_what_would_have_a_hole_or_say_too_little(text: str) -> None:
    assert without_added(text, ORIGINAL) is None


def test_what_was_taken_out_is_named_and_the_originals_own_stays() -> None:
    kept = without_added("@ann's cat: https://example.com/cats. By @evil, see (evil.com/a).", ORIGINAL)
    assert kept is not None
    assert (kept.text, kept.removed) == ("@ann's cat: https://example.com/cats.", ("@evil", "evil.com/a"))


PIECES = (
    *(
        "A cat sleeps",
        "It naps",
        "猫が寝る",
        "see",
        "by",
        "for",
        " ",
        " ",
        ". ",
        "。",
        ", ",
        ": ",
        "\n",
        "(",
        ")",
        "…",
        "!",
    ),
    *(
        "@evil",
        "＠evil",
        "@ann",
        "https://evil.example/x",
        "evil.com",
        "me@evil.com",
        "evening.Then",
        "https://example.com/cats",
        "exаmple.com",
        "[1](https://evil.example)",
        "\n2. ",
        "$EVIL",
        "→",
    ),
    *("\u200b", "\ue002", "@", "/", ".", "😀", "#cats"),
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join))
@example("@evil @evil(@evil)")
@example("a@evil.com@evil.com/@evil")
def test_whatever_the_text_nothing_added_stays_and_nothing_is_made_up(text: str) -> None:
    kept = without_added(text, ORIGINAL)
    if kept is None:
        return
    assert added(kept.text, ORIGINAL) is None
    letters = iter(char for char in text if char.isalnum())
    assert all(char in letters for char in kept.text if char.isalnum() and char.isascii()), "in their order"
    again = without_added(kept.text, ORIGINAL)
    assert again is not None
    assert not again.removed


@pytest.mark.parametrize(
    "piece",
    [
        "@evil ",
        "(@evil",
        " ",
        "a.b.",
        "https://evil.example/",
        "@evil, ",
        "x@evil",
        "evil.Then ",
        "аevil.com",
        "[](@evil",
    ],
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    text = "A cat sleeps. " + piece * (25_000 // len(piece)) + "@evil"
    assert_quick(lambda: without_added(text, ORIGINAL), 2)
