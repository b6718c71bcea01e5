"""Hashtags that a text ends with, and what stands before them."""

from __future__ import annotations

import pytest

from twitter_pipeline.content import Metadata, compose
from twitter_pipeline.content.compose import Style
from twitter_pipeline.content.hashtags import at_end


def test_hashtags_at_the_end_are_told_from_those_within() -> None:
    assert at_end("A #cat naps #Day #日本\n#x ") == ("A #cat naps", [" #Day", " #日本", "\n#x "])
    assert at_end("Fog at sea #a\n.\n•\n#b") == ("Fog at sea", [" #a", "\n.\n•\n#b"])
    assert at_end(".\n.\n#a") == ("", [".\n.\n#a"])
    assert at_end("Fog at sea\n.....\n····\n#a") == ("Fog at sea", ["\n.....\n····\n#a"])
    # What is an abbreviation in another language ends a sentence in this one.
    assert at_end("Viel zu eng. #a", languages=["de"]) == ("Viel zu eng.", [" #a"])
    assert at_end("Sou o eng. #a", languages=["pt"]) == ("Sou o eng. #a", [])
    assert at_end("Silver pendant #a #b") == ("Silver pendant", [" #a", " #b"])
    assert at_end("1.\n. \nx.\n#b") == ("1.\n. \nx.", ["\n#b"])
    assert at_end("#1 #2026") == ("#1 #2026", [])


def test_lines_of_dots_before_hashtags_go_with_them() -> None:
    said = Metadata(description="Fog at sea #a\n.\n⠀\n—\n#b")
    made = compose(said, template=None, hashtags=["#c"], style=Style(hashtags_at="end"))
    assert made.text == "Fog at sea\n\n#a #b #c"
    assert compose(said, template=None, hashtags=["#c"]).text == f"{said.description}\n\n#c"
    # Of a hashtag that begins the text no sign of its own goes, such as Hebrew's hyphen.
    only = Metadata(title="Fog", description=".\n#תל־אביב #ラブ〜ライブ")
    made = compose(only, template=None, hashtags=[], style=Style(hashtags_at="end"))
    assert made.text == "Fog\n\n#תל־אביב #ラブ〜ライブ"


@pytest.mark.timeout(100)
def test_lines_of_dots_take_linear_time() -> None:
    text = "\n..." * 400_000
    assert at_end(f"{text}\n#a") == ("", [f"{text}\n#a"])
