"""Against twitter-text's published cases, Rich's list of emoji, and properties that hold for any text."""

from __future__ import annotations

import math
import sys
import unicodedata
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from rich._emoji_codes import EMOJI

from twitter_pipeline import content
from twitter_pipeline.content import urls
from twitter_pipeline.content.regions import OTHER_SCRIPT_TLDS, TLDS
from twitter_pipeline.content.weight import normalize, weighted_length
from twitter_pipeline_tests.content.scripts import texts
from twitter_pipeline_tests.support.samples import needs_samples, samples_dir

URL_GROUPS = ("urls", "urls_with_indices", "urls_with_directional_markers", "tco_urls_with_params")


def url_cases() -> list[Any]:
    path = samples_dir() / "conformance" / "extract.yml"
    if not path.is_file():
        return [pytest.param(None, marks=needs_samples)]
    groups = yaml.safe_load(path.read_text("utf-8"))["tests"]
    return [pytest.param(case, id=case["description"]) for group in URL_GROUPS for case in groups[group]]


@pytest.mark.parametrize("case", url_cases())
def test_urls_are_found_where_twitter_text_finds_them(case: dict[str, Any]) -> None:
    text = case["text"]
    found = [{"url": text[start:end], "indices": [start, end]} for start, end in urls.find(text)]
    expected = case["expected"]
    if expected and isinstance(expected[0], str):
        assert [url["url"] for url in found] == expected
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("plain", 5),
        ("two\r\nlines", 9),
        ("e\u0301", 1),
        ("日本語", 6),
        ("한국어", 6),
        ("Привет", 6),
        ("“quoted” – yes", 14),
        ("…", 2),
        ("\u200d", 1),
        ("\ud800", 2),
        ("see http://example.com/a/very/long/path?that=goes&on=and-on", 27),
        ("see https://t.co/x", 27),
        ("example.com", 23),
        ("example.com, example.org!", 49),
        ("example.notatld", 15),
        ("clip.mp4", 8),
        # Every top-level domain X knows, a company's among them; a younger one than its list is none.
        ("cars.bmw", 23),
        ("example.music", 13),
        # In any letter case, in any script.
        ("http://САЙТ.РФ/", 23),
        ("http://այբ.Հայ", 23),
        ("a.vermögensberatung", 23),
        # Domains run on into scripts without spaces, and what is no link takes its characters with it.
        ("日本語example.comテスト", 35),
        ("ann.中国@", 9),
        ("éexample.com", 24),
        ("-t.co/é.com", 11),
        ("_é.com", 6),
        ("a.com?q=1.é.com", 33),
        ("a_b.com", 7),
        ("$TWTR #a.com @b.com", 19),
        ("me@example.com", 14),
        (f"http://{'a' * 63}.com", 23),
        (f"http://{'a' * 64}.com", 75),
        ("http://" + "あ" * 52 + ".com", 23),
        ("http://" + "あ" * 80 + ".com", 171),
        # Encoded, an ideographic full stop divides a label in two, each with a prefix: this one is too long.
        ("№ภาษาไทย©हिन्दीテスト。Ωéexample.community", 43),
        ("http://example.com/" + "a" * 5000, 5019),
        # What cannot end a path cannot stand before the parentheses that end it either.
        ("example.com/a_(film).", 24),
        ("example.com/a.(film)(x)", 33),
        ("example.com/[a](x)b.", 24),
        ("👨‍👩‍👧‍👦", 2),
        ("👋🏾👩‍🚀", 4),
        ("🇩🇪", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("1️⃣", 2),
        ("123", 3),
        ("❤️", 2),
        ("❤︎", 4),
        ("😀\ufe0f", 4),
        ("⌚\ufe0f", 2),
        ("✌\ufe0f🏽", 2),
        ("©", 1),
        ("©️", 2),
        # No country's flag: two letters.
        ("🇽🇽", 4),
        # Wrestlers of two skin tones: of Unicode 17.
        ("\U0001f9d1\U0001f3fb\u200d\U0001faef\u200d\U0001f9d1\U0001f3fc", 2),
        ("👩‍👩‍👧‍👦‍👦", 5),
    ],
)
def test_the_weight_of(text: str, expected: int) -> None:
    assert weighted_length(text) == expected


def test_every_emoji_rich_knows_counts_two() -> None:
    textual = {"©", "®"}
    assert {emoji for emoji in EMOJI.values() if weighted_length(emoji) != 2} == textual


@needs_samples
def test_the_list_of_top_level_domains_is_twitter_text_s() -> None:
    known = yaml.safe_load((samples_dir() / "conformance" / "tld_lib.yml").read_text("utf-8"))
    assert {*map(str, known["country"]), *map(str, known["generic"])} == TLDS | set(OTHER_SCRIPT_TLDS)


def test_the_package_weighs_what_the_module_weighs() -> None:
    assert content.weighted_length("日本 example.com") == 4 + 1 + 23


@given(texts)
def test_no_text_weighs_less_than_nothing_or_more_than_its_letters_allow(text: str) -> None:
    # The lightest thing that can weigh 23 is a URL of four characters.
    assert 0 <= weighted_length(text) <= math.ceil(23 / 4 * len(normalize(text)))


@given(texts, st.sampled_from(" \n\u3000"), texts)
def test_weights_add_up_over_white_space(left: str, space: str, right: str) -> None:
    # The one thing that reaches over a newline is CRLF. The space stays with what follows: X takes a text's very first
    # letter for what stands before a link, so "éa.com" is lighter behind a space.
    left = left.rstrip("\r")
    assert weighted_length(left + space + right) == weighted_length(left) + weighted_length(space + right)


@given(texts)
def test_the_normal_form_of_a_text_makes_no_difference(text: str) -> None:
    forms = {weighted_length(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {weighted_length(text)}


@given(st.text(alphabet=st.characters(categories=["Mn"]), min_size=1, max_size=200))
def test_long_runs_of_marks_are_normalized_as_the_standard_library_does(marks: str) -> None:
    assert normalize("a" + marks) == unicodedata.normalize("NFC", "a" + marks)


def operations(text: str) -> int:
    """How many calls and lines of Python counting `text` takes: independent of the machine's speed."""
    count = 0

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += 1
        return tracer

    previous = sys.gettrace()
    sys.settrace(tracer)
    try:
        weighted_length(text)
    finally:
        sys.settrace(previous)
    return count


HOSTILE = [
    "a.b.",
    "a.com/(",
    "http://",
    "a.com,",
    "a.com/x(",
    "x_.",
    "あ.com?",
    "あ-.com",
    "http://あ.",
    "@a.",
    "com.",
    "👩\u200d",
    "🇦",
    "1\ufe0f",
    "\u0301\u0327",
    "a.com_.",
    "_日b.com",
]


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_text_takes_operations_in_proportion_to_its_length(part: str) -> None:
    short, long = operations(part * 200), operations(part * 2000)
    assert long <= 11 * short
    assert long <= 50 * len(part * 2000)


@pytest.mark.timeout(100)
@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_text_of_100_000_parts_is_counted(part: str) -> None:
    # What backtracks inside one regular expression shows in no count of operations. Linear, each takes under 2 s;
    # quadratic, hours.
    assert weighted_length(part * 100_000) > 0
