"""Links of others are taken out so that the rest reads as if there had been none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twitter_pipeline.content import Metadata, compose, urls
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.foreign import plain
from twitter_pipeline.content.languages import function_words, language_of
from twitter_pipeline.content.links import without_links
from twitter_pipeline.content.weight import normalize
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.content.test_fit import times
from twitter_pipeline_tests.support.quickness import assert_quick

STRIP = Style(links="strip")


def stripped(text: str, *own_sites: str) -> str:
    return without_links(text, function_words(language_of(text)), own_sites)[0]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Watch: https://a.com/x", ""),
        ("A great film. Watch: https://a.com/x", "A great film."),
        ("A great film (via https://a.com/x) of cats", "A great film of cats"),
        ("See the film [Link: https://a.com/x].", "See the film."),
        ("A cat (see https://a.com/x for more) sleeps", "A cat sleeps"),
        ("A cat [of the film at https://a.com/x] sleeps", "A cat [of the film] sleeps"),
        ("Read the story at https://a.com/x.", "Read the story."),
        ("They met on https://a.com/x in 2020.", "They met in 2020."),
        ("Visit https://a.com for more. Then sleep.", "Then sleep."),
        ("Read more at https://a.com/x and enjoy the film", "Enjoy the film"),
        ("It is about two cats that live at the sea: https://a.com", "It is about two cats that live at the sea"),
        ("See https://a.com/x #nap", "#nap"),
        ("Cats | https://a.com/x | Dogs", "Cats | Dogs"),
        ("Insta: https://i.com/a | Shop: https://t.com/b", ""),
        ("See https://a.com/x, https://b.com/y", ""),
        ("One\n\nWebsite: example.com\nShop → https://a.com\n👉 https://b.com\nTwo", "One\n\nTwo"),
        ("Mehr unter https://a.de/x\nEin Film", "Ein Film"),
        # A line above links leads to them.
        ("A film.\nWatch here:\nhttps://a.com/x", "A film."),
        ("A film.\n👉 More:\n\nhttps://a.com/x\n\nThanks!", "A film.\n\n\nThanks!"),
        ("One\n\nLinks:\nShop: https://a.com\nBlog: https://b.com", "One\n"),
        ("Subscribe for many more videos:\nhttps://a.com/x\n▷ Thanks!", "Subscribe for many more videos\n▷ Thanks!"),
        ("Recipe:\nhttps://a.com/x\n2 eggs", "Recipe:\n2 eggs"),
        ("Chapters:\n0:00 Intro\nhttps://a.com/x", "Chapters:\n0:00 Intro"),
        ("Cats and dogs -\nhttps://a.com/x", "Cats and dogs -"),
        ("猫\n\n▼チャンネル登録はこちら\nhttps://a.jp/x\n▼Instagram\nhttps://b.jp/x", "猫\n"),
        ("A film.\n▶ The cat sleeps on my sofa\nhttps://a.com/x", "A film.\n▶ The cat sleeps on my sofa"),
        ("A film!\nTwitter\nhttps://a.com\nMy shop\nhttps://b.com\nThanks", "A film!\nThanks"),
        ("A film!\nspotify ➡️ https://a.com\nInstagram https://b.com", "A film!"),
        ("The film!\n#instagram https://b.com", "The film!\n#instagram"),
        ("猫が寝る。詳細：https://a.jp/x", "猫が寝る。"),
        ("قطة تنام. شاهد: https://a.com/x", "قطة تنام."),
        # A bare domain is a word of its sentence.
        ("Booking.com has it", "Booking has it"),
        ("Visit example.com today", "Visit example today"),
        ("nothing to (do) : here", "nothing to (do) : here"),
        # Emoji are words of the sentence, whole, but for those that point.
        ("Pride 🏳️‍🌈 https://a.com/x", "Pride 🏳️‍🌈"),
        ("Love it! ❤️‍🔥 https://a.com/x", "Love it! ❤️‍🔥"),
        ("Family 👨‍👩‍👧: https://a.com/x", "Family 👨‍👩‍👧"),
        ("Run 🏃‍➡️ https://a.com/x", "Run 🏃‍➡️"),
        ("😍 https://a.com/x", "😍"),
        ("Sunset 👉🏽 ➡️ ⬇️ ↓ 🔗 https://a.com/x", "Sunset"),
        ("Links here\n📺 https://a.com/x", ""),
        # Where nothing else is left, words that say something stay.
        ("New video: https://a.com/x", "New video"),
        ("Новое видео: https://a.com/x", "Новое видео"),
        ("Sonnenuntergang am Hafen: https://a.de/x, https://b.de/x", "Sonnenuntergang am Hafen"),
        ("Follow me on Instagram: https://a.com/x", ""),
        ("My lens: https://a.com/x\nMy camera: https://b.com/x", ""),
        # Links in brackets leave the words around them.
        ("YouTube (https://a.com/x), Spotify (https://b.com/x) and more.", "YouTube, Spotify and more."),
        ("A nap. Watch the whole film: (https://a.com/x)", "A nap."),
        ("A nap. Read more here (https://a.com/x).", "A nap."),
    ],
)
def test_what_led_to_a_link_goes_with_it(text: str, left: str) -> None:
    assert stripped(text) == left


def test_links_to_own_sites_stay() -> None:
    text = "Ours: https://shop.example.com/a and example.com\nTheirs: https://notexample.com/a"
    assert stripped(text, "example.com") == "Ours: https://shop.example.com/a and example.com"


def test_how_many_are_gone_is_told_and_the_link_that_is_asked_for_stays() -> None:
    metadata = Metadata(
        title="A film", description="It is long. Watch: https://a.com, https://b.com", link="https://c.com/x"
    )
    composed = compose(metadata, template="{{ title }} {{ description }} {{ link }}", hashtags=(), style=STRIP)
    assert (composed.text, composed.gave_way) == ("A film It is long. https://c.com/x", ("2 links",))
    # Of what is not shown nothing is told.
    assert compose(metadata, template="{{ title }}", hashtags=(), style=STRIP).gave_way == ()


_PIECES = (
    *(
        "https://a.com/x",
        "b.com",
        "www.c.org/p?q=1",
        "Watch",
        ": ",
        " ",
        "(",
        ")",
        "[",
        "]",
        ". ",
        "|",
        "→",
        "👉",
        "\n",
    ),
    *("😍", "❤️", "👨‍👩‍👧", "⬇️", "New film: ", "YouTube ("),
    *("the", "cat", "and", "at", "for more", ", ", ".", "猫", "。", "：", "شاهد", "3", "-", "http://", ".de"),
)
pieces = st.lists(st.sampled_from(_PIECES), max_size=25).map("".join)


@times
@given((pieces | texts).map(plain).map(normalize))
def test_no_link_is_left_and_no_word_is_new(text: str) -> None:
    small = function_words(language_of(text))
    left, gone = without_links(text, small)
    assert urls.find(left) == []
    assert (gone == 0) == (urls.find(text) == [])
    if not gone:
        assert left == text
    assert without_links(left, small) == (left, 0)
    # Signs go, none comes but a space, a bar between two parts, and a capital for what begins its sentence now.
    assert set(left.casefold()) - set(text.casefold()) <= {" ", "|"}


@pytest.mark.parametrize(
    "part",
    ["a.com/(", "(a.co) ", "see a.co: ", "https://a.b/c ", "a.co | ", "(", "x a.co/ : ", "a:\na.co/\n\n", "\n\na.co/"],
)
def test_hostile_text_takes_linear_time(part: str) -> None:
    text = f"x a.co/ {part * (50_000 // len(part))}x"
    assert_quick(lambda: without_links(text, frozenset({"a"})), 2)
